"""Healing: what is repeated, formatted, reverted or left to a person, and that it stops."""

from datetime import timedelta

import pytest

from flows.report import Bullets
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.records import Repository
from integrations.emulators.github.story import Story
from tests.flows.core.ci import BROKEN_TEST, NO_NETWORK, Commit, told, wrote
from tests.flows.play import Play, Played, no, yes
from tests.flows.regret import regretted
from tests.flows.scenario import Scenario
from tests.flows.told import report

UGLY = {"cart.py": "x = {  'a':1 }\n", "pyproject.toml": "[tool.ruff]\nline-length = 100\n"}
UNFORMATTED = "Would reformat: cart.py\n1 file would be reformatted"
GOOD, BAD = {"cart.py": "TOTAL = 1\n"}, {"cart.py": "TOTAL = 2\n", "more.py": "X = 1\n"}


def broken(world: GitHubWorld) -> None:
    """Build a main that dee's commit broke."""
    told(world, Commit("ada", files=GOOD), Commit("dee", BROKEN_TEST, BAD))


scenario = Scenario("heal acme/api", world=broken, answer=yes("bo"))


def offline(world: GitHubWorld, failing: int = 0) -> Repository:
    """Build a main that is red because of the network; so many attempts more fail."""
    repo = told(world, Commit("ada"), Commit("bo", NO_NETWORK))
    repo.failing["test"] = failing
    world.save()
    return repo


def tried(run: Played) -> list[str]:
    """Return what was tried."""
    lists = (each for each in report(run).blocks if isinstance(each, Bullets))
    found = next((each for each in lists if each.title == "What was tried"), None)
    return ["".join(map(str, line)) for line in found.items] if found else []


async def test_what_comes_and_goes_is_run_again(world: GitHubWorld, play: Play) -> None:
    """Green after one more attempt; the report says what it was, and that it is still there."""
    repo = offline(world)
    run = await play("heal acme/api", yes("bo"))

    assert run.said == "It is green after 1 re-run; the cause is still there."
    assert (repo.runs[-1].attempt, repo.runs[-1].conclusion) == (2, "success")
    assert len(tried(run)) == 1
    assert report(run).next == ("failures acme/api --issues",)


async def test_it_stops_when_it_does_not_help(world: GitHubWorld, play: Play) -> None:
    """After two repetitions a person has to look, and reads what was tried."""
    repo = offline(world, failing=9)
    run = await play("heal acme/api tries=2", yes("bo"), yes("bo"))

    assert repo.runs[-1].attempt == 3
    assert len(tried(run)) == 2
    assert run.said.startswith("Not healed: network or infrastructure")
    assert "3 attempts failed" in run.said


async def test_a_no_repeats_nothing(world: GitHubWorld, play: Play) -> None:
    """The plan says how often it may be."""
    offline(world)
    run = await play("heal acme/api", no("bo"))

    assert run.state == "stopped"
    assert run.plan == ["Re-run the failed jobs (1 of 2)"]
    assert world.writes == []


async def test_a_repetition_can_be_taken_back(world: GitHubWorld, play: Play) -> None:
    """As long as it goes on; a dry run begins none."""
    repo = offline(world)
    rehearsed = await play("heal acme/api --dry-run")
    assert (rehearsed.state, world.writes) == ("done", [])
    said = await regretted(play, "heal acme/api")

    assert said == "Left: nothing"
    assert (repo.runs[-1].attempt, repo.runs[-1].conclusion) == (2, "cancelled")


async def test_what_is_known_to_be_flaky_is_run_again(world: GitHubWorld, play: Play) -> None:
    """The last analysis of failures knows it, from a commit that failed and passed."""
    repo = told(world, Commit("ada", BROKEN_TEST))
    story = Story.continued(world, "acme/api")
    story.checks(repo.runs[0].sha, repo.runs[0].updated_at + timedelta(minutes=5))
    story.tell()
    await play("failures acme/api")
    story = Story.continued(world, "acme/api")
    story.checks(story.commit("bo", world.clock, "More", {"b.md": "b\n"}), world.clock, green=False)
    story.tell()
    wrote(repo, repo.runs[-1], BROKEN_TEST)
    run = await play("heal acme/api", yes("bo"))

    assert "green after 1 re-run" in run.said
    assert "flaky test" in tried(run)[0]


