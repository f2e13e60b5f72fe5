"""Each delivery is kept and told to every listener once, whatever its body says."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy import literal, select

from bot.comments.chat import GitHubChat
from bot.comments.surface import Comments
from bot.deliveries import KEPT, TRIED_FOR, Deliveries, Heard, Listener, told_by, waking
from bot.events import Events
from bot.intake import STREAM, Delivery, Intake
from bot.news.looks import News
from bot.pace import LocalPace
from bot.subscriptions.follower import TOGETHER, Follower
from bot.subscriptions.looks import Eyes
from bot.triggers import Triggers
from flows.engine.access import Role
from flows.engine.tools import ProjectSettings
from flows.engine.triggers import team_of
from integrations.errors import NotFound, Transient
from integrations.github import GitHubApi, GitHubReader, TokenSignIn
from integrations.github.conversation import Conversation
from storage import deliveries, projects, runs, sightings, subscriptions
from storage.followed_records import SubscriptionRecord
from storage.records import DeliveryRecord
from tests.bot.lab import RULES, Lab
from tests.bot.patience import PatientLab
from tests.bot.test_triggers import Town

PUSH = Delivery(
    "github", "push", "d1", b'{"ref": "refs/heads/main", "repository": {"full_name": "a/b"}}'
)


class Emptied(Intake):
    """An intake that says when nothing is left in it."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(redis)
        self._stream = redis
        self.empty = asyncio.Event()

    async def finish(self, receipts: Sequence[bytes]) -> None:
        await super().finish(receipts)
        if not await self._stream.xlen(STREAM):
            self.empty.set()


def dealing(lab: Lab, *listeners: Listener) -> Deliveries:
    """Return a worker that deals with deliveries."""
    return Deliveries(Intake(lab.queue.redis), lab.database, listeners, "w1", lab.clock)


async def kept(lab: Lab, delivery: Delivery) -> DeliveryRecord | None:
    """Return what was kept of a delivery."""
    async with lab.database.read() as connection:
        return await deliveries.get(connection, f"{delivery.source}:{delivery.id}")


async def test_every_listener_hears_of_a_delivery_once(lab: Lab) -> None:
    """It says what happened and where; what is kept says that it was dealt with."""
    heard: list[Heard] = []

    async def first(each: Heard) -> None:
        heard.append(each)

    opened = Delivery(
        "github",
        "pull_request",
        "d7",
        b'{"action": "opened", "repository": {"full_name": "a/b"}, "pull_request": {"number": 7}}',
    )
    work = dealing(lab, first, first)
    await work.deal(opened)
    await work.deal(opened)

    assert [each.delivery for each in heard] == [opened, opened]
    assert (heard[0].told.action, heard[0].told.repo) == ("opened", "a/b")
    assert heard[0].told.topics == ("github:repo:a/b", "github:pull:a/b#7")
    assert heard[0].at == lab.clock()
    row = await kept(lab, opened)
    assert row is not None
    assert (row.state, row.event, row.action, row.project) == (
        "done",
        "pull_request",
        "opened",
        "a/b",
    )
    assert row.body == opened.body


async def test_a_worker_wakes_whoever_waits_for_the_topics(lab: Lab) -> None:
    """Nonsense is kept as such and holds up nobody."""
    door, heard = Emptied(lab.queue.redis), list[str]()

    async def happened(*topics: str) -> None:
        heard.extend(topics)

    nonsense = PUSH._replace(id="d0", body=b"nonsense")
    await door.add(nonsense)
    await door.add(PUSH._replace(id="d1", body=b'{"zen": "Keep it simple."}'))
    await door.add(PUSH._replace(id="d2", source="nobody"))
    await door.add(Delivery("linear", "Issue", "d3", b'{"type": "Issue", "data": {"id": "i"}}'))
    await door.add(PUSH._replace(id="d4"))
    listeners = [waking(happened)]
    work = asyncio.create_task(Deliveries(door, lab.database, listeners, "w1", lab.clock).run())
    async with asyncio.timeout(10):
        await door.empty.wait()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)

    assert heard == ["linear:issue:i", "github:repo:a/b", "github:branch:a/b@main"]
    row = await kept(lab, nonsense)
    assert row is not None
    assert (row.state, row.error != "") == ("ignored", True)


async def test_a_listener_that_fails_keeps_the_others_from_nothing(lab: Lab) -> None:
    """What went wrong is kept with the delivery, so that somebody can see it."""
    heard: list[Heard] = []

    async def fails(_: Heard) -> None:
        raise KeyError("colour\0")

    async def hears(each: Heard) -> None:
        heard.append(each)

    await dealing(lab, fails, hears).deal(PUSH)

    row = await kept(lab, PUSH)
    assert row is not None
    assert (row.state, "KeyError" in row.error) == ("failed", True)
    assert len(heard) == 1


