"""Releases: the number, what stands against one, the plan, and who may say yes."""

import json
import re
from datetime import timedelta

import pytest

from bot.dispatch import Say
from flows.engine.tools import ProjectSettings
from flows.report import Attachment
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.records import Milestone
from integrations.emulators.github.story import Story
from tests.flows.play import Play, no, yes
from tests.flows.scenario import Scenario

HOSTILE = (
    "<!channel> @everyone <@U1> `x` [free](https://evil.example) ![](https://evil.example/x.png)"
)
PINGS = re.compile(r'"type": "(broadcast|user|usergroup|channel|image)"')
PYPROJECT = '[project]\nname = "api"\nversion = "1.2.0"\n'


def versioned(world: GitHubWorld) -> None:
    """Build a repository whose version stands in a file."""
    story = Story(world, "acme/api", created_at=world.clock - timedelta(days=9))
    first = story.commit("ada", story.created_at, "Begin", {"pyproject.toml": PYPROJECT})
    story.checks(first, story.created_at)
    story.release("v1.2.0", story.created_at + timedelta(hours=1), by="ada")
    story.tell()
    world.merge("acme/api", "feat: retry failed calls", "fix: typo")


scenario = Scenario(
    "release acme/api",
    world=versioned,
    answer=yes("bo"),
    project=ProjectSettings("acme/api", version_file="pyproject.toml"),
)


async def test_a_yes_tags_and_publishes(world: GitHubWorld, play: Play) -> None:
    """The tag is at the commit that was shown, and the release has the notes."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    run = await play("release acme/api", yes("bo"))

    assert run.state == "done"
    assert world.tags("acme/api")["v1.3.0"] == world.head("acme/api")
    release = world.release("acme/api", "v1.3.0")
    assert release
    assert "add retries" in release.body.lower()


@pytest.mark.parametrize(
    ("title", "tag"),
    [
        ("fix: count again", "v1.2.1"),
        ("feat: add retries", "v1.3.0"),
        ("feat!: drop the old API", "v2.0.0"),
        ("Tidy up", "v1.2.1"),
    ],
)
async def test_titles_choose_the_number(
    world: GitHubWorld, play: Play, title: str, tag: str
) -> None:
    """Without a level the conventional titles decide which part is raised."""
    world.repo("acme/api", release="v1.2.0", merged=[title])
    run = await play("release acme/api --dry-run")

    assert run.report
    assert run.report.title == f"acme/api {tag}"


@pytest.mark.parametrize(
    ("label", "tag"),
    [("breaking-change", "v2.0.0"), ("enhancement", "v1.3.0"), ("bug", "v1.2.1")],
)
async def test_labels_choose_the_number(
    world: GitHubWorld, play: Play, label: str, tag: str
) -> None:
    """A label says as much as a title."""
    world.repo("acme/api", release="v1.2.0")
    world.merge("acme/api", "Change how it works", labels=[label])
    run = await play("release acme/api --dry-run")

    assert run.report
    assert run.report.title == f"acme/api {tag}"


@pytest.mark.parametrize(
    ("level", "tag"), [("patch", "v1.2.1"), ("minor", "v1.3.0"), ("major", "v2.0.0")]
)
async def test_a_level_overrules_the_titles(
    world: GitHubWorld, play: Play, level: str, tag: str
) -> None:
    """What somebody typed counts more than what titles say."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    run = await play(f"release acme/api level={level}", yes("bo"))

    assert list(world.tags("acme/api")) == sorted(["v1.2.0", tag])
    assert run.state == "done"


