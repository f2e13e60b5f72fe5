"""What every flow's scenario proves: how it reads, that it fits, and that a crash costs nothing."""

import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from shutil import copytree

import pytest
from msgspec import json
from sqlalchemy import select

from bot.console.render import render
from flows.engine.registry import catalogue
from flows.report import Attachment, Report
from integrations.emulators.discord.limits import check_message as check_on_discord
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.records import Repository
from integrations.emulators.slack import SlackWorld
from integrations.emulators.slack.limits import check_message
from integrations.emulators.slack.model import Message as Posted
from storage import subscriptions
from storage.tables import posts
from tests.flows.play import Play, Played, opened
from tests.flows.regret import regretted
from tests.flows.room import Room
from tests.flows.scenario import Scenario, scenario_of, slugs

TRANSCRIPTS = Path(__file__).parent / "transcripts"
UPDATE = "FLOWBOT_UPDATE"
FALLBACK = 4_000  # what Slack shows of the text of a message
MOST_WRITES = 500  # of one run; more means that it never ends
# The port and the speed of this machine are no part of what a flow says.
VARIES = (
    (re.compile(r"http://127\.0\.0\.1:\d{2,5}"), "https://github.example"),
    (re.compile(r"[\d,]+ of [\d,]+ left until [\d:]+"), "… of … left until …"),
    (re.compile(r"\b\d+ ms"), "… ms"),
)
REFS = "--format=%(refname) %(parent)%(*parent) %(tree)%(*tree)"

UNNAMED = ("/git/tags", "/git/commits", "/git/trees", "/git/blobs")
PEOPLES = ("refs/heads", "refs/tags")  # the others are GitHub's own
WRITING = [slug for slug, flow in catalogue().items() if flow.writes]

Stage = Callable[[], AbstractAsyncContextManager[Play]]


@pytest.fixture(params=slugs())
def slug(request: pytest.FixtureRequest) -> str:
    """Return the slug of each flow in turn."""
    found: str = request.param
    return found


@pytest.fixture
def scenario(slug: str) -> Scenario:
    """Return the scenario of the flow."""
    return scenario_of(catalogue()[slug])


@pytest.fixture
def stage(scenario: Scenario, tmp_path: Path, empty: Path) -> Stage:
    """Return what opens the scenario's world as often as wanted; it is built once and copied."""
    built = GitHubWorld(tmp_path / "built")
    scenario.world(built)
    built.save()
    built.close()
    numbers = count()

    @asynccontextmanager
    async def open_stage() -> AsyncIterator[Play]:
        root = tmp_path / f"{next(numbers)}"
        copytree(tmp_path / "built", root / "github")
        world = GitHubWorld.load(root / "github")
        try:
            async with opened(world, root, empty) as play:
                await scenario.prepared(play)
                yield play
        finally:
            world.close()

    return open_stage


async def test_reads_as_it_was_reviewed(slug: str, scenario: Scenario, stage: Stage) -> None:
    """What people see is what somebody read and stored; FLOWBOT_UPDATE=1 stores it again."""
    async with stage() as play:
        run = await scenario.played(play)
    shown = steady("\n".join(transcript(scenario, play.room, run)))
    path = TRANSCRIPTS / f"{slug}.txt"
    if os.environ.get(UPDATE):  # noqa: TID251 - no setting of the bot
        path.write_text(shown, encoding="utf-8")
    assert path.exists(), f"No transcript yet: make one with {UPDATE}=1, and read it."
    assert shown == path.read_text(encoding="utf-8")


async def test_fits_what_slack_takes(scenario: Scenario, stage: Stage) -> None:
    """Every message of the thread is one that Slack accepts."""
    async with stage() as play:
        await scenario.played(play)
    assert play.room.sent
    for _, message in play.room.sent:
        check_message(message.blocks)
        assert 0 < len(message.text) < FALLBACK
        assert all(file.content for file in message.files)


async def test_fits_what_discord_takes(scenario: Scenario, stage: Stage) -> None:
    """Every message of the thread is one that Discord accepts."""
    async with stage() as play:
        await scenario.played(play)
    assert play.room.on_discord
    for message in play.room.on_discord:
        files = {file.name: file.content for file in message.files}
        check_on_discord(message.body, files)
        assert all(files.values())


