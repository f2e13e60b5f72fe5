"""Hotfixes: from the deployed release to the next patch, its deployment, and back."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from flows.engine.policy import PolicySettings
from flows.engine.tools import EnvironmentSettings, ProjectSettings
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.rollouts import deployer
from integrations.emulators.github.story import Story
from tests.flows.play import Play, Played, no, yes
from tests.flows.scenario import Scenario

REPO = "acme/shop"
COMMAND = f"hotfix {REPO} #3"
STAGES = [EnvironmentSettings("staging"), EnvironmentSettings("production")]
FREE = ProjectSettings(REPO, environments=STAGES, policies={"deploy": PolicySettings(approvals=0)})


def shop(world: GitHubWorld) -> None:
    """Build a shop with v1.4.2 on production, a feature after it, and then the fix."""
    start = world.clock - timedelta(days=9)
    story = Story(world, REPO, created_at=start)
    story.checks(story.commit("ada", start, "Begin", {"README.md": "# Shop\n"}), start)
    story.release("v1.4.2", start + timedelta(hours=1), by="ada")
    story.deploy("production", start + timedelta(hours=2), by="ada")
    story.deploy("staging", start + timedelta(hours=2), by="ada")
    story.issue("Checkout is down", "cy", world.clock - timedelta(hours=1))
    for number, (title, files) in enumerate(
        (("feat: pay by card", {"card.md": "1\n"}), ("fix: keep orders", {"orders.md": "1\n"}))
    ):
        merged = world.clock - timedelta(hours=5 - number)
        story.pull(title, "bo", files, opened=merged - timedelta(hours=20), merged=merged)
    story.tell()
    for place in ("staging", "production"):
        deployer(world, REPO, place, "success")


# Nobody reports on the branch here, so it waits: what comes of that is the same on every run.
scenario = Scenario(COMMAND, world=shop, answer=yes("bo"), project=FREE)


@pytest.fixture
def shopped(world: GitHubWorld) -> GitHubWorld:
    """Return the world of the shop."""
    shop(world)
    return world


def checked(world: GitHubWorld, conclusion: str) -> Callable[[], None]:
    """Return what lets CI report on the hotfix."""
    return lambda: world.check(REPO, conclusion, sha=world.head(REPO, "hotfix/v1.4.3"))


async def fixed(play: Play, command: str = COMMAND, conclusion: str = "success") -> Played:
    """Play a hotfix whose checks end while it waits."""
    await play.project(FREE)
    play.meanwhile.append(checked(play.world, conclusion))
    return await play(command, yes("bo"))


async def test_a_fix_goes_out_alone(shopped: GitHubWorld, play: Play) -> None:
    """Picked onto the deployed release, checked, tagged, published and deployed: no feature."""
    run = await fixed(play)

    assert run.state == "done"
    assert run.report
    assert run.report.title == "Hotfix v1.4.3 is on production"
    assert (run.report.tone, run.report.data["state"]) == ("good", "live")
    tagged = shopped.tags(REPO)["v1.4.3"]
    newest = list(shopped[REPO].deployments.values())[-1]
    assert (newest.environment, newest.sha) == ("production", tagged)
    files = shopped.git(shopped[REPO]).call("ls-tree", "--name-only", tagged).decode().split()
    assert files == ["README.md", "orders.md"]
    release = shopped.release(REPO, "v1.4.3")
    assert release
    assert "#3" in release.body
    assert len(run.questions) == 1
    assert play.room.news == ["✅ v1.4.3 is released — Next: its deployment to production."]


async def test_what_is_in_the_branch_already_needs_no_way_back(
    shopped: GitHubWorld, play: Play
) -> None:
    """The plan has no pull request then, and the report says why."""
    run = await fixed(play)

    assert [each.state for each in shopped[REPO].pulls.values()] == ["closed", "closed"]
    assert "in the branch already" in str(run.report)


async def test_what_is_not_in_the_branch_is_merged_back(shopped: GitHubWorld, play: Play) -> None:
    """A fix that is in the release alone would be lost with the next one."""
    first = shopped.tags(REPO)["v1.4.2"]
    shopped.git(shopped[REPO]).call("update-ref", "refs/heads/quick", first)
    pick = await shopped.person("dee").pushes(REPO, {"q.md": "1\n"}, branch="quick")
    run = await fixed(play, f"hotfix {REPO} {pick}")

    (pull,) = [each for each in shopped[REPO].pulls.values() if each.state == "open"]
    assert (pull.title, pull.head_ref, pull.base_ref) == (
        "Merge hotfix v1.4.3 back",
        "hotfix/v1.4.3",
        "main",
    )
    assert "Still to merge: " in str(run.report.blocks[0] if run.report else "")


async def test_the_incident_hears_of_it_and_the_time_counts_from_there(
    shopped: GitHubWorld, play: Play
) -> None:
    """An hour before the command, and some minutes after it."""
    run = await fixed(play, f"{COMMAND} incident=#1")

    (said,) = shopped[REPO].issues[1].comments
    assert "Hotfix of v1.4.2 with" in said.body
    assert run.report
    assert 60 < run.report.data["minutes"] < 100
    assert "since the incident" in str(run.report.blocks)


async def test_a_conflict_is_shown_with_its_files_and_leaves_nothing(
    shopped: GitHubWorld, play: Play
) -> None:
    """The plan warns of it, and GitHub decides."""
    story = Story.continued(shopped, REPO)
    for text in ("2\n", "3\n"):
        at = shopped.clock - timedelta(minutes=30)
        story.pull("fix: orders", "bo", {"orders.md": text}, opened=at, merged=at)
    story.tell()
    run = await play(f"hotfix {REPO} #5", yes("bo"))

    shown = run.questions[0].question.show
    assert shown
    assert shown.tone == "warn"
    assert "orders.md" in str(shown.blocks[0])
    assert run.state == "stopped"
    assert "conflicts in orders.md" in run.said
    assert "by bo" in run.said
    assert "hotfix/v1.4.3" not in str(shopped.git(shopped[REPO]).refs("refs/heads/"))


async def test_red_checks_release_nothing(shopped: GitHubWorld, play: Play) -> None:
    """The failing ones are named, and the branch stays for who repairs it."""
    run = await fixed(play, conclusion="failure")

    assert run.report
    assert run.report.title == "v1.4.3 is not good yet"
    assert "test" in str(run.report.blocks[0])
    assert "v1.4.3" not in shopped.tags(REPO)
    assert shopped.head(REPO, "hotfix/v1.4.3")


async def test_a_hotfix_that_was_prepared_is_taken_up(shopped: GitHubWorld, play: Play) -> None:
    """With one more commit behind the others."""
    await fixed(play, conclusion="failure")
    shopped.merge(REPO, "fix: and this")
    run = await fixed(play, f"hotfix {REPO} #3,#4")

    assert run.report
    assert run.report.title == "Hotfix v1.4.3 is on production"
    assert run.report.data["commits"] == 2


async def test_without_checks_nothing_is_released_unless_somebody_means_it(
    shopped: GitHubWorld, play: Play
) -> None:
    """What nobody knows is no yes; what is prepared is taken up."""
    await scenario.prepared(play)
    left = await scenario.played(play)
    assert left.report
    assert left.report.title == "v1.4.3 waits on hotfix/v1.4.3"
    assert "v1.4.3" not in shopped.tags(REPO)

    forced = await play(f"{COMMAND} force=yes", yes("bo"))
    assert forced.report
    assert forced.report.data["state"] == "live"


async def test_a_deployment_that_fails_is_the_verdict(shopped: GitHubWorld, play: Play) -> None:
    """The release is there, and production has what it had."""
    deployer(shopped, REPO, "production", "failure", "success")
    run = await fixed(play)

    assert run.report
    assert run.report.title == "Hotfix v1.4.3 is out, and not on production"
    assert (run.report.tone, run.report.data["state"]) == ("bad", "rolled back")


async def test_no_changes_nothing(shopped: GitHubWorld, play: Play) -> None:
    """A declined hotfix leaves GitHub untouched; so does a dry run."""
    run = await play(COMMAND, no("bo"))
    assert run.state == "stopped"
    run = await play(f"{COMMAND} --dry-run")
    assert run.state == "done"
    assert "Publish the notes of v1.4.3" in str(run.report)
    assert shopped.writes == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (f"hotfix {REPO} #9", "has no pull request #9"),
        (f"hotfix {REPO} nope", "has no branch, tag or commit nope"),
        (f"{COMMAND} base=v9", "There is no tag v9."),
        (f"{COMMAND} environment=moon", "There is no environment moon"),
        (f"{COMMAND} environment=canary", "GitHub knows of nothing on canary"),
    ],
)
async def test_bad_input_is_one_sentence(
    shopped: GitHubWorld, play: Play, command: str, said: str
) -> None:
    """It says what to do, and nothing is written."""
    deployer(shopped, REPO, "canary", "success")
    run = await play(command)

    assert run.state == "stopped"
    assert said in run.said
    assert shopped.writes == []


async def test_a_pull_request_that_is_open_is_no_fix_yet(shopped: GitHubWorld, play: Play) -> None:
    """It is merged first, or its commits are named."""
    await shopped.person("bo").opens_pull(REPO, "fix: soon", {"s.md": "1\n"})
    run = await play(f"hotfix {REPO} #4")

    assert "#4 is not merged: merge it first" in run.said


async def test_a_deployed_commit_without_a_release_needs_a_base(
    shopped: GitHubWorld, play: Play
) -> None:
    """Nobody guesses what a patch would be a patch of."""
    newest = next(iter(shopped[REPO].deployments.values()))
    newest.sha = shopped.head(REPO)
    run = await play(COMMAND)
    assert "has no release: name one, as in base=v1.2.0" in run.said

    run = await play(f"{COMMAND} base=v1.4.2")
    assert run.line == "Waiting for a yes to the plan"


async def test_it_takes_few_calls(shopped: GitHubWorld, play: Play) -> None:
    """Up to the plan."""
    before = sum(shopped.requests.values())
    await play(COMMAND)

    assert sum(shopped.requests.values()) - before <= 20
