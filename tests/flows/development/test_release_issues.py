"""Issues of a release: named in the plan, told when it is out, moved where they belong."""

from collections.abc import Sequence
from datetime import timedelta

from flows.engine.tools import ProjectSettings
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.records import Milestone
from integrations.emulators.github.story import Story
from integrations.emulators.linear import LinearWorld
from integrations.emulators.linear.records import State
from tests.flows.play import Play, yes

REPO = "acme/shop"
COMMAND = f"release {REPO}"


def shop(world: GitHubWorld, bodies: Sequence[str] = ("Fixes ENG-1.", "Part of ENG-2.")) -> None:
    """Build a shop with a release, and one pull request for each body merged after it."""
    world.repo(REPO, release="v1.2.0")
    story = Story.continued(world, REPO)
    for number, body in enumerate(bodies):
        merged = world.clock - timedelta(hours=9 - number)
        story.pull(
            f"feat: part {number + 1}",
            "bo",
            {f"part{number}.md": "1\n"},
            opened=merged - timedelta(hours=1),
            merged=merged,
            body=body,
        )
    story.checks(story.tip, world.clock)
    story.tell()


def team(released: str = "") -> LinearWorld:
    """Build a team with one issue that is done and one that is not."""
    linear = LinearWorld()
    found = linear.team("ENG")
    if released:
        state = linear.make(State, name=released, type="completed", position=9.0, team=found)
        found.states.append(state)
    linear.issue("ENG", "Save the cart", state="Done")
    linear.issue("ENG", "Pay by card", state="In Progress")
    return linear


async def connected(play: Play, linear: LinearWorld, **settings: str) -> None:
    """Let the shop have its issues in Linear."""
    play.linear = linear
    linear.clock = play.world.clock
    await play.project(ProjectSettings(REPO, linear_team="ENG", **settings))  # type: ignore[arg-type] # settings of a project
    await play.start()


def said(linear: LinearWorld) -> list[tuple[str, list[str]]]:
    """Return where the two issues are, and what was said below them."""
    return [
        (linear[key].state.name, [each.body for each in linear[key].comments])
        for key in ("ENG-1", "ENG-2")
    ]


async def test_issues_in_linear_hear_of_their_release(world: GitHubWorld, play: Play) -> None:
    """What is done moves to the state for what is out; what is not done is flagged, and stays."""
    shop(world)
    linear = team("Released")
    await connected(play, linear)
    run = await play(COMMAND, yes("bo"))

    assert run.state == "done"
    shown = run.questions[-1].question.show
    assert shown
    assert shown.tone == "warn"
    assert "1 linked issue not done, and in it all the same: " in str(shown.blocks[0])
    assert "ENG-2 Pay by card (In Progress)" in str(shown.blocks[0])
    assert run.plan[2:] == ["Tell 2 issues of v1.3.0", "Move ENG-1 to Released"]
    (one, told), (two, also) = said(linear)
    assert (one, two) == ("Released", "In Progress")
    assert told == also
    assert "This is in [v1.3.0](" in told[0]
    release = world.release(REPO, "v1.3.0")
    assert release
    assert f"[ENG-1]({linear['ENG-1'].url})" in release.body
    assert "ENG-2 Pay by card" in str(run.report)

    asked = await play(f"undo {run.run_id}")
    undone = await play.answer(asked.run_id, yes("bo"))
    assert undone.said == "4 of 4 changes are taken back."
    assert said(linear) == [("Done", []), ("In Progress", [])]


async def test_a_project_may_name_the_state(world: GitHubWorld, play: Play) -> None:
    """Then everything that is in the release goes there, and a state that is none is said."""
    shop(world)
    linear = team("Live")
    await connected(play, linear, released_state="live")
    await play(COMMAND, yes("bo"))
    assert [state for state, _ in said(linear)] == ["Live", "Live"]

    await connected(play, linear, released_state="Gone")
    world.merge(REPO, "fix: count (ENG-1)")
    dry = await play(f"{COMMAND} --dry-run")
    assert "Linear has no state Gone for what is done" in str(dry.report)


