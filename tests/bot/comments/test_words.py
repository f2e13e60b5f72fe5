"""A new comment of a person is read from whatever GitHub sends; everything else is none."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.comments.words import FIRST, Typed, command_in, typed_in
from bot.intake import Delivery

BODY = {
    "action": "created",
    "comment": {
        "id": 7,
        "body": "\n/flow changes  \nplease",
        "created_at": "2026-03-02T12:00:00Z",
        "user": {"login": "Ada", "type": "User"},
    },
    "issue": {"number": 12, "pull_request": {"url": "x"}},
    "repository": {"full_name": "acme/api"},
}


def delivered(event: str = "issue_comment", **changes: object) -> Delivery:
    """Return a delivery of this body, changed."""
    return Delivery("github", event, "d1", json.dumps(BODY | changes).encode())


def test_the_first_line_of_a_comment_is_read() -> None:
    """Blank lines before it do not count; on an issue, the number is no pull request's."""
    typed = typed_in(delivered())
    assert typed
    assert (typed.repo, typed.number, typed.is_pull) == ("acme/api", 12, True)
    assert (typed.comment, typed.login, typed.line) == ("7", "Ada", "/flow changes")
    issue = typed_in(delivered(issue={"number": 12}))
    assert issue
    assert not issue.is_pull
    line = typed_in(delivered("pull_request_review_comment", pull_request={"number": 3}))
    assert line
    assert (line.number, line.is_pull, line.comment) == (3, True, "line/7")


def test_a_comment_says_nothing_that_cannot_be_stored_or_reckoned_with() -> None:
    """Not even where its time is long before there were any."""
    odd = {"body": "/flow status a\0b", "created_at": "0001-01-01T00:00:00Z"}
    typed = typed_in(delivered(comment=BODY["comment"] | odd))  # type: ignore[operator] # a dictionary
    assert typed
    assert (typed.line, typed.at) == ("/flow status ab", FIRST)


@pytest.mark.parametrize(
    "delivery",
    [
        delivered(action="edited"),
        delivered(action="deleted"),
        delivered("issues"),
        delivered(issue=None),
        delivered(comment=BODY["comment"] | {"user": {"login": "x[bot]", "type": "User"}}),  # type: ignore[operator] # a dictionary
        delivered(comment=BODY["comment"] | {"user": {"login": "x", "type": "Bot"}}),  # type: ignore[operator] # as above
        delivered(comment=BODY["comment"] | {"user": None}),  # type: ignore[operator] # as above
        delivered(comment=BODY["comment"] | {"performed_via_github_app": {"id": 1}}),  # type: ignore[operator] # as above
        delivered(repository={}),
        delivered(repository={"full_name": "acme/api/../.."}),
        delivered(issue={"number": -1}),
        delivered(issue={"number": 10**40}),
        delivered(comment=BODY["comment"] | {"user": {"login": ".."}}),  # type: ignore[operator] # as above
        delivered(comment=BODY["comment"] | {"user": {"login": "x" * 500}}),  # type: ignore[operator] # as above
        delivered(comment=BODY["comment"] | {"created_at": "2026-03-02T12:00:00"}),  # type: ignore[operator] # as above
        Delivery("linear", "issue_comment", "d1", b"{}"),
        Delivery("github", "issue_comment", "d1", b"[" * 10_000),
    ],
)
def test_what_no_person_has_just_typed_is_nothing(delivery: Delivery) -> None:
    """Edits, deletions, bots, ghosts, other events, and bodies that lack something."""
    assert typed_in(delivery) is None


def test_an_empty_comment_is_no_command() -> None:
    """It may have no body at all."""
    comment = {**BODY["comment"], "body": None}  # type: ignore[dict-item] # a dictionary
    assert typed_in(delivered(comment=comment)) == replace(_typed(), line="")


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("/flow", ""),
        ("!flow: help", "help"),
        ("/FLOW  look  desk", "look  desk"),
        ("@flowbot help", "help"),
        ("@flowbot[bot], help", "help"),
        ("/flowing", None),
        ("/flow-x", None),
        ("@flowbots help", None),
        ("help", None),
    ],
)
def test_a_command_follows_a_prefix_or_our_name(line: str, command: str | None) -> None:
    """As a whole word, in any case."""
    assert command_in(line, "flowbot[bot]") == command


def test_recorded_comments_are_read(contracts: Path) -> None:
    """What is created has an author and a line, below a thread or on a line of a file."""
    examples = contracts / "github/webhooks/examples"
    for event in ("issue_comment", "pull_request_review_comment"):
        for file in sorted((examples / event).glob("*.json")):
            typed = typed_in(Delivery("github", event, "d1", file.read_bytes()))
            assert (typed is not None) == (".created." in file.name), file


def _typed() -> Typed:
    found = typed_in(delivered())
    assert found
    return found
