"""Webhooks: proof that one comes from Linear and is of today, and what it is about."""

import hmac
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from integrations.told import Told, topics, word

# Linear tries three times more: after 1 minute, then 1 hour, then 6 hours.
OLDEST = timedelta(hours=8)
CLOCKS_APART = timedelta(minutes=5)
ISSUE_PAGE = re.compile(r"/issue/([A-Z][A-Z0-9_]*-\d+)")


def verify(secrets: Iterable[str], body: bytes, signature: str) -> bool:
    """Return whether `Linear-Signature` is `body` signed with one of the secrets.

    Several secrets are current while one is being replaced. All are tried, in constant time
    each, so that the answer's timing says nothing; an empty secret matches nothing.
    """
    given = signature.encode(errors="replace")
    valid = False
    for secret in secrets:
        digest = hmac.digest(secret.encode(), body, "sha256").hex()
        valid |= bool(secret) and hmac.compare_digest(digest.encode(), given)
    return valid


class _Sent(msgspec.Struct, rename="camel"):
    webhook_timestamp: float | None = None


_SENT = msgspec.json.Decoder(_Sent)


def is_timely(body: bytes, header: str, now: datetime) -> bool:
    """Return whether a signed body is no older than Linear's last attempt to deliver it.

    Linear signs the time with the body; only where the body has none, `Linear-Timestamp` counts.
    """
    try:
        told = _SENT.decode(body).webhook_timestamp
        sent = datetime.fromtimestamp((float(header) if told is None else told) / 1000, UTC)
    except (ValueError, OverflowError, OSError, RecursionError):
        return False
    return -CLOCKS_APART <= now - sent <= OLDEST


class _Team(msgspec.Struct):
    key: str | None = None


class _Issue(msgspec.Struct):
    id: str | None = None
    identifier: str | None = None
    team: _Team | None = None


class _Data(msgspec.Struct, rename="camel"):
    """What the data of all types have in common; each part may be absent."""

    id: str | None = None
    identifier: str | None = None
    number: float | None = None
    team: _Team | None = None
    issue: _Issue | None = None
    issue_id: str | None = None
    project_id: str | None = None
    cycle_id: str | None = None


class _Body(msgspec.Struct):
    action: msgspec.Raw = msgspec.Raw()
    type: str | None = None
    url: str | None = None
    data: _Data | None = None


_DECODER = msgspec.json.Decoder(_Body)


def told(body: bytes) -> Told:
    """Return what a delivery says; without topics where it is about nothing that we know.

    Topics are `linear:issue:ENG-12` and `linear:issue:<id>`, `linear:comment:<id>`,
    `linear:project:<id>`, `linear:cycle:<id>`, `linear:team:ENG`, and for any other type its
    own lower-case name.
    The body is only a hint to look: order is never trusted, so whoever waits fetches the state.

    Raises:
        ValueError: it is no JSON of the shape that Linear documents.

    """
    try:
        said = _DECODER.decode(body)
    except RecursionError as error:
        raise ValueError("the body is nested too deeply") from error
    if not said.type or not said.data:
        return Told(word(said.action))
    things = _about(said, said.type, said.data)
    return Told(word(said.action), topics=topics("linear", things))


def _about(said: _Body, kind: str, data: _Data) -> Iterator[str]:
    if data.id:
        yield f"{kind.lower()}:{data.id}"
    key = data.team.key if data.team else None
    if kind == "Issue":
        yield from _issue(data.identifier, key, data.number, said.url)
    elif data.issue or data.issue_id:
        issue = data.issue or _Issue()
        if issue_id := issue.id or data.issue_id:
            yield f"issue:{issue_id}"
        yield from _issue(issue.identifier, None, None, said.url)
        key = key or (issue.team.key if issue.team else None)
    if key:
        yield f"team:{key}"
    for name, named in (("project", data.project_id), ("cycle", data.cycle_id)):
        if named:
            yield f"{name}:{named}"


def _issue(
    identifier: str | None, key: str | None, number: float | None, url: str | None
) -> Iterator[str]:
    """Yield an issue's identifier; older bodies say it only in parts, or in the address."""
    if identifier:
        yield f"issue:{identifier}"
    elif key and number is not None:
        yield f"issue:{key}-{int(number)}"
    elif found := ISSUE_PAGE.search(url or ""):
        yield f"issue:{found[1]}"
