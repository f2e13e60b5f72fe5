"""Linear and GitHub Issues as trackers: what a flow may rely on holds for either."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest

from integrations.emulators.github import TOKEN, GitHubWorld, github_app
from integrations.emulators.linear import TOKEN as LINEAR_TOKEN
from integrations.emulators.linear import LinearWorld, linear_app
from integrations.errors import NotFound, Refused
from integrations.github import GitHub
from integrations.github.api import GitHubApi
from integrations.github.sign_in import TokenSignIn
from integrations.linear import Linear
from integrations.linear.api import LinearApi
from integrations.linear.sign_in import LinearSignIn
from integrations.trackers import GitHubTracker, LinearTracker, NewTicket, Tracker
from integrations.trackers.models import branch_of

REPO = "acme/api"


@dataclass
class Place:
    """A tracker, and how many changes its world has seen."""

    tracker: Tracker
    writes: Callable[[], int]
    world: GitHubWorld | LinearWorld


@pytest.fixture(params=["linear", "github"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    """Yield each of the two trackers on its emulated world."""
    if request.param == "linear":
        linear = LinearWorld()
        linear.team("ENG")
        linear.label("bug", team="ENG")
        transport = httpx.ASGITransport(linear_app(linear))
        async with LinearApi(LinearSignIn(LINEAR_TOKEN), transport=transport) as api:
            yield Place(LinearTracker(Linear(api), "ENG"), lambda: len(linear.writes), linear)
        return
    world = GitHubWorld(tmp_path / "world")
    world.repo(REPO, merged=["feat: begin"])
    async with GitHubApi(
        TokenSignIn(TOKEN), transport=httpx.ASGITransport(github_app(world))
    ) as github:
        yield Place(GitHubTracker(GitHub(github), REPO), lambda: len(world.writes), world)
    world.close()


def new(place: Place, key: str = "run:bug", **parts: object) -> NewTicket:
    """Return what an issue is made of."""
    given = {"title": "Sums are off", "body": "They are.", "labels": ("bug",), **parts}
    return NewTicket(key, place.world.clock, **given)  # type: ignore[arg-type] # any part


async def test_an_issue_is_made_once(place: Place) -> None:
    """The same key is the same issue, whatever people did with it since."""
    first = await place.tracker.ensure_issue(new(place, person="bo", due_on=date(2026, 3, 9)))
    writes = place.writes()
    again = await place.tracker.ensure_issue(new(place, title="Other words"))
    other = await place.tracker.ensure_issue(new(place, "run:other"))

    assert (again.key, again.title) == (first.key, "Sums are off")
    assert place.writes() == writes + 1
    assert other.key != first.key
    assert (first.kind, first.labels, first.due_on) == ("open", ("bug",), date(2026, 3, 9))
    assert [each.lower() for each in first.people] == ["bo"]
    assert first.url.startswith("http")
    assert "bo" in await place.tracker.people()
    assert "sums-are-off" in first.branch


async def test_what_was_made_can_be_taken_back(place: Place) -> None:
    """It is gone from what is open, a second time changes nothing, and it can be made again."""
    made = await place.tracker.ensure_issue(new(place))
    await place.tracker.delete_issue(new(place))
    await place.tracker.delete_issue(new(place))
    await place.tracker.delete_issue(new(place, "run:never"))
    assert await place.tracker.open_issues() == []

    again = await place.tracker.ensure_issue(new(place))

    assert again.key == made.key
    assert [each.key for each in await place.tracker.open_issues()] == [made.key]


async def test_states_are_told_by_what_they_mean(place: Place) -> None:
    """Done and called off are both closed, and an issue can be opened again."""
    tracker, made = place.tracker, await place.tracker.ensure_issue(new(place))
    seen = [(await tracker.ensure_state(made.key, "done")).kind for _ in range(2)]
    closed = await tracker.closed_issues(place.world.clock - timedelta(days=1))
    opened = await tracker.ensure_state(made.key, "open")
    called_off = await tracker.ensure_state(made.key, "canceled")

    assert seen == ["done", "done"]
    assert [(each.key, each.is_open) for each in closed] == [(made.key, False)]
    assert (called_off.kind, opened.kind) == ("canceled", "open")
    assert await tracker.closed_issues(place.world.clock + timedelta(days=1)) == []
    assert not (await tracker.issue(made.key)).is_open


async def test_a_comment_is_said_once_and_taken_back(place: Place) -> None:
    """One comment for each mark: it gets the new text, and goes."""
    made = await place.tracker.ensure_issue(new(place))
    first = await place.tracker.ensure_comment(made.key, "told", "It ships soon.")
    again = await place.tracker.ensure_comment(made.key, "told", "It ships today.")
    writes = place.writes()
    await place.tracker.ensure_comment(made.key, "told", "It ships today.")

    assert first == again
    assert place.writes() == writes
    await place.tracker.delete_comment(made.key, "told")
    await place.tracker.delete_comment(made.key, "told")


async def test_an_issue_that_is_not_there_is_not_found(place: Place) -> None:
    """The text names it."""
    key = "ENG-99" if place.tracker.name == "Linear" else "#99"
    with pytest.raises(NotFound, match="99"):
        await place.tracker.issue(key)


async def test_several_are_read_and_what_is_none_is_left_out(place: Place) -> None:
    """In the order that they were asked for; the number of a pull request is no issue."""
    one = await place.tracker.ensure_issue(new(place, "run:one"))
    two = await place.tracker.ensure_issue(new(place, "run:two"))
    gone = "ENG-99" if place.tracker.name == "Linear" else "#1"
    found = await place.tracker.issues_named([two.key, gone, one.key])
    assert [each.key for each in found] == [two.key, one.key]


@pytest.mark.parametrize("place", ["linear"], indirect=True)
async def test_linear_names_states_people_and_labels(place: Place) -> None:
    """A state's name counts where there is one; who is unknown is said with who is known."""
    made = await place.tracker.ensure_issue(new(place, labels=("bug", "unheard-of")))
    assert made.labels == ("bug",)
    assert (await place.tracker.ensure_state(made.key, "started", "In Review")).state == "In Review"
    assert (await place.tracker.ensure_state(made.key, "started")).state == "In Review"
    assert (await place.tracker.ensure_state(made.key, "done", "Nowhere")).state == "Done"
    with pytest.raises(NotFound, match="ada, bo"):
        await place.tracker.ensure_issue(new(place, "run:other", person="zed"))
    assert isinstance(place.world, LinearWorld)
    place.world.teams[0].states = place.world.teams[0].states[:1]
    with pytest.raises(NotFound, match="no state in Linear that means started"):
        await place.tracker.ensure_state(made.key, "started")


