"""A webhook is Linear's when it is signed with our secret and of today; its body says the rest."""

import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.linear import webhooks
from integrations.linear.webhooks import OLDEST, is_timely, verify

SECRET = "lin_wh_emulated"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def signature(secret: str, body: bytes) -> str:
    """Return what Linear sends: hex, without a prefix."""
    return hmac.new(secret.encode(), body, sha256).hexdigest()


def test_either_of_two_secrets_will_do() -> None:
    """One of them is being replaced."""
    assert verify([SECRET], b"{}", signature(SECRET, b"{}"))
    assert verify(["new", SECRET], b"{}", signature(SECRET, b"{}"))


@pytest.mark.parametrize(
    ("secrets", "body", "given"),
    [
        ([SECRET], b"{} ", signature(SECRET, b"{}")),
        (["other"], b"{}", signature(SECRET, b"{}")),
        ([], b"{}", signature(SECRET, b"{}")),
        ([SECRET], b"{}", "sha256=" + signature(SECRET, b"{}")),
        ([SECRET], b"{}", signature(SECRET, b"{}").upper()),
        ([SECRET], b"{}", ""),
        ([SECRET], b"{}", "\u00fc"),
        ([""], b"{}", signature("", b"{}")),
    ],
)
def test_anything_else_is_not_signed(secrets: list[str], body: bytes, given: str) -> None:
    """Neither another body, nor another secret, nor none at all."""
    assert not verify(secrets, body, given)


@given(st.text(min_size=1), st.binary(), st.binary(min_size=1))
def test_a_changed_body_never_passes(secret: str, body: bytes, more: bytes) -> None:
    """What is signed is exactly what is read."""
    assert verify([secret], body, signature(secret, body))
    assert not verify([secret], body + more, signature(secret, body))


def told(at: datetime | None) -> bytes:
    """Return a body that was signed at this time."""
    return json.dumps({"webhookTimestamp": at and at.timestamp() * 1000}).encode()


def test_a_body_is_timely_for_as_long_as_linear_tries() -> None:
    """The last attempt comes more than seven hours after the first."""
    for age in (timedelta(0), timedelta(hours=7, minutes=2), -timedelta(minutes=1), OLDEST):
        assert is_timely(told(NOW - age), "", NOW)
    for age in (OLDEST + timedelta(seconds=1), -timedelta(hours=1)):
        assert not is_timely(told(NOW - age), str(NOW.timestamp() * 1000), NOW)


def test_the_header_counts_where_the_body_has_no_time() -> None:
    """Bodies of 2021 have none."""
    header = str(int(NOW.timestamp() * 1000))
    assert is_timely(b"{}", header, NOW)
    assert is_timely(told(None), header, NOW)
    for odd in ("", "soon", "nan", "1e400", "9" * 40):
        assert not is_timely(b"{}", odd, NOW)
    for body in (b"", b"[]", b'{"webhookTimestamp": "x"}', b'{"a": ' + b"[" * 100_000):
        assert not is_timely(body, header, NOW)


TEAM = {"key": "ENG"}
PAGE = "https://linear.app/acme/issue/ENG-12/add-retries#comment-c7"


