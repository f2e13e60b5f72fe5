"""A feature from its issue to its release: ten days, two lost processes, one card."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from flows.development.feature_development import STOP, WAIT
from flows.engine.policy import PolicySettings
from flows.engine.tools import ProjectSettings
from flows.report import Table
from integrations.emulators.github import GitHubWorld, automated
from integrations.emulators.github.people import Person
from integrations.emulators.github.story import Story
from integrations.emulators.linear import LinearWorld
from integrations.emulators.linear.records import State
from tests.flows.play import Decision, Play, no, yes
from tests.flows.scenario import Scenario

REPO = "acme/shop"
LIST = "## Acceptance criteria\n\n- The cart is there tomorrow\n"
BODY = f"People lose it.\n\n{LIST}- [ ] On a phone too"
CODE = {"shop/cart.py": "def save(cart):\n    return cart\n"}
FLOW = "on: pull_request\njobs:\n  test:\n    runs-on: ubuntu-latest\n"
TEST = {"tests/test_cart.py": "def test_save():\n    assert True\n"}


def shop(world: GitHubWorld) -> None:
    """Build a repository with a release and an issue."""
    start = world.clock - timedelta(days=9)
    story = Story(world, REPO, created_at=start)
    story.commit("bo", start, "Add the shop", {"shop/app.py": "print('shop')\n"})
    story.release("v1.2.0", start + timedelta(hours=1), by="ada")
    story.issue("Let people save their cart", "cy", start, body=BODY)
    story.tell()


scenario = Scenario("feature acme/shop #1 follow=1", world=shop, answer=yes("bo"))


class Team:
    """The people around one pull request, and what the issue says at each point."""

    def __init__(self, world: GitHubWorld, linear: LinearWorld | None = None) -> None:
        self.world, self.linear = world, linear
        self.bo, self.cy = Person(world, "bo"), Person(world, "cy")
        self.seen: list[str] = []
        self.run = 0

    @property
    def number(self) -> int:
        """The newest pull request."""
        return max(self.world[REPO].pulls)

    @property
    def branch(self) -> str:
        return self.world[REPO].pulls[self.number].head_ref

    def note(self) -> None:
        """Note what the issue says by now."""
        if self.linear:
            self.seen.append(self.linear["ENG-1"].state.name)

    async def codes(self) -> None:
        """Push code, and let CI fail."""
        self.note()
        await self.bo.pushes(REPO, CODE, branch=self.branch)
        self.run = await self.bo.starts_ci(REPO, self.branch)
        await self.bo.ends_ci(REPO, self.run, "test")

    async def repairs(self) -> None:
        """Push a test, and let CI pass."""
        self.note()
        await self.bo.pushes(REPO, TEST, branch=self.branch)
        await self.bo.ends_ci(REPO, await self.bo.starts_ci(REPO, self.branch))

    async def shows(self) -> None:
        """End the draft, and ask cy."""
        self.note()
        await self.bo.drafts(REPO, self.number, draft=False)
        await self.bo.asks(REPO, self.number, "cy")

    async def objects(self) -> None:
        """Cy wants it another way."""
        self.note()
        await self.cy.requests_changes(REPO, self.number, "Not on a phone")

    async def asks_again(self) -> None:
        """Bo has done that."""
        self.note()
        await self.bo.asks(REPO, self.number, "cy")

    async def approves(self) -> None:
        """Cy likes it."""
        self.note()
        await self.cy.approves(REPO, self.number)

    async def ticks(self) -> None:
        """Bo ticks every box."""
        body = self.world[REPO].pulls[self.number].body.replace("[ ]", "[x]")
        await self.bo.edits(REPO, self.number, body=body)

    async def merges(self) -> None:
        """Bo merges it."""
        self.note()
        await self.ticks()
        await self.bo.merges(REPO, self.number)

    async def releases(self) -> None:
        """Ada releases it."""
        self.note()
        await Person(self.world, "ada").releases(REPO, "v1.3.0")

    async def nothing(self) -> None:
        """Half a day passes."""

    def lost(
        self, play: Play, then: Callable[[], Awaitable[None]]
    ) -> Callable[[], Awaitable[None]]:
        """Return the same with the process lost right after it."""

        async def happens() -> None:
            await then()
            play.database.lose(2, committed=False)

        return happens


async def connected(world: GitHubWorld, play: Play, **settings: object) -> LinearWorld:
    """Let the project have its issues in Linear, with one about the cart."""
    shop(world)
    play.linear = linear = LinearWorld()
    linear.clock = world.clock
    linear.team("ENG")
    linear.issue("ENG", "Let people save their cart", description=BODY)
    await play.project(ProjectSettings(REPO, linear_team="ENG", **settings))  # type: ignore[arg-type] # settings of a project
    await play.start()
    return linear


async def test_a_feature_lives_through_ten_days_and_two_losses(
    world: GitHubWorld, play: Play
) -> None:
    """Red, green, reviewed, changed, approved, merged, released: the issue is right all along."""
    linear = await connected(world, play)
    team = Team(world, linear)
    began = world.clock
    rest = [team.nothing]
    play.meanwhile += [
        *rest, team.codes, *rest, team.repairs, *rest, *rest, team.shows, *rest,
        team.lost(play, team.objects), *rest, *rest, team.asks_again, *rest,
        team.lost(play, team.approves), *rest, team.merges, *rest, *rest, team.releases,
    ]  # fmt: skip
    run = await play("feature acme/shop eng-1", yes("bo"))

    assert run.report
    assert (run.state, run.report.title) == ("done", "ENG-1 is out in v1.3.0")
    assert play.losses == 2
    assert world.clock - began >= timedelta(days=9)
    assert team.seen == [
        "In Progress", "In Progress", "In Progress", "In Review", "In Progress", "In Review",
        "In Review", "Done",
    ]  # fmt: skip
    assert linear["ENG-1"].state.name == "Done"
    assert "v1.3.0" in linear["ENG-1"].comments[-1].body
    assert team.branch not in world.git(world[REPO]).call("branch").decode()
    assert run.report.tone == "good"
    assert [kind for kind, _ in play.room.sent].count("card") == 1
    assert len(run.questions) == 1  # nobody was asked twice
    assert play.room.news == [
        "🔴 #2 has red checks — test",
        "#2 is green again and is worked on",
        "#2 waits for a review — cy",
        "⚠️ #2 is to be changed — cy asked for it",
        "#2 waits for a review — cy",
        "✅ #2 is approved — It can be merged",
        "✅ #2 is merged — I say which release it goes out in.",
    ]


async def test_ci_that_starts_by_itself_is_followed(world: GitHubWorld, play: Play) -> None:
    """What is pushed is red, then green, without anybody who says so."""
    await connected(world, play)
    await world.person("ada").pushes(REPO, {".github/workflows/ci.yml": FLOW})
    automated(world, world[REPO])
    team = Team(world)
    auto = world[REPO].automation
    assert auto

    async def breaks() -> None:
        auto.red[team.branch] = ["test"]
        await team.bo.pushes(REPO, CODE, branch=team.branch)

    async def mends() -> None:
        auto.red.clear()
        await team.bo.pushes(REPO, TEST, branch=team.branch)

    play.meanwhile += [breaks, team.nothing, mends, team.nothing, team.shows, team.approves]
    play.meanwhile += [team.merges, team.nothing]
    run = await play("feature acme/shop ENG-1 follow=4", yes("bo"))
    ended = [each.conclusion for each in world[REPO].runs if each.branch == team.branch]
    assert ended == ["success", "failure", "success"]
    assert run.report
    [stages] = [block for block in run.report.blocks if isinstance(block, Table)]
    assert ("Red checks", "test") in [row[:2] for row in stages.rows]


async def test_the_draft_has_the_criteria_as_boxes(world: GitHubWorld, play: Play) -> None:
    """The branch has Linear's name, the title the key, and undo takes all of it back."""
    linear = await connected(world, play)
    await play("feature acme/shop ENG-1 follow=1", yes("bo"))
    pull = world[REPO].pulls[2]

    assert (pull.title, pull.draft) == ("ENG-1: Let people save their cart", True)
    assert "- [ ] The cart is there tomorrow" not in pull.body  # boxes count more than a list
    assert "- [ ] On a phone too" in pull.body
    assert pull.head_ref == linear["ENG-1"].branch_name
    assert linear["ENG-1"].state.name == "In Progress"