async def test_a_commit_that_broke_main_gets_a_revert(world: GitHubWorld, play: Play) -> None:
    """Every file is as it was, in a pull request that people merge."""
    broken(world)
    run = await play("heal acme/api", yes("bo"))
    (pull,) = world["acme/api"].pulls.values()
    git = world.git(world["acme/api"])

    assert "would repair it" in run.said
    assert (pull.title, pull.base_ref) == ('Revert "Change 1"', "main")
    assert git.call("show", f"{pull.head_ref}:cart.py") == b"TOTAL = 1\n"
    assert git.object(f"{pull.head_ref}:more.py") is None
    assert "This takes back" in pull.body


async def test_formatting_is_repaired_in_the_style_of_the_repository(
    world: GitHubWorld, play: Play
) -> None:
    """Only files that CI named, and only where the formatter that is here agrees."""
    told(world, Commit("ada"), Commit("dee", UNFORMATTED, UGLY))
    run = await play("heal acme/api", yes("bo"))
    (pull,) = world["acme/api"].pulls.values()
    git = world.git(world["acme/api"])

    assert run.plan[0].startswith("Commit the repair to flowbot/format-")
    assert git.call("show", f"{pull.head_ref}:cart.py") == b'x = {"a": 1}\n'


async def test_a_formatter_that_disagrees_is_left_to_a_person(
    world: GitHubWorld, play: Play
) -> None:
    """Another version of it would only move the quarrel."""
    told(world, Commit("ada"), Commit("dee", UNFORMATTED, {"cart.py": "x = 1\n"}))
    run = await play("heal acme/api")

    assert run.said.endswith("the ruff that is here would not change cart.py.")
    assert world.writes == []


@pytest.mark.parametrize(
    ("files", "named", "why"),
    [
        ({"cart.py": "x = 1\n" * 60_000}, "cart.py", "cart.py is too large"),
        ({"cart.py": "def (\n"}, "cart.py", "would not change cart.py"),
        ({"cart.py": "x = 1\n"}, "gone.py", "gone.py is no text that can be read"),
        ({"ruff.toml": "= broken", "pyproject.toml": "[tool]\n"}, "gone.py", "no text"),
        ({"ruff.toml": "line-length = 20\n"}, "gone.py", "no text"),
    ],
)
async def test_formatting_has_limits(
    world: GitHubWorld, play: Play, files: dict[str, str], named: str, why: str
) -> None:
    """What is too large, no Python or not there is left to a person."""
    told(world, Commit("ada"), Commit("dee", f"Would reformat: {named}", files))
    run = await play("heal acme/api")

    assert why in run.said
    assert world.writes == []


async def test_too_many_files_are_left_to_a_person(world: GitHubWorld, play: Play) -> None:
    """Twenty are safe to look through."""
    files = {f"x{n}.py": f"{n}\n" for n in range(21)}
    told(world, Commit("ada"), Commit("dee", BROKEN_TEST, files))
    run = await play("heal acme/api")

    assert "21 files are more than the 20 that are safe" in run.said


async def test_a_commit_without_files_cannot_be_reverted(world: GitHubWorld, play: Play) -> None:
    """There is nothing to take back."""
    told(world, Commit("ada", files=GOOD), Commit("dee", BROKEN_TEST, GOOD))
    run = await play("heal acme/api")

    assert "it changed no file" in run.said


async def test_a_newer_commit_elsewhere_does_not_hinder(world: GitHubWorld, play: Play) -> None:
    """The revert is made on top of it, and leaves it as it is."""
    told(
        world,
        Commit("ada", files=GOOD),
        Commit("dee", BROKEN_TEST, BAD),
        Commit("cy", BROKEN_TEST, {"new.py": "N = 1\n"}),
    )
    await play("heal acme/api", yes("bo"))
    (pull,) = world["acme/api"].pulls.values()
    git = world.git(world["acme/api"])

    assert git.call("show", f"{pull.head_ref}:new.py") == b"N = 1\n"
    assert git.call("show", f"{pull.head_ref}:cart.py") == b"TOTAL = 1\n"


