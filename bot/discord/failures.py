"""What Discord's errors mean, in words for the person in the thread."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from bot.chat import Gone
from integrations.errors import NotFound, OutsideError, Refused, Transient, Unauthorized

PATIENCE = timedelta(seconds=30)
LONGEST_WAIT = 86_400  # seconds; Discord asks for an hour at the most
DEAD_TOKEN = "Discord does not accept my token. Ask whoever runs me to renew it."  # noqa: S105 - a sentence
DELETED = "That message is no longer in Discord."

UNKNOWN_CHANNEL, UNKNOWN_MESSAGE = 10003, 10008
UNKNOWN_SERVER, UNKNOWN_MEMBER, UNKNOWN_PERSON = 10004, 10007, 10013
MISSING_ACCESS, MISSING_PERMISSIONS = 50001, 50013
THREAD_ARCHIVED, THREAD_LOCKED = 50083, 160005
UNKNOWN_EMOJI, TOO_MANY_REACTIONS = 10014, 30010
LATE = {10015, 10062, 50027}
INVALID_BODY = 50035
ALREADY_ANSWERED = 40060
TOO_BUSY = 40062  # what it acts on is called too often, by whomever
THREAD_EXISTS = 160004  # somebody else makes it right now

MISSING = {
    UNKNOWN_CHANNEL: "Discord shows me no such channel.",
    UNKNOWN_PERSON: "Discord knows no such person.",
    **dict.fromkeys(LATE, "It is too late to answer this command. Type it again."),
}
REFUSED = {
    MISSING_ACCESS: "I cannot see this channel. Ask an admin of the server to let me in.",
    MISSING_PERMISSIONS: "I lack a permission in this channel: I need to view it, send messages, "
    "create threads, attach files and add reactions.",
    50007: "This person takes no direct messages from me.",
    50005: "That message is not mine to edit.",
    50006: "An empty message cannot be sent.",
    50024: "This kind of channel does not take that.",
    THREAD_ARCHIVED: "This thread is locked; nothing can be posted there.",
    THREAD_LOCKED: "This thread is locked; nothing can be posted there.",
    160006: "This server has no room for another thread.",
    40005: "The files are larger than Discord takes.",
}

TROUBLES = {
    UNKNOWN_CHANNEL: "channel gone",
    UNKNOWN_MESSAGE: "message gone",
    MISSING_ACCESS: "no access to a channel",
    MISSING_PERMISSIONS: "permission missing",
    THREAD_ARCHIVED: "thread locked",
    THREAD_LOCKED: "thread locked",
    ALREADY_ANSWERED: "event came twice",
    **dict.fromkeys(LATE, "answer came too late"),
}


class Answered(Refused):
    """Somebody else has answered this interaction: it came twice."""


def explain(status: int, body: object) -> OutsideError:
    """Return the error that stands for an answer of Discord."""
    told = body if isinstance(body, Mapping) else {}
    code = code_of(body)
    if status == HTTPStatus.TOO_MANY_REQUESTS or code == TOO_BUSY:
        return Transient("Discord asks me to slow down.", _wait(told))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or code == THREAD_EXISTS:
        return Transient("Discord has trouble right now.")
    if known := _known(code):
        return known
    if status == HTTPStatus.UNAUTHORIZED:
        return Unauthorized(DEAD_TOKEN)
    said = str(told.get("message") or status)
    detail = next(_sentences(told.get("errors")), "") if code == INVALID_BODY else ""
    return Refused(f"Discord refused this ({detail or said}).")


def trouble(status: int, body: object) -> str:
    """Return what an error is counted as."""
    if named := TROUBLES.get(code_of(body)):
        return named
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "asked to slow down"
    if status == HTTPStatus.UNAUTHORIZED:
        return "token refused"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "Discord in trouble"
    return "message refused"


def _known(code: int) -> OutsideError | None:
    if code == ALREADY_ANSWERED:
        return Answered("This was answered already.")
    if code == UNKNOWN_MESSAGE:
        return Gone(DELETED)
    if code in MISSING:
        return NotFound(MISSING[code])
    return Refused(REFUSED[code]) if code in REFUSED else None


def code_of(body: object) -> int:
    """Return Discord's number for what went wrong, 0 where it gives none."""
    code = body.get("code") if isinstance(body, Mapping) else 0
    return code if isinstance(code, int) else 0


def _sentences(errors: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield each sentence about what is wrong in a body, with its place."""
    if isinstance(errors, Mapping):
        for key, value in errors.items():
            if key == "_errors":
                yield from (str(each.get("message")) for each in value)
            else:
                yield from (f"{key}: {sentence}" for sentence in _sentences(value))


def _wait(body: Mapping[str, Any]) -> timedelta:
    seconds = body.get("retry_after")
    if isinstance(seconds, int | float) and 0 <= seconds <= LONGEST_WAIT:
        return timedelta(seconds=seconds)
    return PATIENCE