@pytest.mark.parametrize(
    ("body", "topics"),
    [
        (
            {"type": "Issue", "data": {"id": "i", "identifier": "ENG-12", "team": TEAM}},
            ["issue:i", "issue:ENG-12", "team:ENG"],
        ),
        (
            {"type": "Issue", "data": {"id": "i", "number": 12, "team": TEAM, "cycleId": "c"}},
            ["issue:i", "issue:ENG-12", "team:ENG", "cycle:c"],
        ),
        ({"type": "Issue", "data": {"id": "i"}, "url": PAGE}, ["issue:i", "issue:ENG-12"]),
        ({"type": "Issue", "data": {"id": "i"}, "url": "https://x"}, ["issue:i"]),
        (
            {"type": "Comment", "data": {"id": "c", "issueId": "i"}, "url": PAGE},
            ["comment:c", "issue:i", "issue:ENG-12"],
        ),
        (
            {
                "type": "Comment",
                "data": {"id": "c", "issue": {"identifier": "ENG-12", "team": TEAM}},
            },
            ["comment:c", "issue:ENG-12", "team:ENG"],
        ),
        ({"type": "Comment", "data": {"id": "c", "documentContentId": "d"}}, ["comment:c"]),
        ({"type": "Project", "data": {"id": "p", "name": "Checkout"}}, ["project:p"]),
        (
            {"type": "ProjectUpdate", "data": {"id": "u", "projectId": "p"}},
            ["projectupdate:u", "project:p"],
        ),
        ({"type": "Cycle", "data": {"id": "c", "team": TEAM}}, ["cycle:c", "team:ENG"]),
        ({"type": "OAuthApp", "action": "revoked"}, []),
        ({"data": {"id": "i"}}, []),
        ({"type": "Issue", "data": {}}, []),
    ],
)
def test_a_body_says_what_it_is_about(body: dict[str, object], topics: list[str]) -> None:
    """By the identifiers that people use and the ids that never change."""
    found = webhooks.told(json.dumps(body).encode()).topics
    assert list(found) == [f"linear:{each}" for each in topics]


def test_nonsense_is_a_value_error() -> None:
    """Whoever calls decides what becomes of it."""
    for body in (b"", b"{", b'{"type": 7}', b"[" * 100_000):
        with pytest.raises(ValueError, match=r"\w"):
            webhooks.told(body)


def test_every_recorded_body_is_understood(contracts: Path) -> None:
    """None of the real ones breaks us; issues are known by their identifier."""
    files = sorted((contracts / "linear" / "webhooks").glob("*.json"))
    assert files
    for file in files:
        body = file.read_bytes()
        topics = webhooks.told(body).topics
        assert topics, file.name
        if json.loads(body)["type"] == "Issue":
            assert any(topic.startswith("linear:issue:") and "-" in topic for topic in topics)


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of everything inside a body."""
    inside: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    for name, each in inside:
        yield (*path, name)
        yield from places(each, (*path, name))


def without(body: Any, path: tuple[str | int, ...], *, null: bool) -> None:  # noqa: ANN401 - JSON
    """Take something out of a body, or let it be null; what is gone already is fine."""
    *way, last = path
    for step in way:
        is_there = isinstance(body, dict) and step in body
        is_there |= isinstance(body, list) and isinstance(step, int) and step < len(body)
        if not is_there:
            return
        body = body[step]
    if isinstance(body, dict) and last in body:
        if null:
            body[last] = None
        else:
            del body[last]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_recorded_body_may_lack_anything(contracts: Path, data: st.DataObject) -> None:
    """Or have it null, or more than we know of: it is understood as far as it goes."""
    files = sorted((contracts / "linear" / "webhooks").glob("*.json"))
    body = json.loads(data.draw(st.sampled_from(files)).read_bytes())
    whole = set(webhooks.told(json.dumps(body).encode()).topics)
    chosen = data.draw(st.sets(st.sampled_from(sorted(places(body), key=repr)), max_size=8))
    for path in sorted(chosen, key=repr):
        without(body, path, null=data.draw(st.booleans()))
    body["brandNew"] = {"of": ["tomorrow"]}

    found = webhooks.told(json.dumps(body).encode())

    assert set(found.topics) <= whole


@pytest.mark.parametrize("word", ["archived", "a word of tomorrow", None])
def test_an_unknown_action_or_type_is_no_trouble(word: str | None) -> None:
    """Linear adds kinds of resources and of actions without asking."""
    body = {"action": word, "type": word, "data": {"id": "x"}, "webhookTimestamp": 1}
    found = webhooks.told(json.dumps(body).encode())
    assert list(found.topics) == ([f"linear:{word}:x"] if word else [])
