"""What Discord's errors mean, in words for the person in the thread."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from integrations.errors import NotFound, OutsideError, Refused, Transient, Unauthorized

PATIENCE = timedelta(seconds=30)
DEAD_TOKEN = "Discord does not accept my token. Ask whoever runs me to renew it."  # noqa: S105 - a sentence

UNKNOWN_CHANNEL, UNKNOWN_MESSAGE = 10003, 10008
MISSING_ACCESS, MISSING_PERMISSIONS = 50001, 50013
THREAD_ARCHIVED = 50083
INVALID_BODY = 50035
THREAD_EXISTS = 160004  # somebody else makes it right now

MISSING = {
    UNKNOWN_CHANNEL: "Discord shows me no such channel.",
    UNKNOWN_MESSAGE: "That message is no longer in Discord.",
    10013: "Discord knows no such person.",
    10015: "It is too late to answer this command. Type it again.",
    10062: "It is too late to answer this command. Type it again.",
    50027: "It is too late to answer this command. Type it again.",
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
    160006: "This server has no room for another thread.",
    40005: "The files are larger than Discord takes.",
    40060: "This was answered already.",
}


def explain(status: int, body: object) -> OutsideError:
    """Return the error that stands for an answer of Discord."""
    told = body if isinstance(body, Mapping) else {}
    code = code_of(body)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Transient("Discord asks me to slow down.", _wait(told))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or code == THREAD_EXISTS:
        return Transient("Discord has trouble right now.")
    if code in MISSING:
        return NotFound(MISSING[code])
    if code in REFUSED:
        return Refused(REFUSED[code])
    if status == HTTPStatus.UNAUTHORIZED:
        return Unauthorized(DEAD_TOKEN)
    said = str(told.get("message") or status)
    detail = next(_sentences(told.get("errors")), "") if code == INVALID_BODY else ""
    return Refused(f"Discord refused this ({detail or said}).")


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
    return timedelta(seconds=seconds) if isinstance(seconds, int | float) else PATIENCE