async def test_pre_releases_count_up_to_the_final_one(world: GitHubWorld, play: Play) -> None:
    """rc.1, rc.2, final: each starts where the last left off, and the notes cover all of it."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    first = await play("release acme/api pre=rc", yes("bo"))
    world.merge("acme/api", "fix: retry once more")
    second = await play("release acme/api pre=rc", yes("bo"))
    final = await play("release acme/api", yes("bo"))

    assert [run.report and run.report.title for run in (first, second, final)] == [
        "acme/api v1.3.0-rc.1 is out",
        "acme/api v1.3.0-rc.2 is out",
        "acme/api v1.3.0 is out",
    ]
    rc, out = world.release("acme/api", "v1.3.0-rc.2"), world.release("acme/api", "v1.3.0")
    assert rc
    assert out
    assert (rc.prerelease, out.prerelease) == (True, False)
    assert "add retries" not in rc.body
    assert "add retries" in out.body
    assert "retry once more" in out.body


async def test_commits_without_pull_requests_are_listed(world: GitHubWorld, play: Play) -> None:
    """A team that commits directly sees what goes out all the same."""
    world.repo("acme/api", release="v1.2.0")
    story = Story.continued(world, "acme/api")
    story.commit("cy", world.clock, "Count again", {"count.py": "1\n"})
    story.tell()
    run = await play("release acme/api", yes("bo"))

    assert "Count again" in str(run.questions[-1].question.show)
    release = world.release("acme/api", "v1.2.1")
    assert release
    assert "- Count again ([" in release.body


async def test_the_first_release_is_0_1_0(world: GitHubWorld, play: Play) -> None:
    """A repository without tags begins low."""
    world.repo("acme/api", merged=["feat: add retries"])
    run = await play("release acme/api", yes("bo"))

    assert run.state == "done"
    assert list(world.tags("acme/api")) == ["v0.1.0"]


async def test_tags_that_are_no_versions_are_passed_over(world: GitHubWorld, play: Play) -> None:
    """A tag such as nightly-7 is no release to go on from."""
    world.repo("acme/api", release="nightly-build", merged=["feat: add retries"])
    run = await play("release acme/api", yes("bo"))

    assert run.state == "done"
    assert sorted(world.tags("acme/api")) == ["nightly-build", "v0.1.0"]


async def test_nothing_merged_is_nothing_to_release(world: GitHubWorld, play: Play) -> None:
    """Releasing the same commit twice helps nobody."""
    world.repo("acme/api", release="v1.2.0")
    run = await play("release acme/api")

    assert (run.state, run.said) == ("stopped", "Nothing was merged into acme/api since v1.2.0.")
    assert world.writes == []


async def test_a_repository_that_is_not_there_is_one_sentence(
    world: GitHubWorld, play: Play
) -> None:
    """The person in the thread learns what to look at."""
    run = await play("release acme/nope")

    assert run.state == "stopped"
    assert run.said == "GitHub has no repository acme/nope, or this bot may not see it."


@pytest.mark.parametrize(
    ("conclusion", "said"),
    [("failure", "1 check failed: test."), (None, "1 check not finished: test.")],
)
async def test_checks_stand_against_a_release(
    world: GitHubWorld, play: Play, conclusion: str | None, said: str
) -> None:
    """Failed and unfinished checks are named, and nobody is asked."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    world.check("acme/api", conclusion)
    run = await play("release acme/api")

    assert run.state == "stopped"
    assert said in run.said
    assert "force=yes" in run.said
    assert run.questions == ()


async def test_force_overrules_what_stands_against_it(world: GitHubWorld, play: Play) -> None:
    """The plan still names it, so that whoever says yes knows."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    world.check("acme/api", "failure")
    run = await play("release acme/api force=yes", yes("bo"))

    assert run.state == "done"
    shown = run.questions[-1].question.show
    assert shown
    assert shown.tone == "warn"
    assert "1 check failed" in str(shown.blocks)


async def test_an_open_blocker_stands_against_a_release(world: GitHubWorld, play: Play) -> None:
    """The issue is named by number and title."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    story = Story.continued(world, "acme/api")
    story.issue("Orders get lost", "cy", world.clock, labels=["blocker"])
    story.tell()
    run = await play("release acme/api")

    assert run.state == "stopped"
    assert "1 open blocker: #2 Orders get lost." in run.said


async def test_a_milestone_with_open_issues_stands_against_its_release(
    world: GitHubWorld, play: Play
) -> None:
    """Only the milestone that is named after this version counts."""
    repo = world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    for number, title in ((1, "1.3.0"), (2, "Someday")):
        repo.milestones[number] = Milestone(
            id=number,
            number=number,
            title=title,
            creator="ada",
            created_at=world.clock,
            updated_at=world.clock,
        )
    story = Story.continued(world, "acme/api")
    story.issue("Write the guide", "cy", world.clock, milestone=1)
    story.issue("Dream", "cy", world.clock, milestone=2)
    story.tell()
    run = await play("release acme/api")

    assert run.state == "stopped"
    assert "Milestone 1.3.0 has 1 open issue: #2 Write the guide." in run.said
    assert "Someday" not in run.said


async def test_the_version_file_is_raised_by_a_pull_request(world: GitHubWorld, play: Play) -> None:
    """Where the project names a file, a branch, a commit and a pull request are in the plan."""
    versioned(world)
    await scenario.prepared(play)
    run = await scenario.played(play)

    assert run.state == "done"
    (pull,) = [each for each in world["acme/api"].pulls.values() if each.state == "open"]
    assert (pull.title, pull.head_ref) == ("chore: version v1.3.0", "flowbot/v1.3.0")
    assert len(run.plan) == 5
    found = world.git(world["acme/api"]).call("show", "flowbot/v1.3.0:pyproject.toml")
    assert found.decode() == PYPROJECT.replace("1.2.0", "1.3.0")