@pytest.mark.parametrize("place", ["github"], indirect=True)
async def test_github_takes_numbers_of_issues_alone(place: Place) -> None:
    """A key of Linear is explained, the number of a pull request is no issue, a bad day is none."""
    with pytest.raises(Refused, match="as #12"):
        await place.tracker.issue("ENG-12")
    with pytest.raises(NotFound, match="pull request"):
        await place.tracker.issue("1")
    made = await place.tracker.ensure_issue(new(place, body="Due: 2026-02-31"))
    assert made.due_on is None
    await place.tracker.delete_comment("#99", "told")


def test_a_branch_is_named_after_its_issue() -> None:
    """Its key, and the first words of its title; letters that no branch has are left out."""
    assert branch_of("#12", "Sums are off: by a cent, in Zürich") == "12-sums-are-off-by-a"
    assert branch_of("ENG-3", "…") == "eng-3"


async def test_states_are_called_by_their_kind(place: Place) -> None:
    """GitHub has no word for what is started."""
    started, done = await place.tracker.states("started"), await place.tracker.states("done")
    if place.tracker.name == "GitHub":
        assert (started, done) == ([], ["closed"])
        assert await place.tracker.states("open") == ["open"]
    else:
        assert (started, done) == (["In Progress", "In Review"], ["Done"])
