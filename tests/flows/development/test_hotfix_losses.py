"""Hotfixes survive whatever happens to the process: all of it is done once, or taken back."""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.story import Story
from tests.flows.development.test_hotfix_deployment import FREE, REPO, shop
from tests.flows.play import Play, Played, yes

TAG, BRANCH = "v1.4.3", "hotfix/v1.4.3"


async def quick(world: GitHubWorld) -> str:
    """Commit a fix that only a branch of its own has, so that it has to be merged back."""
    first = world.tags(REPO)["v1.4.2"]
    world.git(world[REPO]).call("update-ref", "refs/heads/quick", first)
    return await world.person("dee").pushes(REPO, {"q.md": "1\n"}, branch="quick")


def green(world: GitHubWorld) -> Callable[[], None]:
    """Return what lets CI report on the hotfix, once it is there."""

    def report() -> None:
        if f"refs/heads/{BRANCH}" in str(world.git(world[REPO]).refs("refs/heads/")):
            world.check(REPO, "success", sha=world.head(REPO, BRANCH))

    return report


async def played(play: Play, pick: str) -> Played:
    """Play the hotfix of an incident; its checks end while it waits."""
    await play.project(FREE)
    play.meanwhile += [green(play.world)] * 3
    return await play(f"hotfix {REPO} {pick} incident=#1", yes("bo"))


class Outside(NamedTuple):
    """What there is of a hotfix, each thing as often as it is there."""

    tags: list[str]
    releases: Counter[str]
    pulls: list[tuple[str, str]]
    words: list[str]
    deployments: list[tuple[str, bool]]


def outside(world: GitHubWorld) -> Outside:
    """Return what is there now."""
    repo = world[REPO]
    newest = list(repo.deployments.values())[2:]
    return Outside(
        sorted(world.tags(REPO)),
        Counter(each.tag for each in repo.releases.values()),
        [(pull.head_ref, pull.state) for pull in repo.pulls.values()],
        [each.body.split("\n")[0] for each in repo.issues[1].comments],
        [(each.environment, each.sha == world.tags(REPO).get(TAG)) for each in newest],
    )


async def test_processes_lost_again_and_again_do_it_once(world: GitHubWorld, play: Play) -> None:
    """Where each process lives for a few writes only, one release is out and deployed once."""
    shop(world)
    pick = await quick(world)
    play.database.lose(3, committed=False, again=True)
    run = await played(play, pick)

    assert run.state == "done"
    assert run.report
    assert run.report.title == f"Hotfix {TAG} is on production"
    assert play.losses > len(run.plan)
    tags, releases, pulls, words, deployments = outside(world)
    assert tags == ["v1.4.2", TAG]
    assert releases == {"v1.4.2": 1, TAG: 1}
    assert pulls == [("change-2", "closed"), ("change-3", "closed"), (BRANCH, "open")]
    assert words == ["Hotfix of v1.4.2 with:"]
    assert deployments == [("production", True)]


async def test_lost_answers_repeat_nothing(world: GitHubWorld, play: Play) -> None:
    """Where GitHub did what was asked but each answer got lost, nothing is there twice."""
    shop(world)
    pick = await quick(world)
    for path in ("/git/refs", "/git/tags", "/releases", "/pulls", "/comments", "/deployments"):
        world.fail(status=502, method="POST", match=path, late=True)
    run = await played(play, pick)

    assert run.state == "done"
    tags, releases, pulls, words, deployments = outside(world)
    assert (tags, releases[TAG]) == (["v1.4.2", TAG], 1)
    assert (len(pulls), len(words), deployments) == (3, 1, [("production", True)])


async def test_a_refused_part_takes_the_release_back(world: GitHubWorld, play: Play) -> None:
    """Half a release is none: only the branch stays, from which the same command goes on."""
    shop(world)
    pick = await quick(world)
    world.fail(status=422, method="POST", match="/pulls", message="Validation Failed")
    run = await played(play, pick)

    assert run.state == "stopped"
    assert "failed: " in run.said
    tags, releases, pulls, words, deployments = outside(world)
    assert (tags, releases, len(words), deployments) == (["v1.4.2"], {"v1.4.2": 1}, 0, [])
    assert [each for each in pulls if each[1] == "open"] == []

    again = await played(play, pick)
    assert again.state == "done", again.line


async def test_an_incident_that_takes_no_comment_stops_nothing(
    world: GitHubWorld, play: Play
) -> None:
    """The fix is out, and the report says whom to tell by hand."""
    shop(world)
    pick = await quick(world)
    world.fail(status=403, method="POST", match="/issues/1/comments", message="It is locked")
    run = await played(play, pick)

    assert run.state == "done"
    assert run.report
    assert run.report.title == f"Hotfix {TAG} is on production"
    assert "These issues need a hand" in str(run.report.blocks)


async def test_a_fix_of_an_older_line_is_not_the_latest(world: GitHubWorld, play: Play) -> None:
    """What is out already and newer stays what GitHub calls the latest."""
    shop(world)
    story = Story.continued(world, REPO)
    story.release("v1.5.0", world.clock, by="ada")
    story.tell()
    run = await played(play, "#3")

    assert run.state == "done"
    latest = world[REPO].latest_release()
    assert latest
    assert latest.tag == "v1.5.0"
