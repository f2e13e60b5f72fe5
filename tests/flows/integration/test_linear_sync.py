"""Sync with Linear: twins, edits both ways, conflicts, comments, and that nothing echoes."""

import pytest
from msgspec.structs import replace

from bot.dispatch import Say
from flows.analysis.synced import LINEARS, NEITHER
from flows.engine.access import Role
from flows.engine.policy import PolicySettings
from flows.engine.tools import ProjectSettings
from integrations.emulators.github import GitHubWorld
from integrations.emulators.linear import LinearWorld
from tests.flows.integration.sync import REPO, TEAM, desk, known, opened, project, repository, team
from tests.flows.integration.sync import said as commented
from tests.flows.play import Decision, Play, no, yes
from tests.flows.scenario import Scenario
from tests.flows.told import report, said


def quiet(world: GitHubWorld) -> None:
    """Build a repository without an issue."""
    repository(world)


def talked(linear: LinearWorld) -> None:
    """Build a team with one issue that somebody asks about."""
    team(linear)
    words = "It is slow.\n\nAsk @bo."
    linear.issue(TEAM, "Make the cart fast", labels=["bug"], description=words, priority=2)
    linear.comment("ENG-1", "How slow is it, @dee?", by="bo")


scenario = Scenario("linear acme/api", quiet, yes("bo"), project(), talked)


async def test_each_issue_gets_one_twin_that_says_the_same(world: GitHubWorld, play: Play) -> None:
    """With labels, priority, people and comments, nobody is pinged, and then nothing moves."""
    repository(world)
    issue = opened(
        world,
        "Cart is empty",
        body="Always, @team/one. `@ok`",
        labels=["bug", "odd", "priority: urgent"],
        assignees=["cy"],
    )
    commented(world, issue, "Me too")
    on = await desk(play, states={"open": "todo"})
    await known(on, "cy")
    on.linear.issue(TEAM, "Slow", labels=["ui"], assignee=on.linear.user("cy"), priority=2)
    on.remark(on.linear["ENG-1"], "How, @dee?")
    run = await on.sync("")
    twin, other = on.twin(issue), world[REPO].issues[2]

    assert run.said == "2 twins made, 2 comments carried; all pairs are in step."
    assert (twin.title, twin.priority, twin.assignee) == ("Cart is empty", 1, on.linear.user("cy"))
    assert ([each.name for each in twin.labels], twin.state.name) == (["bug"], "Todo")
    assert twin.description == "Always, @\u200bteam/one. `@ok`"
    assert [each.body.partition("\n\n")[2] for each in twin.comments] == ["Me too"]
    assert (other.title, other.labels) == ("Slow", ["ui", "priority: high"])
    assert other.assignees == ["cy"]
    assert "How, @\u200bdee?" in other.comments[0].body
    assert "**Bo** [in Linear](" in other.comments[0].body

    writes = on.writes
    again = await on.sync()
    assert (again.said, on.writes) == ("Nothing had changed; all pairs are in step.", writes)
    assert report(again).quiet


async def test_edits_go_to_the_other_side(world: GitHubWorld, play: Play) -> None:
    """Each field by itself: what one side changed and the other did not is no conflict."""
    repository(world)
    issue = opened(world, "Cart", labels=["bug"])
    first = commented(world, issue, "One")
    on = await desk(play)
    await on.sync()
    twin = on.twin(issue)
    heard = on.remark(twin, "Two")
    await on.sync("")

    on.edit(issue, title="Cart is empty", labels=["bug", "priority: high"])
    first.body = "One, edited"
    on.change(twin, description="From Linear", labels=[on.linear.label("ui", team=TEAM)])
    on.change(twin, state=next(each for each in twin.team.states if each.name == "Canceled"))
    twin.comments.remove(heard)
    run = await on.sync()

    assert (twin.title, twin.priority) == ("Cart is empty", 2)
    assert issue.body.strip() == "From Linear"
    assert (issue.state, issue.reason) == ("closed", "not_planned")
    assert issue.labels == ["priority: high", "ui"]
    assert [each.name for each in twin.labels] == ["ui"]
    assert [each.body.partition("\n\n")[2] for each in twin.comments] == ["One, edited"]
    assert [each.body for each in issue.comments] == ["One, edited"]
    (told,) = said(run, "Brought up to date")
    assert told.endswith(
        ": title of ENG-1, priority of ENG-1, text of #1, state of #1, labels, 2 comments"
    )