async def test_a_failing_publish_takes_the_tag_back(world: GitHubWorld, play: Play) -> None:
    """A tag without its release would be half a release."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    world.fail(status=422, method="POST", match="/releases", message="Validation Failed")
    run = await play("release acme/api", yes("bo"))

    assert run.state == "stopped"
    assert "Publish the notes of v1.3.0" in run.said
    assert "taken back" in run.said
    assert list(world.tags("acme/api")) == ["v1.2.0"]


async def test_a_tag_that_cannot_be_taken_back_is_said(world: GitHubWorld, play: Play) -> None:
    """What stays is named, because somebody has to see to it."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    world.fail(status=422, method="POST", match="/releases", message="Validation Failed")
    world.fail(status=422, method="DELETE", match="/git/refs/tags", message="Tag is protected")
    run = await play("release acme/api", yes("bo"))

    assert run.state == "stopped"
    assert "These changes stay and need a hand: Tag v1.3.0" in run.said
    assert "v1.3.0" in world.tags("acme/api")


async def test_a_short_outage_is_waited_for(world: GitHubWorld, play: Play) -> None:
    """GitHub being away for a moment is no reason to give up or to do anything twice."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    world.fail(status=502, times=3, match="/git/refs")
    run = await play("release acme/api", yes("bo"))

    assert run.state == "done"
    assert [write.path for write in world.writes].count("/repos/acme/api/git/refs") == 1


async def test_a_no_writes_nothing(world: GitHubWorld, play: Play) -> None:
    """A declined release leaves GitHub untouched."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    run = await play("release acme/api", no("bo"))

    assert (run.state, run.said) == ("stopped", "bo declined the plan; nothing was changed.")
    assert world.writes == []


async def test_nobody_approves_what_they_asked_for(world: GitHubWorld, play: Play) -> None:
    """Two people see every release, and the plan keeps waiting for the second."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    run = await play("release acme/api", yes("ada"))

    assert run.state == "waiting"
    assert run.refusals == ("You asked for this plan, so somebody else has to approve it.",)
    assert world.writes == []


async def test_asking_needs_a_role(world: GitHubWorld, play: Play) -> None:
    """Who may not release is told at once, and no run is made."""
    reply = await play.ask("release acme/api", by="cy")

    assert isinstance(reply, Say)
    assert "needs the role maintainer" in reply.report.summary


async def test_the_plan_has_the_notes_and_says_what_is_doubtful(
    world: GitHubWorld, play: Play
) -> None:
    """Who approves reads what is published, and how to overrule a guess."""
    world.repo("acme/api", release="v1.2.0", merged=["Tidy up"])
    run = await play("release acme/api")
    shown = run.questions[-1].question.show

    assert shown
    assert "start again with " in str(shown.blocks[0])
    (page,) = [each for each in shown.blocks if isinstance(each, Attachment)]
    assert page.name == "v1.2.1.md"
    assert b"- Tidy up ([#1](" in page.content


async def test_a_moved_head_is_shown_and_does_not_move_the_plan(
    world: GitHubWorld, play: Play
) -> None:
    """Who approves is told what was merged meanwhile; the tag stays at the commit of the plan."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    approved = world.head("acme/api")
    waiting = await play("release acme/api")
    world.merge("acme/api", "feat: something else")
    asked = await play.answer(waiting.run_id, yes("bo"))

    assert (asked.state, world.writes) == ("waiting", [])
    moved = f"sha was {approved[:7]}, is {world.head('acme/api')[:7]} now"
    assert moved in str(asked.questions[-1].question.show)
    run = await play.answer(waiting.run_id, yes("bo"))
    assert run.state == "done"
    assert world.tags("acme/api")["v1.3.0"] == approved != world.head("acme/api")


async def test_a_dry_run_stops_at_the_plan(world: GitHubWorld, play: Play) -> None:
    """It shows what would happen and asks nobody."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    run = await play("release acme/api --dry-run")

    assert run.state == "done"
    assert run.questions == ()
    assert "Publish the notes of v1.3.0" in str(run.report)
    assert world.writes == []


async def test_hostile_titles_ping_nobody(world: GitHubWorld, play: Play) -> None:
    """What strangers write in titles stays text, in Slack and in the notes on GitHub."""
    world.repo("acme/api", release="v1.2.0", merged=[f"feat: {HOSTILE}"])
    run = await play("release acme/api", yes("bo"))

    assert run.state == "done"
    for _, message in play.room.sent:
        shown = json.dumps(message.blocks)
        assert not PINGS.search(shown)
        assert '"url": "https://evil' not in shown
        assert "<" not in message.text
    release = world.release("acme/api", "v1.3.0")
    assert release
    assert "@everyone" not in release.body
    assert "](https://evil.example" not in release.body
