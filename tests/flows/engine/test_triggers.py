"""Which events start a flow, and which of its inputs they fill in."""

import pytest
from pydantic import Field

from flows.engine.errors import AuthorError
from flows.engine.spec import Params
from flows.engine.triggers import check, inputs_of, is_started, team_of

OPENED = "github:pull_request.opened"


class Pull(Params):
    repo: str = Field(description="Where", examples=["acme/api"])
    pull: int = Field(description="Which", examples=[12])
    commit: str = ""


class Named(Params):
    repo: str
    name: str


@pytest.mark.parametrize("event", [OPENED, "github:push", "linear:Issue.update"])
def test_an_event_is_a_service_and_what_it_calls_the_webhook(event: str) -> None:
    """With its action, or all of them."""
    check([event], Pull.model_fields)


@pytest.mark.parametrize("event", ["", "push", "gitlab:push", "github:push.", "github:a b"])
def test_what_is_no_event_is_refused(event: str) -> None:
    """When the page is imported."""
    with pytest.raises(AuthorError, match="is no event: write it like"):
        check([event], Pull.model_fields)


def test_a_flow_that_needs_what_no_event_says_is_refused() -> None:
    """It could never start; one that no event starts may ask for anything."""
    with pytest.raises(AuthorError, match="No event fills in 'name'"):
        check([OPENED], Named.model_fields)
    check([], Named.model_fields)


@pytest.mark.parametrize(
    ("on", "every", "why"),
    [
        ((), "daily 2:00 UTC", "needs events as well"),
        (("github:push",), "now and then", "'now and then' is no rhythm"),
    ],
)
def test_a_rhythm_is_one_that_can_be_kept(on: tuple[str, ...], every: str, why: str) -> None:
    """It comes with events, since the same word of a project wants both."""
    with pytest.raises(AuthorError, match=why):
        check(on, {}, every)
    check(("github:push",), {}, "daily 2:00 UTC")


def test_an_event_starts_what_names_it() -> None:
    """One without an action names all of them."""
    assert is_started([OPENED], "github", "pull_request", "opened")
    assert is_started(["github:pull_request"], "github", "pull_request", "closed")
    assert not is_started([OPENED], "github", "pull_request", "closed")
    assert not is_started([OPENED], "linear", "pull_request", "opened")
    assert not is_started([], "github", "push", "")


def test_inputs_are_filled_in_from_the_topics() -> None:
    """Only those that the flow has, and of several the first."""
    topics = (
        "github:repo:acme/api",
        "github:commit:acme/api@abc",
        "github:pull:acme/api#12",
        "github:pull:acme/api#13",
        "github:branch:acme/api@main",
    )
    found = inputs_of("acme/api", topics, Pull.model_fields)
    assert found == {"repo": "acme/api", "pull": "12", "commit": "abc"}


def test_an_issue_of_linear_has_its_key() -> None:
    """Its webhooks name it by an id as well, which says nothing to a person."""

    class Issue(Params):
        issue: str

    topics = ("linear:issue:1f0c", "linear:issue:ENG-12", "linear:team:ENG")
    assert inputs_of("", topics, Issue.model_fields) == {"issue": "ENG-12"}
    assert team_of(topics) == "ENG"
    assert team_of(()) == ""
