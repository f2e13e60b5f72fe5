"""An entry in a message's menu opens the form of the flow that declares it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.chat import Origin
from bot.dispatch import Dispatch, Form, Say
from bot.shortcuts import Posted, meant, offered
from flows.engine.registry import catalogue, find
from flows.engine.spec import Flow, Shortcut
from flows.engine.tools import ProjectSettings
from storage import projects
from tests.bot.lab import ADA, CAT, RULES, Lab
from tests.bot.speech import LABEL

BUG = replace(LABEL, shortcuts=(Shortcut("Create bug", text="labels", link="since"),))
NAME = "desk-label:create-bug"
POSTED = Posted("It breaks\u200b", "https://acme.slack.com/archives/C1/p12", "Bo")
HERE = Origin("form", "slack", "C1", "1.2", "1.3")


def find_of(*flows: Flow) -> Callable[[str], Flow | None]:
    """Return what finds these flows."""
    return {each.slug: each for each in flows}.get


@pytest.fixture
def dispatch(lab: Lab) -> Dispatch:
    """Return the way in, where one flow is in the menu of a message."""
    writing = replace(BUG, slug="desk-fixing", role=lab.flows()[1].role)
    find = find_of(BUG, writing)
    return Dispatch(lab.database, lab.queue, RULES, lab.clock, find)


def test_what_flows_declare_is_offered() -> None:
    """By the names under which a chat brings it back."""
    assert offered([LABEL, BUG]) == {NAME: "Create bug"}


def test_a_message_fills_in_what_the_flow_takes() -> None:
    """Hidden characters stay behind; what is empty leaves the input empty."""
    wanted = meant(NAME, POSTED, "", find_of(BUG))
    assert wanted is not None
    assert wanted.given == {"labels": "It breaks", "since": POSTED.link}
    author = replace(BUG, shortcuts=(Shortcut("Create bug", author="labels"),))
    found = meant(NAME, replace(POSTED, author=" "), "", find_of(author))
    assert found is not None
    assert found.given == {}


def test_an_entry_that_is_gone_is_none() -> None:
    """The flow or its entry may be another by now."""
    for name in ("gone:create-bug", "desk-label:gone", ""):
        assert meant(name, POSTED, "", find_of(BUG)) is None


async def test_the_form_knows_the_repository_of_the_channel(lab: Lab, dispatch: Dispatch) -> None:
    """A channel that is about one project fills that in as well."""
    async with lab.database.begin() as connection:
        about = ProjectSettings("acme/shop", channels=["slack:C1"])
        await projects.save(connection, about, lab.clock())
    form = await dispatch.shortcut(NAME, POSTED, ADA, HERE)
    assert isinstance(form, Form)
    values = {each.name: each.value for each in form.fields}
    assert (values["repo"], values["labels"]) == ("acme/shop", "It breaks")


async def test_who_may_not_run_it_is_told_so(dispatch: Dispatch) -> None:
    """Before anything is filled in."""
    refused = await dispatch.shortcut("desk-fixing:create-bug", POSTED, CAT, HERE)
    gone = await dispatch.shortcut("gone:gone", POSTED, ADA, HERE)
    assert isinstance(refused, Say)
    assert refused.kind == "forbidden"
    assert isinstance(gone, Say)
    assert gone.kind == "unknown"


@pytest.mark.parametrize(
    ("label", "given"),
    [
        ("Create bug", {"what": "It breaks", "link": POSTED.link, "reporter": "Bo"}),
        ("Save answer", {"answer": "It breaks", "link": POSTED.link, "author": "Bo"}),
        ("Action item", {"text": "It breaks", "link": POSTED.link, "author": "Bo"}),
    ],
)
def test_our_own_flows_make_something_of_a_message(label: str, given: dict[str, str]) -> None:
    """Bugs, answers and action items come from what somebody wrote."""
    names = {shown: name for name, shown in offered(catalogue().values()).items()}
    wanted = meant(names[label], POSTED, "acme/shop", find)
    assert wanted is not None
    assert wanted.given == {"repo": "acme/shop", **given}