async def test_a_title_becomes_an_issue(world: GitHubWorld, play: Play) -> None:
    """Its number is in the branch and in the draft, which closes it."""
    shop(world)
    command = "feature acme/shop 'Pay by card' criteria='It works; It is safe' follow=1"
    run = await play(command, yes("bo"))

    assert run.plan[0] == "File the feature in GitHub"
    made, pull = world[REPO].issues[2], world[REPO].pulls[3]
    assert (made.title, pull.head_ref) == ("Pay by card", "2-pay-by-card")
    assert pull.body.startswith("Closes #2.")
    assert "- [ ] It works\n- [ ] It is safe" in pull.body
    assert run.report
    assert run.report.title == "#2 is not merged"
    assert run.said == "I lived with it for 1 day, and stop."


async def test_what_is_there_is_taken_over(world: GitHubWorld, play: Play) -> None:
    """A second run makes no second branch and no second draft, and asks nobody."""
    shop(world)
    await play("feature acme/shop #1 follow=1", yes("bo"))
    writes = len(world.writes)
    run = await play("feature acme/shop #1 follow=1")

    assert run.state == "done"
    assert not run.questions
    assert len(world.writes) == writes
    dry = await play("feature acme/shop #1 --dry-run")
    assert dry.report
    assert dry.report.title == "Start #1"


async def test_a_stall_is_asked_about(world: GitHubWorld, play: Play) -> None:
    """After the work days that were said, whose turn it is; until somebody stops it."""
    shop(world)
    asked = await play("feature acme/shop #1 stalled=1 follow=9", yes("bo"))
    question = asked.questions[-1].question
    assert question.text == "#2 waits for the end of the draft since 02 Mar 12:02. And now?"
    assert question.choices == (STOP, WAIT)
    assert question.show
    assert question.show.summary == "Nothing has happened for 1 work day."

    again = await play.answer(asked.run_id, Decision("ada", WAIT))
    assert again.questions[-1].question.text != question.text
    run = await play.answer(asked.run_id, Decision("ada", STOP))
    assert run.said == "Somebody said that it need not be followed."
    assert world[REPO].pulls[2].state == "open"