async def test_issues_on_github_hear_of_it_too(world: GitHubWorld, play: Play) -> None:
    """Only those that a pull request closes, not what it mentions; their milestone is closed."""
    shop(world, ("Fixes #5, see #6.", "Closes https://github.com/acme/shop/issues/4"))
    repo = world[REPO]
    repo.milestones[1] = Milestone(
        id=1,
        number=1,
        title="1.3.0",
        creator="ada",
        created_at=world.clock,
        updated_at=world.clock,
    )
    story = Story.continued(world, REPO)
    for title in ("Save the cart", "Pay by card", "Dream"):
        at = world.clock - timedelta(hours=1)
        story.issue(title, "cy", at, closed=None if title == "Pay by card" else at)
    story.tell()
    closed, pending, other = sorted(repo.issues)
    bodies = [f"Fixes #{closed}, see #{other}.", f"Closes #{pending}"]
    for pull, body in zip(repo.pulls.values(), bodies, strict=True):
        pull.body = body
    run = await play(COMMAND, yes("bo"))

    assert run.state == "done"
    assert run.plan[2:] == ["Tell 2 issues of v1.3.0", "Close the milestone 1.3.0"]
    assert [len(repo.issues[each].comments) for each in (closed, pending, other)] == [1, 1, 0]
    assert (repo.milestones[1].state, repo.issues[pending].state) == ("closed", "open")
    assert "not done" in str(run.report)


async def test_an_issue_that_takes_no_comment_stops_nothing(world: GitHubWorld, play: Play) -> None:
    """The release is out, the others hear of it, and the report names the one that does not."""
    shop(world)
    linear = team()
    await connected(play, linear)
    linear.fail(status=200, match="commentCreate", code="FORBIDDEN", message="The issue is locked")
    run = await play(COMMAND, yes("bo"))

    assert run.state == "done"
    assert run.report
    assert run.report.title == f"{REPO} v1.3.0 is out"
    assert "These issues need a hand" in str(run.report.blocks)
    assert [len(words) for _, words in said(linear)] == [0, 1]


async def test_what_linear_says_may_stand_against_it(world: GitHubWorld, play: Play) -> None:
    """What is left in the milestone that is named after the version; not what another has."""
    shop(world)
    linear = team()
    await connected(play, linear)
    project = linear.project("Checkout", "ENG")
    milestone = linear.milestone(project, "1.3.0")
    linear.issue("ENG", "Write the guide", project=project, project_milestone=milestone)
    linear.issue("ENG", "Orders get lost", labels=["blocker"])
    run = await play(COMMAND)

    assert run.state == "stopped"
    assert "Orders get lost" not in run.said
    assert "Milestone 1.3.0 has 1 open issue: ENG-3 Write the guide." in run.said


async def test_pre_releases_tell_no_issue(world: GitHubWorld, play: Play) -> None:
    """They hear of the final one alone, which has everything since the last final one."""
    shop(world)
    linear = team()
    await connected(play, linear)
    first = await play(f"{COMMAND} --pre rc", yes("bo"))
    assert (len(first.plan), said(linear)[0][1]) == (2, [])
    assert world[REPO].latest_release() is world.release(REPO, "v1.2.0")

    run = await play(COMMAND, yes("bo"))
    assert run.plan[0].startswith("Tag v1.3.0 at")
    assert len(said(linear)[0][1]) == 1


async def test_processes_that_are_lost_again_and_again_tell_nobody_twice(
    world: GitHubWorld, play: Play
) -> None:
    """Where each process lives for a few writes only, all is said and moved once."""
    shop(world)
    linear = team("Released")
    await connected(play, linear)
    play.database.lose(2, committed=True, again=True)
    run = await play(COMMAND, yes("bo"))

    assert (run.state, list(world.tags(REPO))) == ("done", ["v1.2.0", "v1.3.0"])
    assert play.losses > len(run.plan)
    assert [(state, len(words)) for state, words in said(linear)] == [
        ("Released", 1),
        ("In Progress", 1),
    ]