async def test_what_a_lost_worker_left_is_told_again(lab: Lab) -> None:
    """The database or the queue went away in the middle: nobody forgets it."""
    heard: list[Heard] = []

    async def away(_: Heard) -> None:
        raise ConnectionError

    async def hears(each: Heard) -> None:
        heard.append(each)

    with pytest.raises(ConnectionError):
        await dealing(lab, away).deal(PUSH)
    row = await kept(lab, PUSH)
    assert row is not None
    assert row.state == "received"

    await dealing(lab, hears).deal(PUSH)
    row = await kept(lab, PUSH)
    assert row is not None
    assert (row.state, len(heard)) == ("done", 1)


async def test_texts_that_no_column_holds_are_cut(lab: Lab) -> None:
    """A signed body may still say anything."""
    body = b'{"action": "%s", "repository": {"full_name": "%s"}}'
    long = PUSH._replace(body=body % (b"\\u0000a" * 200, b"\\u0000b" * 500))
    await dealing(lab).deal(long)
    odd = PUSH._replace(id="d2", body=b'{"action": {"a": 1}, "repository": {"full_name": "a/b"}}')
    await dealing(lab).deal(odd)

    row = await kept(lab, long)
    assert row is not None
    assert (row.action, row.project) == ("a" * 60, "b" * 200)
    row = await kept(lab, odd)
    assert row is not None
    assert (row.action, row.project, row.state) == ("", "a/b", "done")


async def test_what_no_database_keeps_holds_up_nobody(patient: PatientLab) -> None:
    """A name with a NUL, a tag that is too long: the delivery is dealt with once, and was heard."""
    here = b'"repository": {"full_name": "%s"}'
    async with patient.database.begin() as connection:
        await subscriptions.save(connection, following("*/*", patient))
    bodies = (
        ("pull_request", b'{"pull_request": {"number": 7}, ' + here % b"a/b\\u0000"),
        ("pull_request", b'{"pull_request": {"number": 1%s}, ' % (b"0" * 300) + here % b"a/b"),
        ("release", b'{"release": {"tag_name": "%s"}, ' % (b"v" * 255) + here % b"a/b"),
        ("deployment_status", b'{"deployment": {}, ' + here % b"a/b"),
    )
    work = dealing(patient, *listening(patient))
    for number, (event, body) in enumerate(bodies):
        delivery = Delivery("github", event, f"d{number}", body + b"}")
        await work.deal(delivery)
        row = await kept(patient, delivery)
        assert row is not None
        assert row.state == "done"
    async with patient.database.read() as connection:
        assert await sightings.soonest(connection) is None


async def test_a_value_that_the_database_refuses_is_not_tried_for_ever(
    patient: PatientLab,
) -> None:
    """Whoever listens may have a bug; where the database itself fails, it is told again."""

    async def asks(heard: Heard) -> None:
        async with patient.database.read() as connection:
            await connection.execute(select(literal(f"{heard.delivery.id}\0")))

    await dealing(patient, asks).deal(PUSH)
    row = await kept(patient, PUSH)
    assert row is not None
    assert row.state in {"failed", "done"}  # SQLite refuses nothing


