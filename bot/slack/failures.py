"""What Slack's errors mean, in words for the person in the thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.chat import Gone
from integrations.errors import NotFound, OutsideError, Refused, Transient, Unauthorized

PATIENCE = timedelta(seconds=30)

DELETED = {"message_not_found", "thread_not_found"}
MISSING = {
    "channel_not_found": "Slack shows me no such channel. Invite me: /invite @Flowbot.",
    "message_not_found": "That message is no longer in Slack.",
    "thread_not_found": "That thread is no longer in Slack.",
    "user_not_found": "Slack knows no such person.",
    "users_not_found": "Slack knows no such person.",
    "file_not_found": "That file is no longer in Slack.",
}
REFUSED = {
    "not_in_channel": "I am not in this channel. Invite me: /invite @Flowbot.",
    "user_not_in_channel": "That person is not in this channel.",
    "is_archived": "This channel is archived; nothing can be posted there.",
    "restricted_action": "This workspace does not let me post in this channel.",
    "restricted_action_thread_only_channel": "This channel only takes replies in threads.",
    "restricted_action_read_only_channel": "This channel is read-only.",
    "cannot_dm_bot": "Bots take no direct messages.",
    "cant_update_message": "That message is not mine to edit.",
    "edit_window_closed": "This workspace no longer lets me edit that message.",
    "msg_blocks_too_long": "The message is longer than Slack takes.",
    "msg_too_long": "The message is longer than Slack takes.",
    "expired_trigger_id": "The form took too long to open. Type the command again.",
    "exchanged_trigger_id": "This form was opened already.",
    "invalid_trigger_id": "The form could not be opened. Type the command again.",
    "file_uploads_disabled": "This workspace takes no file uploads.",
    "storage_limit_reached": "This workspace has no room left for files.",
}
TOKEN = {
    "account_inactive",
    "invalid_auth",
    "not_allowed_token_type",
    "not_authed",
    "token_expired",
    "token_revoked",
}
SLOW_DOWN = {"rate_limited", "ratelimited"}
TRY_LATER = {
    "fatal_error",
    "internal_error",
    "request_timeout",
    "service_unavailable",
    "team_added_to_org",
}


@contextmanager
def explained() -> Iterator[None]:
    """Turn what the client raises into NotFound, Refused or Transient."""
    try:
        yield
    except SlackApiError as error:
        raise explain(error.response) from error
    except (TimeoutError, aiohttp.ClientError, SlackClientError) as error:
        raise Transient("Slack cannot be reached right now.") from error


def explain(response: Any) -> OutsideError:  # noqa: ANN401 - a client's response, of two kinds
    """Return the error that stands for an answer of Slack."""
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    code = code_of(response)
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in SLOW_DOWN:
        return Transient("Slack asks me to slow down.", _retry_after(response))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or code in TRY_LATER or not code:
        return Transient("Slack has trouble right now.")
    if code in MISSING:
        return (Gone if code in DELETED else NotFound)(MISSING[code])
    if code in TOKEN:
        return Unauthorized(
            f"Slack does not accept my token ({code}). Ask whoever runs me to renew it."
        )
    needed = _field(response, "needed")
    if needed:
        return Unauthorized(
            f"I lack a permission in Slack ({needed}). Ask an admin to reinstall me."
        )
    return Refused(REFUSED.get(code, f"Slack refused this ({code})."))


def code_of(response: Any) -> str:  # noqa: ANN401 - a client's response, of two kinds
    """Return Slack's word for what went wrong, "" where the answer was none of Slack's."""
    return _field(response, "error")


def _field(response: Any, key: str) -> str:  # noqa: ANN401 - a client's response, of two kinds
    data = getattr(response, "data", response)
    return str(data.get(key) or "") if isinstance(data, dict) else ""


def _retry_after(response: Any) -> timedelta:  # noqa: ANN401 - a client's response, of two kinds
    headers = {key.lower(): value for key, value in getattr(response, "headers", {}).items()}
    seconds = str(headers.get("retry-after", ""))
    return timedelta(seconds=int(seconds)) if seconds.isdecimal() else PATIENCE