@pytest.mark.parametrize(("wins", "title"), [("newest", "B"), ("github", "A"), ("linear", "B")])
async def test_a_conflict_is_settled_as_the_project_says(
    world: GitHubWorld, play: Play, wins: str, title: str
) -> None:
    """The report says what both sides said, and whose counts."""
    repository(world)
    issue = opened(world, "Cart")
    on = await desk(play, wins=wins)
    await on.sync()
    twin = on.twin(issue)
    on.edit(issue, title="A")
    on.change(twin, title="B")
    run = await on.sync("")

    assert (issue.title, twin.title) == (title, title)
    side = "GitHub" if title == "A" else "Linear"
    assert said(run, "Conflicts") == [f"#1, title: GitHub “A”, Linear “B”; {side}’s counts."]


async def test_people_are_asked_once_where_the_project_wants_that(
    world: GitHubWorld, play: Play
) -> None:
    """Nobody is asked again about the same; what is left stays until somebody edits it."""
    repository(world)
    issue = opened(world, "Cart")
    on = await desk(play, wins="ask")
    await on.sync()
    twin = on.twin(issue)
    on.edit(issue, title="A")
    on.change(twin, title="B")
    asked = await on.sync("")
    assert asked.questions[-1].question.text == (
        "#1 and ENG-1 differ in their title. Which counts?"
    )
    other = await on.sync("")
    assert (other.state, other.said) == (
        "done",
        "Nothing had changed; 1 conflict waits for an answer.",
    )
    run = await play.answer(asked.run_id, Decision("ada", LINEARS))

    assert run.said == "1 issue brought up to date; 1 conflict settled."
    assert (issue.title, twin.title) == ("B", "B")

    on.edit(issue, title="A")
    on.change(twin, title="C")
    later = await on.sync("")
    await play.answer(later.run_id, Decision("ada", NEITHER))
    assert (issue.title, twin.title) == ("A", "C")
    assert report(await on.sync()).quiet
    on.edit(issue, title="D")
    await on.sync("")
    assert twin.title == "D"


async def test_what_somebody_changes_meanwhile_is_not_written_over(
    world: GitHubWorld, play: Play
) -> None:
    """A plan that waited finds the field changed: it leaves it, and the next look tells."""
    repository(world)
    issue = opened(world, "Cart", body="Words")
    on = await desk(play)
    await on.sync()
    twin = on.twin(issue)
    careful = replace(project(wins="github"), policies={"linear": PolicySettings(auto_approve=[])})
    await play.project(careful)
    on.edit(issue, title="A", body="More")
    on.change(twin, priority=1)
    waiting = await play(f"linear {REPO}")
    on.change(twin, title="Mine")
    on.edit(issue, assignees=["dee"])
    await play.answer(waiting.run_id, yes("bo"))
    assert (twin.title, twin.description) == ("Mine", "More")
    run = await on.sync()

    assert said(run, "Conflicts") == ["#1, title: GitHub “A”, Linear “Mine”; GitHub’s counts."]
    assert "nobody is known who is its assignee on both sides" in said(run, "Not synced")[0]
    assert (issue.title, twin.title) == ("A", "A")
    back = await play(f"linear {REPO} 1")
    on.edit(issue, title="B")
    waiting = await play(f"linear {REPO} 1")
    on.edit(issue, state="closed", reason="completed", title="C")
    await play.answer(waiting.run_id, yes("bo"))
    assert (back.said, twin.title, twin.state.name) == (
        "Nothing had changed; all pairs are in step.",
        "B",
        "Backlog",
    )


