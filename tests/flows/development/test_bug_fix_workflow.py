"""A bug from the first message to the release it is fixed in, in Linear and in GitHub Issues."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from flows.development.bug_fix_workflow import ANOTHER, PASS, WAIT
from flows.engine.tools import ProjectSettings
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.records import Issue
from integrations.emulators.github.story import Story
from integrations.emulators.linear import LinearWorld
from tests.flows.play import Decision, Play, Played, yes
from tests.flows.scenario import Scenario

COMMAND = 'bug acme/shop "Empty carts break with KeyError total" --steps "Empty the cart"'
FILES = {"shop/cart/basket.py": "def total(cart):\n    return cart['total']\n"}
TEST = {"shop/cart/basket.py": "def total(cart):\n    return 0\n", "tests/test_basket.py": "1\n"}


def shop(world: GitHubWorld) -> None:
    """Build a repository with a cart, a release and two open issues."""
    start = world.clock - timedelta(days=9)
    story = Story(world, "acme/shop", created_at=start)
    first = story.commit("bo", start, "Add the cart", FILES)
    story.checks(first, start)
    story.release("v1.2.0", start + timedelta(hours=1), by="ada")
    story.issue("Checkout is slow with KeyError logs", "cy", start, body="In the cart, total.")
    story.issue("Write the guide", "dee", start)
    story.tell()


scenario = Scenario(
    "bug acme/shop 'Checkout fails: File \"/srv/shop/cart/basket.py\", line 2, in total' follow=1",
    world=shop,
    answer=yes("bo"),
)


def issues(world: GitHubWorld) -> dict[int, Issue]:
    """Return the issues of the shop by number."""
    return world["acme/shop"].issues


def fixed(
    world: GitHubWorld,
    files: dict[str, str],
    *,
    title: str = "fix: empty carts (#3)",
    number: int = 0,
) -> Callable[[], object]:
    """Return what merges a fix of an issue in the world of a test."""

    def happens() -> None:
        story = Story.continued(world, "acme/shop")
        opened, merged = world.clock - timedelta(hours=2), world.clock - timedelta(hours=1)
        story.pull(title, "bo", files, opened=opened, merged=merged)
        story.tell()

    return happens


def opened(world: GitHubWorld, files: dict[str, str]) -> Callable[[], object]:
    """Return what proposes a fix of the issue #3."""

    def happens() -> None:
        story = Story.continued(world, "acme/shop")
        story.pull("fix: empty carts", "bo", files, opened=world.clock, branch="3-checkout")
        story.tell()

    return happens


def released(world: GitHubWorld, tag: str = "v1.2.1", *, pre: bool = False) -> Callable[[], object]:
    """Return what releases all that is merged."""

    def happens() -> None:
        story = Story.continued(world, "acme/shop")
        story.release(tag, world.clock, by="ada", pre=pre)
        story.tell()

    return happens


async def test_a_bug_is_filed_with_all_that_is_known(world: GitHubWorld, play: Play) -> None:
    """The issue has the words, the steps, who changed the code and what may be the same."""
    shop(world)
    trace = 'Checkout fails: File "/srv/shop/cart/basket.py", line 2, in total'
    run = await play(f"bug acme/shop '{trace}' steps='Empty the cart' follow=1", yes("bo"))
    made = issues(world)[3]

    assert (run.state, run.report and run.report.title) == ("done", "#3 is not fixed yet")
    assert run.plan == ["File the bug in GitHub", run.plan[-1]]
    assert made.labels == ["bug"]
    for part in ("basket.py", "> Empty the cart", "Add the cart", "Reported by ada"):
        assert part in made.body
    assert world.head("acme/shop", "3-checkout-fails-file-srv-shop") == world.head("acme/shop")


async def test_a_bug_lives_until_its_fix_is_out(world: GitHubWorld, play: Play) -> None:
    """Fixed with a test, checked, released: the reporter reads it, and the issue is closed."""
    shop(world)
    play.meanwhile += [
        fixed(world, TEST),
        released(world, "v1.3.0-rc.1", pre=True),
        released(world),
    ]
    waiting = await play(COMMAND + " reporter=dee", yes("bo"))
    assert waiting.plan == ["Close #3: it is in v1.2.1"]
    run = await play.answer(waiting.run_id, yes("bo"))

    assert run.report
    assert run.report.title == "#3 is fixed in v1.2.1"
    assert run.said.startswith("dee, what you told of is fixed: Empty carts break")
    assert "tests/test_basket.py" in str(run.report.blocks)
    assert "2 checks are green" in str(run.report.blocks)
    assert issues(world)[3].state == "closed"


