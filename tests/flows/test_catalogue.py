"""What every flow has to be, so that its command, help and pages follow from its file alone."""

import re
from itertools import chain
from pathlib import Path

import pytest

from bot import grammar
from bot.catalogue import FAMILIES, help_for, listing
from bot.verbs import VERBS
from flows.engine.access import Role
from flows.engine.registry import catalogue, find
from flows.engine.spec import Flow
from flows.engine.waiting import TITLE_LENGTH
from integrations.emulators.github import GitHubWorld
from tests.flows.play import Play
from tests.flows.scenario import scenario_of, slugs

ROOT = Path(__file__).parents[2]
FLOW_LINES = 150
ALIAS = re.compile(r"[a-z][a-z-]{1,19}")


@pytest.fixture(params=slugs())
def flow(request: pytest.FixtureRequest) -> Flow:
    """Return each flow in turn."""
    return catalogue()[request.param]


def page(flow: Flow) -> Path:
    """Return the file of a flow."""
    return ROOT / "flows" / flow.family / f"{flow.slug.replace('-', '_')}.py"


def test_its_path_is_its_name(flow: Flow) -> None:
    """The function, its module and its test page have one name, and the family has a title."""
    name = flow.slug.replace("-", "_")
    assert getattr(flow.body, "__name__", "") == name
    assert page(flow).is_file()
    assert (ROOT / "tests" / "flows" / flow.family / f"test_{name}.py").is_file()
    assert flow.family in FAMILIES


def test_it_is_one_page(flow: Flow) -> None:
    """Somebody reads it from top to bottom without leaving it."""
    assert len(page(flow).read_text(encoding="utf-8").splitlines()) <= FLOW_LINES


def test_its_summary_is_one_sentence(flow: Flow) -> None:
    """The first line of the page is what help, README and web say about it."""
    assert re.fullmatch(r"[A-Z].{10,110}\.", flow.summary)


def test_its_word_in_the_chat_is_its_own(flow: Flow) -> None:
    """The alias is short and means this flow alone; no name of it is a verb of the bot."""
    names = [name for each in catalogue().values() for name in {each.alias, each.slug}]
    assert ALIAS.fullmatch(flow.alias)
    assert names.count(flow.alias) == 1
    assert find(flow.alias) is find(flow.slug) is flow
    assert VERBS.keys().isdisjoint({flow.alias, flow.slug})


def test_its_inputs_are_described(flow: Flow) -> None:
    """A form and the help are made of the parameters, so each says what it is."""
    for name, info in flow.params.model_fields.items():
        assert info.description, name
        assert not info.is_required() or info.examples, f"{name} needs an example"
    assert help_for(flow).blocks


def test_its_examples_can_be_typed(flow: Flow) -> None:
    """Each example is a whole command of this flow."""
    assert flow.examples
    for example in flow.examples:
        order = grammar.parse(example)
        assert isinstance(order, grammar.Order), example
        assert order.flow is flow


def test_what_changes_things_has_a_role_and_an_approval(flow: Flow) -> None:
    """A flow that writes is not for everybody, and its plan is shown to somebody."""
    assert not flow.writes or (flow.role is not Role.VIEWER and flow.approvals >= 1)


def test_it_is_in_the_list(flow: Flow) -> None:
    """What `flows --json` prints is complete."""
    (found,) = [each for each in listing() if each["slug"] == flow.slug]
    assert [each["name"] for each in found["params"]] == list(flow.params.model_fields)
    assert found["summary"] == flow.summary


async def test_its_scenario_plays_it(flow: Flow, world: GitHubWorld, play: Play) -> None:
    """The scenario is a command of this flow that gets done, in steps with short titles.

    With all that it changes and waits for, it takes no more calls than its page says.
    """
    scenario = scenario_of(flow)
    order = grammar.parse(scenario.command)
    assert isinstance(order, grammar.Order)
    assert order.flow is flow

    scenario.world(world)
    await scenario.prepared(play)
    before = world.spent.total()
    run = await scenario.played(play)

    assert (run.state, run.refusals) == ("done", ())
    assert world.spent.total() - before <= flow.budget
    assert run.report
    assert run.report.title
    titles = chain((step.title for step in run.steps), run.plan)
    assert [title for title in titles if len(title) > TITLE_LENGTH] == []
    if not flow.writes:
        assert world.writes == []
