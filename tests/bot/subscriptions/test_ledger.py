"""What the bot knows of who follows what, and the changes that flows make of it."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from bot.channel_names import ChannelNames
from bot.subscriptions.ledger import Ledger
from flows.engine.following import Arrival, Direct, Told
from flows.engine.talk import Place
from integrations.errors import Refused
from integrations.meter import Meter, metered
from storage import notices, posts, questions, runs, subscriptions
from storage.chat_records import PostRecord
from tests.bot.lab import Lab

HERE = Place("slack", "C1")
REPO = "acme/api"


@pytest.fixture
def ledger(lab: Lab) -> Ledger:
    """Return the ledger of a bot that knows nothing yet."""
    return Ledger(lab.database, lab.clock, ChannelNames(lab.database, lab.clock, {}))


async def put(lab: Lab, key: str, topic: str, *, head: str = "", **settled: object) -> None:
    """Let a subscription have brought a message, which is `settled` so."""
    async with lab.database.begin() as connection:
        await posts.put(
            connection,
            key=key,
            platform="slack",
            channel="C1",
            body=b"{}",
            topic=topic,
            source="s1",
            head=head,
            at=lab.clock(),
        )
        row = await posts.get(connection, key)
        assert row
        if settled:
            values = {name: getattr(row, name) for name in row.__struct_fields__} | settled
            await posts.settle(connection, PostRecord(**values), lab.clock())


async def test_what_became_of_messages_is_counted(lab: Lab, ledger: Ledger) -> None:
    """By kind: sent, gathered by day, waiting, refused; other projects do not count."""
    with metered(Meter(writes=True)):
        wish = await ledger.wished(HERE, REPO, "prs", "", "r1")
        await ledger.ensure_followed(replace(wish, id="s1", owner="ada"))
    await put(lab, "a", f"github:pull:{REPO}#1", message="m1")
    await put(lab, "b", f"github:pull:{REPO}#2", head="day:x", message="m2")
    await put(lab, "c", f"github:ci:{REPO}/test@main")
    await put(lab, "e", "github:pull:acme/other#1", message="m3")
    await put(lab, "f", "channel", message="m4")
    await put(lab, "d", f"github:release:{REPO}@v1", error="The channel is gone.")

    since = lab.clock() - timedelta(days=7)
    found = await ledger.following(REPO, "", since, lab.clock(), [])
    assert found.told == [
        Told("s1", "ci", waiting=1),
        Told("s1", "prs", messages=2, gathered=1),
        Told("s1", "releases", refused=1),
    ]
    [one] = found.followed
    assert (one.owner, one.trouble, one.is_whole) == ("ada", "The channel is gone.", True)

    assert await ledger.arrival("a") == Arrival(ok=True)
    assert await ledger.arrival("c") is None
    assert await ledger.arrival("d") == Arrival(ok=False, why="The channel is gone.")
    assert await ledger.arrival("z") == Arrival(
        ok=False, why="It was taken back before it was sent."
    )


async def test_changes_are_made_once_and_taken_back(lab: Lab, ledger: Ledger) -> None:
    """A channel follows a pattern in one way; what is ended comes back as it was."""
    with metered(Meter(writes=True)):
        wish = await ledger.wished(HERE, REPO, "prs", "author:ada", "r1")
        assert await ledger.stands(wish.id) is None
        for _ in range(2):
            await ledger.ensure_followed(wish)
        still = await ledger.stands(wish.id)
        assert still
        assert still.features == {"prs": "author:ada"}
        other = await ledger.wished(HERE, REPO, "ci", "", "r2")
        with pytest.raises(Refused, match="in another way"):
            await ledger.ensure_followed(other)
        for _ in range(2):
            await ledger.delete_followed(wish.id)
        assert await ledger.stands(wish.id) is None
        await ledger.ensure_followed(wish)
    async with lab.database.read() as connection:
        [record] = await subscriptions.every(connection)
    assert (record.id, record.owner["platform"]) == (wish.id, "slack")


async def test_a_filter_is_added_where_it_means_something(ledger: Ledger) -> None:
    """To each feature that knows its fields; one that no feature knows is refused."""
    one = await ledger.wished(HERE, REPO, "prs,ci", "branch:main", "r1")
    less = await ledger.narrowed(one, "-draft:yes")
    assert less.features == {"prs": "branch:main -draft:yes", "ci": "branch:main"}
    for where, why in (("severity:high", "changes nothing here"), ("colour:red", "no field")):
        with pytest.raises(Refused, match=why):
            await ledger.narrowed(one, where)
    blind = await ledger.wished(HERE, REPO, "prs", "path:web/**", "r1")
    assert blind.is_blind


async def test_who_is_told_alone_is_counted(lab: Lab, ledger: Ledger) -> None:
    """By person: what asks them to approve something of the project."""
    run_id = await lab.start("make desk")
    await lab.player().play(run_id)
    asked = await lab.asked(run_id)
    who = {"platform": "slack", "id": "U2", "name": "ben"}
    async with lab.database.begin() as connection:
        run = await runs.get(connection, run_id)
        assert run
        topic = f"{notices.QUESTION}{asked.id}"
        report = (await questions.of_run(connection, run_id))[0].question.show
        assert report
        await notices.add(connection, "n1", who, report, lab.clock(), topic=topic)
    found = await ledger.following(run.project, "", lab.clock(), lab.clock(), [])
    assert found.direct == [Direct("ben", ("plans to approve",))]