async def test_a_process_lost_again_and_again_gets_there(scenario: Scenario, stage: Stage) -> None:
    """Where each process lives for two writes only, the run still ends in the same world."""
    async with stage() as play:
        expected = await ending(scenario, play)
    assert expected.state == "done"
    async with stage() as play:
        play.database.lose(2, committed=True, again=True)
        assert differences(expected, await ending(scenario, play)) == {}
        assert play.losses >= len(expected.steps) // 2


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("slug", WRITING, indirect=True)
async def test_a_lost_process_changes_nothing(
    scenario: Scenario, stage: Stage, *, committed: bool
) -> None:
    """Losing the process at each write in turn, before or after its commit, costs nothing.

    After a commit only where something outside follows it: else the next write is the same loss.
    """
    async with stage() as play:
        play.database.lose(MOST_WRITES, committed=committed)
        expected = await ending(scenario, play)
        same = play.database.quiet if committed else set()
    assert expected.writes or expected.posts or expected.followed
    for at in (each for each in range(1, MOST_WRITES) if each not in same):
        async with stage() as play:
            play.database.lose(at, committed=committed)
            after = await ending(scenario, play)
        assert differences(expected, after) == {}, f"lost at write {at}"
        if not play.losses:
            assert at > len(expected.steps)
            return
    pytest.fail("the run never ends")


@pytest.mark.parametrize("slug", WRITING, indirect=True)
async def test_a_lost_answer_repeats_no_change(scenario: Scenario, stage: Stage) -> None:
    """Where GitHub did what was asked but the answer got lost, nothing is done a second time."""
    async with stage() as play:
        expected = await ending(scenario, play)
    for method, path in sorted(expected.writes):
        async with stage() as play:
            play.world.fail(status=502, match=path, method=method, late=True)
            after = await ending(scenario, play)
        assert differences(expected, after) == {}, f"{method} {path}"


@pytest.mark.parametrize("slug", WRITING, indirect=True)
async def test_a_refused_change_takes_back_the_others(scenario: Scenario, stage: Stage) -> None:
    """Whichever change GitHub refuses, the run stops and the world is what it was before."""
    async with stage() as play:
        before = await visible(play)
        expected = await ending(scenario, play)
    for method, path in sorted(expected.writes):
        async with stage() as play:
            play.world.fail(status=422, match=path, method=method, message="Validation Failed")
            run = await scenario.played(play)
            after = await visible(play)
            assert (run.state, after) == ("stopped", before), f"{method} {path}"


@pytest.mark.parametrize("slug", WRITING, indirect=True)
async def test_what_was_done_can_be_undone(scenario: Scenario, stage: Stage) -> None:
    """Every change that is shown as one that can be taken back is one."""
    async with stage() as play:
        before = await visible(play)
        said = await regretted(play, scenario.command)
        assert (said, await visible(play)) == ("Left: nothing", before)


async def visible(play: Play) -> list[object]:
    """Return what people see: references, releases, issues; what is posted, what is followed."""
    world = play.world
    return [
        *await posted(play),
        *await followed(play),
        *(seen(world, repo) for repo in world.repositories.values()),
        *there(play),
    ]


def there(play: Play) -> list[tuple[object, ...]]:
    """Return what people see in Linear, where the project has a team there."""
    issues = play.linear.issues if play.linear else []
    return [
        (
            each.identifier,
            each.title,
            each.description,
            each.state.name,
            each.assignee and each.assignee.name,
            each.priority,
            sorted(label.name for label in each.labels),
            [steady(said.body) for said in each.comments],
            [steady(link.url) for link in each.attachments],
        )
        for each in issues
        if not each.trashed
    ]


async def posted(play: Play) -> list[tuple[str, str, str]]:
    """Return what channels are shown that is about no run: where, below what, and what it says."""
    async with play.database.read() as connection:
        rows = await connection.execute(select(posts.c.channel, posts.c.head, posts.c.body))
        return [(channel, head, steady(body.decode())) for channel, head, body in rows]


async def followed(play: Play) -> list[tuple[str, str, str]]:
    """Return what channels follow: where, what, and by which features."""
    async with play.database.read() as connection:
        every = await subscriptions.every(connection)
    return [(each.channel, each.pattern, str(each.settings)) for each in every]