async def test_a_repository_that_is_out_of_sight_is_no_bug(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    """The app was removed there: one line says so, and the delivery bears the reason."""

    async def asks(_: Heard) -> None:
        raise NotFound("GitHub has no repository a/b.")

    await dealing(lab, asks).deal(PUSH)
    row = await kept(lab, PUSH)
    assert row is not None
    assert (row.state, row.error) == ("failed", "GitHub has no repository a/b.")
    assert [each.exc_info for each in caplog.records] == [None]


async def test_what_was_kept_for_a_week_is_forgotten(lab: Lab) -> None:
    """Not a moment before."""
    work = dealing(lab)
    await work.deal(PUSH)
    lab.clock.now += KEPT
    await work.forget()
    assert await kept(lab, PUSH)
    lab.clock.now += timedelta(seconds=1)
    await work.forget()
    assert await kept(lab, PUSH) is None


def real(folder: Path) -> Sequence[Path]:
    """Return the files of real bodies."""
    return sorted(folder.rglob("*.json"))


async def test_every_real_body_of_github_goes_through(contracts: Path, lab: Lab) -> None:
    """190 of them, of all events: each is kept, and routed to whom it is for; none fails."""
    files = real(contracts / "github/webhooks/examples")
    assert len(files) == 190
    await all_through(lab, "github", files)
    async with lab.database.read() as connection:
        assert await sightings.due(connection, lab.clock() + TOGETHER)
        assert {each.flow for each in await runs.page(connection, limit=9)} == {"greeting"}


async def test_every_real_body_of_linear_goes_through(contracts: Path, lab: Lab) -> None:
    """Old and new ones."""
    files = real(contracts / "linear/webhooks")
    assert len(files) == 6
    await all_through(lab, "linear", files)


@pytest.mark.parametrize(
    "body",
    [b'{"a": ' + b"[" * 1_000_000, b"\xff\xfe" * 100, PUSH.body[:-1], b"", b"[]", b"null", b"7"],
)
@pytest.mark.parametrize("source", ["github", "linear"])
async def test_nonsense_that_was_signed_is_kept_and_goes_no_further(
    lab: Lab, source: str, body: bytes
) -> None:
    """Deeply nested, no text, cut short, or of another shape: nobody hears of it."""
    delivery = PUSH._replace(source=source, body=body)
    await dealing(lab, *listening(lab)).deal(delivery)

    row = await kept(lab, delivery)
    assert row is not None
    assert row.state in {"ignored", "done"}
    async with lab.database.read() as connection:
        assert await sightings.soonest(connection) is None
        assert not await runs.page(connection)


def listening(lab: Lab) -> list[Listener]:
    """Return all who listen in a worker; GitHub is not there to be asked."""
    town = Town(lab.database, lab.queue, lab.tools)
    nowhere = GitHubApi(TokenSignIn("none"), base_url="http://127.0.0.1:1")
    chat = GitHubChat(Conversation(nowhere), LocalPace(lab.clock))
    reader = GitHubReader(nowhere)
    eyes, news = Eyes(reader, None), News(lab.database, reader)
    events = Events(lab.database, lab.queue, lab.clock)
    triggers = Triggers(lab.database, town.dispatch, lambda: {"g": town.flows()[0]})
    return [
        waking(events.happened),
        Follower(lab.database, eyes, lab.clock, news).hear,
        Comments(town.dispatch, chat, RULES, lab.database).hear,
        triggers.hear,
    ]


def following(pattern: str, lab: Lab) -> SubscriptionRecord:
    """Return a channel's wish for all of a repository."""
    return SubscriptionRecord(
        id=pattern,
        platform="slack",
        channel="C1",
        pattern=pattern,
        settings={"features": {"prs": "", "issues": "", "ci": "", "releases": "", "pushes": ""}},
        owner={"platform": "slack", "id": "U1", "name": "ada"},
        created_at=lab.clock(),
    )


async def all_through(lab: Lab, source: str, files: Sequence[Path]) -> None:
    """Deal with each file; compare what is kept with what the body says."""
    heard: list[Heard] = []

    async def hears(each: Heard) -> None:
        heard.append(each)

    work = dealing(lab, *listening(lab), hears)
    names = {told_by(Delivery(source, "", "", each.read_bytes())).repo for each in files} - {""}
    async with lab.database.begin() as connection:
        for name in names:
            wants = ProjectSettings(name, triggers=["greet"], roles={"*": Role.OPERATOR})
            await projects.save(connection, wants, lab.clock())
            await subscriptions.save(connection, following(name, lab))
    for number, file in enumerate(files):
        event = file.parent.name if source == "github" else "Issue"
        delivery = Delivery(source, event, f"d{number}", file.read_bytes())
        await work.deal(delivery)
        row = await kept(lab, delivery)
        assert row is not None
        told = told_by(delivery)
        assert (row.state, row.action) == ("done", told.action), file
        assert (told.repo or team_of(told.topics)) in {row.project, ""}, file
    assert len(heard) == len(files)


@pytest.mark.parametrize(
    ("data", "team"),
    [
        ({"id": "i", "identifier": "ENG-1", "team": {"key": "ENG"}}, "ENG"),
        ({"id": "c", "issue": {"id": "i", "identifier": "OPS-7"}}, "OPS"),
        ({"id": "p"}, ""),
    ],
)
async def test_what_linear_tells_belongs_to_a_team(
    lab: Lab, data: dict[str, object], team: str
) -> None:
    """By its key, as it is said of the thing or of its issue."""
    body = json.dumps({"type": "Comment", "action": "create", "data": data}).encode()
    delivery = Delivery("linear", "Comment", "d1", body)
    await dealing(lab).deal(delivery)
    row = await kept(lab, delivery)
    assert row is not None
    assert row.project == team


async def test_what_a_listener_could_not_deal_with_is_told_again(lab: Lab) -> None:
    """As long as a service is away, for some hours; then it has failed, as it says why."""
    heard: list[str] = []

    async def away(_: Heard) -> None:
        heard.append("away")
        raise Transient("GitHub has trouble right now.")

    async def breaks(_: Heard) -> None:
        raise ValueError("boom")

    work = dealing(lab, away, breaks)
    await work.deal(PUSH)
    row = await kept(lab, PUSH)
    assert row
    assert row.state == "waiting"
    assert row.error == "GitHub has trouble right now.; ValueError: boom"

    await work.look()
    await work.look()
    assert len(heard) == 2
    lab.clock.forward(TRIED_FOR.total_seconds())
    await work.look()
    lab.clock.forward(60)
    await work.look()
    assert len(heard) == 3
    row = await kept(lab, PUSH)
    assert row
    assert row.state == "failed"
