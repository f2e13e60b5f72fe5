"""How a call to an outside system fails; the text is written for the person in the thread."""

from datetime import timedelta


class OutsideError(Exception):
    """Anything that an outside system answered and we could not use."""


class NotFound(OutsideError):
    """The thing does not exist, or this bot may not see it."""


class Refused(OutsideError):
    """The outside system understood and said no; asking again will not help."""


class TooLarge(Refused):
    """The answer is larger than we read."""


class Unauthorized(Refused):
    """It does not let this bot in: somebody has to renew a token or a permission."""


class Transient(OutsideError):
    """It may work later; only the engine tries again."""

    def __init__(self, message: str, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Limited(Transient):
    """The outside system is well, and asks us to call less."""


class Barred(Transient):
    """Nobody asked the outside system: it is left alone for a while."""
