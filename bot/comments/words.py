"""What somebody typed in a comment, from how GitHub tells of it; pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, TypeAlias

import msgspec

from bot.intake import Delivery
from bot.rules import GITHUB
from bot.wording import storable
from integrations.github.conversation import LINE

EVENTS = {"issue_comment": "", "pull_request_review_comment": LINE}
FIRST = datetime(2008, 1, 1, tzinfo=UTC)  # there was no GitHub before
Number: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Login: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][\w-]{0,99}(\[bot\])?\Z")]
Repo: TypeAlias = Annotated[
    str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}\Z")
]
PREFIX = re.compile(r"[!/]flow(?:[ \t:,]+|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Typed:
    """The first line of a new comment: who wrote it, and where.

    `comment` names it as `Conversation` does; `is_pull` says that this is a pull request's number.
    """

    repo: str
    number: int
    is_pull: bool
    comment: str
    login: str
    line: str
    at: datetime


class _User(msgspec.Struct):
    login: Login
    type: str = "User"


class _Comment(msgspec.Struct):
    id: Number
    body: str | None
    created_at: Annotated[datetime, msgspec.Meta(tz=True)]
    user: _User | None = None
    performed_via_github_app: msgspec.Raw = msgspec.Raw(b"null")


class _Thread(msgspec.Struct):
    number: Number
    pull_request: msgspec.Raw = msgspec.Raw(b"null")


class _Repository(msgspec.Struct):
    full_name: Repo


class _Body(msgspec.Struct):
    action: str
    comment: _Comment
    repository: _Repository
    issue: _Thread | None = None
    pull_request: _Thread | None = None


_DECODER = msgspec.json.Decoder(_Body)


def typed_in(delivery: Delivery) -> Typed | None:
    """Return what a person has typed in a new comment; None for all else, and what is edited."""
    if delivery.source != GITHUB or delivery.event not in EVENTS:
        return None
    try:
        said = _DECODER.decode(delivery.body)
    except (ValueError, RecursionError):
        return None
    thread, comment, user = said.pull_request or said.issue, said.comment, said.comment.user
    if said.action != "created" or thread is None or user is None or _is_bot(user, comment):
        return None
    line = next((each for each in (comment.body or "").splitlines() if each.strip()), "")
    return Typed(
        repo=said.repository.full_name,
        number=thread.number,
        is_pull=said.pull_request is not None or bytes(thread.pull_request) != b"null",
        comment=f"{EVENTS[delivery.event]}{comment.id}",
        login=user.login,
        line=storable(line).rstrip(),
        at=max(comment.created_at, FIRST),
    )


def command_in(line: str, login: str = "") -> str | None:
    """Return the command that a line is, without `/flow`, `!flow` or the mention of this login."""
    name = re.escape(login.removesuffix("[bot]"))
    mention = rf"@{name}(?:\[bot\])?(?:[ \t:,]+|$)"
    found = PREFIX.match(line) or (re.match(mention, line, re.IGNORECASE) if name else None)
    return line[found.end() :].strip() if found else None


def _is_bot(user: _User, comment: _Comment) -> bool:
    via_app = bytes(comment.performed_via_github_app) != b"null"
    return user.type != "User" or user.login.endswith("[bot]") or via_app