async def test_a_branch_that_is_gone_gets_nothing(world: GitHubWorld, play: Play) -> None:
    """Such as that of a pull request from a fork."""
    repo = told(world, Commit("ada"), Commit("dee", UNFORMATTED, UGLY))
    repo.runs[-1].branch = "gone"
    world.save()
    run = await play(f"heal acme/api run={repo.runs[-1].id}")

    assert run.said.endswith("acme/api has no branch gone.")


@pytest.mark.parametrize(
    ("commits", "why"),
    [
        ([Commit("ada", BROKEN_TEST)], "no green run is known"),
        ([Commit("ada", "Resource not accessible by integration")], "permission"),
        (
            [
                Commit("ada", files=GOOD),
                Commit("dee", BROKEN_TEST, BAD),
                Commit("cy", BROKEN_TEST, GOOD),
            ],
            "cart.py was changed again since",
        ),
    ],
)
async def test_the_rest_is_left_to_a_person(
    world: GitHubWorld, play: Play, commits: list[Commit], why: str
) -> None:
    """Who that is, and why, and nothing is written."""
    told(world, *commits)
    run = await play("heal acme/api")

    assert run.said.startswith("Not healed: ")
    assert why in run.said
    assert "Left to a person" in str(report(run))
    assert world.writes == []


async def test_a_revert_is_not_reverted(world: GitHubWorld, play: Play) -> None:
    """Else the bot would quarrel with the people who made it."""
    repo = told(world, Commit("ada"))
    story = Story.continued(world, "acme/api")
    mark = story.commit("dee", world.clock, 'Revert "Change 0"', {"part0.md": "x\n"})
    story.checks(mark, world.clock, green=False)
    story.tell()
    wrote(repo, repo.runs[-1], BROKEN_TEST)
    run = await play("heal acme/api")

    assert "what broke it is a revert itself" in run.said


async def test_several_changes_are_not_reverted_together(world: GitHubWorld, play: Play) -> None:
    """Nobody knows which of them it was."""
    repo = told(world, Commit("ada"), Commit("bo"), Commit("cy", BROKEN_TEST))
    del repo.runs[1]
    world.save()
    run = await play("heal acme/api")

    assert "2 commits came between green and red, not one change" in run.said


async def test_a_failure_on_a_branch_has_no_revert(world: GitHubWorld, play: Play) -> None:
    """It is its author's, who reads what failed."""
    told(world, Commit("ada"))
    story = Story.continued(world, "acme/api")
    opened = world.clock - timedelta(hours=1)
    story.pull("Try", "cy", {"a.md": "a\n"}, opened=opened, stumbles=True)
    repo = story.tell()
    failed = next(each for each in repo.runs if each.conclusion == "failure")
    wrote(repo, failed, "src/cart.ts(3,8): error TS2304: no")
    run = await play(f"heal acme/api run={failed.id}")

    assert run.said == "Not healed: build: cart.ts(#): error TS2304: no."
    assert "login='cy'" in str(report(run))
    assert report(run).quiet


async def test_what_is_green_needs_nothing(world: GitHubWorld, play: Play) -> None:
    """Neither the branch nor a run."""
    repo = told(world, Commit("ada"))
    branch = await play("heal acme/api")
    one = await play(f"heal acme/api run={repo.runs[0].id}")

    assert branch.said == "main is not red: there is nothing to heal."
    assert one.said == "It is success, not failed."
    assert report(branch).quiet
    assert report(one).quiet


async def test_a_repetition_that_never_ends_is_given_up(world: GitHubWorld, play: Play) -> None:
    """After two hours a person hears of it."""
    repo = offline(world)
    for flow in repo.workflows:
        for job in flow.jobs:
            job.seconds = 99_999
    world.save()
    run = await play("heal acme/api", yes("bo"))

    assert run.said == "Not healed: attempt 2 did not end within two hours."


async def test_it_costs_few_calls(world: GitHubWorld, play: Play) -> None:
    """Nine reads and the repair: three files of two commits, and its checks for an hour."""
    broken(world)
    await play("heal acme/api", yes("bo"))

    assert sum(world.requests.values()) <= 70