def seen(world: GitHubWorld, repo: Repository) -> tuple[object, ...]:
    """Return what people see of a repository."""
    return (
        world.git(repo).call("for-each-ref", "--format=%(refname) %(objectname)", *PEOPLES),
        sorted((each.tag, each.body, each.prerelease) for each in repo.releases.values()),
        [pull.title for pull in repo.pulls.values() if pull.state == "open"],
        [
            (issue.title, issue.labels, issue.milestone, [said.body for said in issue.comments])
            for issue in repo.issues.values()
            if issue.state == "open"
        ],
        # What an environment has: the newest deployment, whoever asked for it.
        {each.environment: each.sha for each in repo.deployments.values()},
        [(each.title, f"{each.due_on}", each.state) for each in repo.milestones.values()],
        # GitHub makes one without words for whoever puts an unknown label on an issue.
        sorted(label.name for label in repo.labels.values() if label.description),
        str(repo.protections),
    )


@dataclass(frozen=True)
class Ending:
    """All that a run leaves behind: its result, and the world by its natural keys."""

    state: str
    report: str
    steps: frozenset[str]
    writes: Counter[tuple[str, str]]
    refs: tuple[str, ...]
    releases: tuple[tuple[str, str, bool], ...]
    pulls: tuple[tuple[str, str, str, str], ...]
    issues: tuple[tuple[str, str, str, int], ...]
    deployments: tuple[tuple[str, str, tuple[str, ...]], ...]
    linear: tuple[tuple[object, ...], ...]
    posts: tuple[tuple[str, str, str], ...]
    followed: tuple[tuple[str, str, str], ...]


async def ending(scenario: Scenario, play: Play) -> Ending:
    """Play a scenario and return what it leaves behind."""
    run = await scenario.played(play)
    world = play.world
    repos = sorted(world.repositories.values(), key=lambda repo: repo.full_name)
    return Ending(
        state=run.state,
        report=steady("\n".join(whole(run.report)) if run.report else run.line),
        steps=frozenset(step.title for step in run.steps if step.state == "done"),
        writes=Counter(
            (write.method, write.path)
            for write in world.writes
            if not write.path.endswith(UNNAMED)  # an object that no ref names is nothing
        ),
        # Not by commit: one that is made later has another date, and so another name.
        refs=tuple(world.git(repo).call("for-each-ref", REFS).decode() for repo in repos),
        releases=tuple(
            (release.tag, steady(release.body), release.prerelease)
            for repo in repos
            for release in repo.releases.values()
        ),
        pulls=tuple(
            (pull.title, pull.head_ref, pull.base_ref, pull.state)
            for repo in repos
            for pull in repo.pulls.values()
        ),
        issues=tuple(
            (issue.title, steady(issue.body), issue.state, len(issue.comments))
            for repo in repos
            for issue in repo.issues.values()
        ),
        deployments=tuple(
            (each.environment, each.sha, tuple(status.state for status in each.statuses))
            for repo in repos
            for each in repo.deployments.values()
        ),
        linear=tuple(there(play)),
        posts=tuple(await posted(play)),
        followed=tuple(await followed(play)),
    )


def whole(report: Report) -> Iterator[str]:
    """Yield all that a report says; pictures by the sentence that says the same."""
    yield render(report)
    yield json.encode(report.data).decode()
    yield from (each.content.decode() for each in report.blocks if isinstance(each, Attachment))


def differences(expected: Ending, after: Ending) -> dict[str, tuple[object, object]]:
    """Return what is not the same, by its name."""
    before, now = asdict(expected), asdict(after)
    return {name: (before[name], now[name]) for name in before if before[name] != now[name]}


def steady(said: str) -> str:
    """Return what was said without what differs from one server or second to the next."""
    for pattern, word in VARIES:
        said = pattern.sub(word, said)
    return said


def transcript(scenario: Scenario, room: Room, run: Played) -> Iterator[str]:
    """Yield what people see of a run, in the chat and in a terminal."""
    answer = scenario.answer
    yield f"/flow {scenario.command}"
    if answer:
        yield f"({answer.by} says: {answer.choice})"
    slack = SlackWorld()
    for kind, message in room.sent:
        shown = Posted("C", "1.1", "U", message.text, message.blocks)
        yield f"\n──── Slack: {kind} " + "─" * 40
        yield slack.plain(shown)
        for file in message.files:
            yield f"[file: {file.name}]{f' {file.alt}' if file.alt else ''}"
    yield "\n──── terminal " + "─" * 40
    yield render(run.report) if run.report else run.line
    yield ""
