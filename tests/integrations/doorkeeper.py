"""A gate that writes down what clients tell it, and bars what it is told to."""

from integrations.errors import Barred, Transient


class Doorkeeper:
    """Stands where the engine's breakers stand."""

    def __init__(self) -> None:
        self.barred: set[str] = set()
        self.heard: list[tuple[str, str]] = []

    def enter(self, integration: str, by: object) -> None:
        if integration in self.barred:
            raise Barred(f"{integration} is left alone, {type(by).__name__}.")
        self.heard.append((integration, "entered"))

    def answered(self, integration: str, by: object) -> None:
        self.heard.append((integration, f"answered {type(by).__name__}"))

    def failed(self, integration: str, error: Transient, by: object) -> None:
        self.heard.append((integration, f"{type(error).__name__} {type(by).__name__}"))
