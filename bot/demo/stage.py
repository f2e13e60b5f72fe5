"""Where people type in a demo: an emulated chat, seen the same whichever it is."""

from typing import Any, Protocol

ASKS, ANSWERS, CHANNEL = "ada", "bo", "dev"
NO_FORM = (
    "No form is open: type a command without its required parameter, or press the button of a "
    "question that has one."
)


class Stage(Protocol):
    """An emulated chat with people in it."""

    platform: str

    @property
    def people(self) -> list[str]:
        """Who can type."""
        ...

    def id_of(self, name: str) -> str:
        """Return the id by which the chat knows somebody."""
        ...

    async def connected(self) -> None:
        """Wait until the bot is there."""
        ...

    async def changed(self) -> None:
        """Wait for the next change."""
        ...

    async def type(self, who: str, line: str) -> str:
        """Type a line as somebody; return what their client says, "" where it was sent."""
        ...

    async def fill(self, who: str, values: dict[str, str]) -> str:
        """Fill in the form that somebody sees; return what is wrong with it."""
        ...

    def form(self, who: str) -> str:
        """Return the form that somebody sees, as text; empty where none is open."""
        ...

    async def press(self, label: str, message: str = "", who: str = ANSWERS) -> bool:
        """Press a button as somebody, on a message or wherever it is; False without one."""
        ...

    def threads(self) -> list[dict[str, Any]]:
        """Return what the channel shows, thread by thread, and what was said to one person."""
        ...

    def spoken(self) -> dict[str, str]:
        """Return every message as a person reads it, by its id, in the order of the page."""
        ...

    async def close(self) -> None:
        """Give up what is still to be sent."""
        ...


def opened_form(title: str, fields: str) -> str:
    """Return how an open form is described."""
    return f"A form opens: {title}. It asks for {fields}."


def indented(author: str, text: str, indent: str) -> str:
    """Return a message under its author."""
    return "\n".join(f"{indent}{line}" for line in (author, *text.splitlines()))