async def test_linear_has_the_issue_where_the_project_says_so(
    world: GitHubWorld, play: Play
) -> None:
    """The branch is Linear's own, the fix is found by it, and the issue is done in the end."""
    shop(world)
    play.linear = linear = LinearWorld()
    linear.team("ENG")
    linear.label("bug", team="ENG")
    await play.project(ProjectSettings("acme/shop", linear_team="ENG"))
    await play.start()
    play.meanwhile += [fixed(world, TEST, title="fix: empty carts (ENG-1)"), released(world)]
    waiting = await play(COMMAND, yes("bo"))
    run = await play.answer(waiting.run_id, yes("bo"))

    made = linear["ENG-1"]
    assert run.report
    assert run.report.title == "ENG-1 is fixed in v1.2.1"
    assert (made.state.name, made.priority) == ("Done", 2)
    assert [label.name for label in made.labels] == ["bug"]
    assert list(issues(world)) == [1, 2]


async def test_a_project_without_linear_is_told_what_to_set(world: GitHubWorld, play: Play) -> None:
    """A team that is named does not connect anything."""
    shop(world)
    await play.project(ProjectSettings("acme/shop", linear_team="ENG"))
    run = await play(COMMAND)
    assert run.state == "stopped"
    assert "FLOWBOT_LINEAR_TOKEN" in run.line


@pytest.mark.parametrize("choice", [PASS, WAIT])
async def test_a_fix_without_a_test_is_asked_about(
    world: GitHubWorld, play: Play, choice: str
) -> None:
    """A maintainer lets it pass, or the run waits for a test."""
    shop(world)
    play.meanwhile.append(opened(world, {"shop/cart/basket.py": "x = 1\n"}))
    asked = await play(COMMAND + " follow=1", yes("bo"))
    assert "touches no test" in asked.questions[-1].question.text
    refused = await play.answer(asked.run_id, Decision("cy", choice))
    assert "maintainer" in refused.refusals[0]
    run = await play.answer(asked.run_id, Decision("bo", choice))

    waited = [step.title for step in run.steps if step.title.startswith("Wait for a test")]
    assert len(waited) == (choice == WAIT)
    assert run.said.startswith("The fix that was proposed was not merged within 1 day")


async def test_a_likely_duplicate_is_asked_about(world: GitHubWorld, play: Play) -> None:
    """The same bug is noted where it is known; another one is filed."""
    shop(world)
    words = 'bug acme/shop "Checkout is slow with KeyError logs" follow=1'
    first = await play(words)
    assert "This looks like #1" in first.questions[-1].question.text
    same = await play.answer(first.run_id, Decision("ada", "It is #1"), yes("bo"))
    second = await play(words, Decision("ada", ANOTHER), yes("bo"))

    assert same.report
    assert same.report.title == "#1 is not fixed yet"
    assert "Checkout is slow" in issues(world)[1].comments[0].body
    assert second.report
    assert second.report.title == "#3 is not fixed yet"


async def test_a_known_issue_gets_what_was_found(world: GitHubWorld, play: Play) -> None:
    """Nothing is filed; its branch is made, or left alone where there is one."""
    shop(world)
    first = await play('bug acme/shop "#1" follow=1', yes("bo"))
    again = await play('bug acme/shop "#1" follow=1', yes("bo"))

    assert first.plan == ["Comment on #1 with what was found", first.plan[-1]]
    assert again.plan == ["Comment on #1 with what was found"]
    assert list(issues(world)) == [1, 2]
    assert world.head("acme/shop", "1-checkout-is-slow-with-keyerror")


async def test_a_fix_in_no_release_is_said_to_be_merged(world: GitHubWorld, play: Play) -> None:
    """It came without a test, its tag lacks it, its issue was closed by hand: all of it is said."""
    shop(world)

    def merged() -> None:
        fixed(world, {"shop/cart/basket.py": "x = 2\n"})()
        world.check("acme/shop", "failure")

    play.meanwhile.append(merged)
    run: Played = await play(COMMAND + " follow=1", yes("bo"))

    assert run.report
    assert run.report.title == "#3 is fixed, and in no release yet"
    assert "checks failed: test" in str(run.report.blocks)
    assert "without a test" in str(run.report.blocks)