async def test_news_is_no_stall(world: GitHubWorld, play: Play) -> None:
    """Whoever pushes is at work, though it waits for the same."""
    shop(world)
    team = Team(world)
    play.meanwhile += [team.nothing, lambda: team.bo.comments(REPO, team.number, "Nearly there")]
    asked = await play("feature acme/shop #1 stalled=1 follow=9", yes("bo"))
    assert [step.title for step in asked.steps if "again" in step.title] == [
        "Look at #2 again (1)",
        "Look at #2 again (2)",
    ]


async def test_a_closed_pull_puts_the_issue_back(world: GitHubWorld, play: Play) -> None:
    """To where it was before; the branch stays."""
    linear = await connected(world, play)
    before = linear["ENG-1"].state.name
    team = Team(world, linear)
    play.meanwhile += [team.nothing, lambda: team.bo.closes(REPO, team.number)]
    run = await play("feature acme/shop ENG-1", yes("bo"))

    assert run.said == "The pull request was closed without a merge."
    assert linear["ENG-1"].state.name == before
    assert world.head(REPO, team.branch)
    assert play.room.news == []


async def test_what_is_missing_at_the_merge_is_said(world: GitHubWorld, play: Play) -> None:
    """Boxes, tests, reviews: each with whose it is; without a release it says so."""
    shop(world)
    team = Team(world)
    play.meanwhile += [
        lambda: team.bo.drafts(REPO, team.number, draft=False),
        lambda: team.bo.merges(REPO, team.number),
    ]
    run = await play("feature acme/shop #1 follow=3", yes("bo"))

    assert run.report
    assert run.report.title == "#1 is merged, and in no release yet"
    words = str(run.report.blocks)
    for part in ("1 of 1 criterion not ticked", "No test was touched", "Nobody reviewed it"):
        assert part in words


async def test_a_project_may_want_a_yes_for_each_move(world: GitHubWorld, play: Play) -> None:
    """Its policy says so; one no ends the run, and the issue stays."""
    await connected(world, play, policies={"feature": PolicySettings(auto_approve=[])})
    team = Team(world)
    play.meanwhile += [lambda: team.bo.drafts(REPO, team.number, draft=False)]
    asked = await play("feature acme/shop ENG-1", yes("bo"))
    assert asked.plan == ["Keep ENG-1 in step: In Review (1)"]
    run = await play.answer(asked.run_id, no("bo"))
    assert run.state == "stopped"


async def test_a_team_with_words_for_it_sees_them(world: GitHubWorld, play: Play) -> None:
    """Changes requested, ready to merge and released are states of its own, where it has them."""
    linear = await connected(world, play)
    states, team_of = linear.team("ENG").states, linear.team("ENG")
    for name, kind in (("Changes Requested", "started"), ("Released", "completed")):
        states.append(linear.make(State, name=name, type=kind, position=9.0, team=team_of))
    team = Team(world, linear)
    play.meanwhile += [
        team.shows, team.objects, team.approves, team.merges, team.releases,
    ]  # fmt: skip
    await play("feature acme/shop ENG-1", yes("bo"))
    assert team.seen == ["In Progress", "In Review", "Changes Requested", "In Review", "Done"]
    assert linear["ENG-1"].state.name == "Released"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("feature acme/shop #9", "no issue #9"),
        ("feature acme/shop #2", "open it again, then start it"),
        ("feature acme/nothing #1", "acme/nothing"),
    ],
)
async def test_what_cannot_be_started_is_said(
    world: GitHubWorld, play: Play, command: str, said: str
) -> None:
    """The text says what to do, and nothing is written."""
    shop(world)
    await Person(world, "cy").opens_issue(REPO, "Done long ago")
    await Person(world, "cy").closes(REPO, 2)
    world.writes.clear()
    run = await play(command)
    assert run.state == "stopped"
    assert said in run.line
    assert world.writes == []


async def test_a_zone_that_is_none_is_refused(play: Play) -> None:
    """With near misses, before anything starts."""
    said = await play.ask("feature acme/shop #1 zone=Europe/Berln")
    assert "Europe/Berlin" in str(said)


async def test_a_no_writes_nothing(world: GitHubWorld, play: Play) -> None:
    """A declined plan leaves GitHub untouched."""
    shop(world)
    run = await play("feature acme/shop #1", no("bo"))
    assert run.state == "stopped"
    assert world.writes == []


async def test_a_look_costs_one_call(world: GitHubWorld, play: Play) -> None:
    """A day of waiting is a few calls, whatever the size of the repository."""
    shop(world)
    run = await play("feature acme/shop #1 follow=1", Decision("bo", "approve"))
    looks = [step for step in run.steps if step.title.startswith("Wait for")]
    assert [step.calls for step in looks] == [1] * len(looks)