async def test_one_event_looks_at_one_pair(world: GitHubWorld, play: Play) -> None:
    """In a few calls, without a yes, and only after somebody has let the sync begin."""
    repository(world)
    issue = opened(world, "Cart")
    on = await desk(play)
    early = await play(f"linear {REPO} 1")
    assert (early.said, on.writes) == (
        "The issues of acme/api are not synced yet: see the plan first.",
        0,
    )
    await on.sync()
    new = opened(world, "Later")
    made = await play(f"linear {REPO} 2")
    on.edit(issue, title="Now")
    calls = on.calls
    told = await play(f"linear {REPO} ENG-1")

    assert (made.said, told.said) == (
        "1 twin made; all pairs are in step.",
        "1 issue brought up to date; all pairs are in step.",
    )
    assert (on.twin(issue).title, on.twin(new).title) == ("Now", "Later")
    assert on.calls - calls <= 12
    idle = await play(f"linear {REPO} #2")
    assert report(idle).quiet
    assert idle.questions == ()


async def test_memory_can_be_lost(world: GitHubWorld, play: Play) -> None:
    """Pairs are found by mark, id and link; what differs then is a conflict, nothing is doubled."""
    repository(world)
    issue = opened(world, "Cart")
    commented(world, issue, "One")
    on = await desk(play)
    on.linear.issue(TEAM, "Slow")
    on.remark(on.linear["ENG-1"], "Two")
    await on.sync()
    other = world[REPO].issues[2]
    for number in (1, 2):
        await play.tools.pairs.delete(REPO, number)  # type: ignore[union-attr] # it is there
    on.linear["ENG-1"].attachments.clear()
    on.edit(other, title="Slow cart")
    run = await on.sync()

    assert on.linear["ENG-1"].title == "Slow cart"
    assert len(world[REPO].issues) == len(on.linear.issues) == 2
    counts = [len(each.comments) for each in (issue, other)]
    assert counts + [len(each.comments) for each in on.linear.issues] == [1] * 4
    assert said(run, "Conflicts") == [
        "#2, title: GitHub “Slow cart”, Linear “Slow”; GitHub’s counts."
    ]


async def test_what_was_done_is_taken_back(world: GitHubWorld, play: Play) -> None:
    """Edits and twins; what somebody changed since stays as it is."""
    repository(world)
    issue = opened(world, "Cart")
    on = await desk(play)
    await on.sync()
    twin = on.twin(issue)
    on.edit(issue, title="A", body="B")
    run = await on.sync()
    on.change(twin, title="Mine")
    asked = await play(f"undo {run.run_id}")
    await play.answer(asked.run_id, yes("bo"))

    assert (twin.title, twin.description) == ("Mine", "")


async def test_nobody_is_surprised(world: GitHubWorld, play: Play) -> None:
    """No role, a no and a dry run change nothing; without a team it says what to set."""
    repository(world)
    opened(world, "Cart")
    on = await desk(play)
    dry = await play(f"linear {REPO} --dry-run")
    refused = await play(f"linear {REPO}", no("bo"))
    assert (dry.state, refused.state, on.writes) == ("done", "stopped", 0)
    await play.project(replace(project(), roles={"slack:zed": Role.VIEWER}))
    assert isinstance(await play.ask(f"linear {REPO}", by="zed"), Say)
    await play.project(ProjectSettings(REPO))
    lost = await play(f"linear {REPO}")
    assert "linear_team=ENG" in lost.line


async def test_another_way_to_write_markdown_is_no_edit(world: GitHubWorld, play: Play) -> None:
    """Linear writes lists in its own way: that comes back as little as it goes out again."""
    repository(world)
    issue = opened(world, "Cart", body="* one")
    first = commented(world, issue, "* me")
    on = await desk(play)
    on.linear.rewrites["* "] = "- "
    await on.sync()
    twin, writes = on.twin(issue), on.writes
    assert (twin.description, issue.body) == ("- one", "* one")
    assert report(await on.sync()).quiet
    on.edit(issue, body="* two")
    first.body = "* you"
    await on.sync()
    assert (twin.description, twin.comments[0].body[-5:]) == ("- two", "- you")
    assert on.writes == writes + 2
    assert report(await on.sync()).quiet
    on.change(twin, description="- three")
    await on.sync()
    assert issue.body == "- three"
