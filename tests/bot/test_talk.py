"""What flows say and hear: stored as posts, each once; heard where whoever asks may hear it."""

from dataclasses import dataclass, field

import pytest

from bot.bulletins import MOST_LINES
from bot.chat import ThreadRef
from bot.postings import posting_from
from bot.posts import NEWS
from bot.talk import Talk, place_from
from flows.engine.talk import Place, Said
from flows.report import (
    Attachment,
    Code,
    Figure,
    Link,
    Report,
    Snippet,
    bullets,
    facts,
    table,
    text,
)
from integrations.errors import Refused
from integrations.meter import Meter, WriteOutsideEffect, metered
from storage import posts
from storage.chat_records import PostRecord
from storage.database import Database
from tests.storage.rows import NOW

HERE = Place("slack", "C1", "1.1")
SAID = Said("ada", "How?", NOW, "https://acme.example/1")


@dataclass
class Overhearing:
    """Ears that note what they were asked to hear."""

    asked: list[ThreadRef] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def meant(self, link: str) -> ThreadRef | None:
        """Read an address such as `C1/1.1`."""
        channel, slash, thread = link.partition("/")
        return ThreadRef("slack", channel, thread) if slash else None

    async def thread(self, where: ThreadRef) -> list[Said]:
        """Hear one message."""
        self.asked.append(where)
        return [SAID]


@pytest.fixture
def ears() -> Overhearing:
    """Return ears that have heard nothing yet."""
    return Overhearing()


@pytest.fixture
def talk(engine: Database, ears: Overhearing) -> Talk:
    """Return what is tested, on each of the two engines."""
    return Talk(engine, {"slack": ears}, lambda: NOW, ears.told.append)


async def stored(database: Database, key: str) -> list[PostRecord]:
    """Return a post and what is below it."""
    async with database.read() as connection:
        head = await posts.get(connection, key)
        return [*([head] if head else []), *await posts.under(connection, key)]


async def test_a_report_is_one_message_with_its_blocks_in_the_thread(
    talk: Talk, engine: Database
) -> None:
    """Each kind of block can be read there; many lines are several messages."""
    rows = [(f"#{number}", "ada", "") for number in range(MOST_LINES + 1)]
    report = Report(
        "Week 9",
        "3 things shipped.",
        "good",
        (
            text("See ", Link("the board", "https://acme.example")),
            facts("Numbers", shipped="3"),
            bullets(["One", ("Two ", Code("v2"))], "Shipped"),
            table(["Change", "Author", "Note"], rows, "All of it"),
            Snippet("a\n\nb"),
            Figure("Trend", "It rises.", b"png"),
            Attachment("all.csv", "text/csv", b"1"),
        ),
    )
    await talk.ensure_posted(HERE, report, "digest")
    head, *below = await stored(engine, "digest")
    shown = [posting_from(each.body) for each in below]

    assert (head.platform, head.channel, head.head) == ("slack", "C1", "")
    assert posting_from(head.body).lines == (("3 things shipped.",),)
    assert [each.title[0] for each in shown] == [
        "Week 9",
        "Numbers",
        "Shipped",
        "All of it",
        "All of it (continued)",
        "Week 9",
        "Trend",
        "all.csv",
    ]
    assert shown[1].lines == (("Shipped: ", "3"),)
    assert shown[2].lines == (("• ", "One"), ("• ", "Two ", Code("v2")))
    assert shown[3].lines[0] == ("• ", "#0", " · Author: ", "ada")
    assert [len(each.lines) for each in shown[3:5]] == [MOST_LINES, 1]
    assert shown[5].lines == ((Code("a"),), (Code("b"),))


async def test_the_same_key_is_the_same_message(talk: Talk, engine: Database) -> None:
    """It gets the new text, and what it has no more of goes; the last yes counts."""
    long = Report("Week 9", blocks=(text("One"), text("Two")))
    await talk.ensure_posted(HERE, long, "digest")
    before = await stored(engine, "digest")
    await talk.ensure_posted(HERE, long, "digest")
    assert await stored(engine, "digest") == before

    await talk.ensure_posted(HERE, Report("Week 9", blocks=(text("Three"),)), "digest")

    head, below = await stored(engine, "digest")
    assert posting_from(below.body).lines == (("Three",),)
    assert head == before[0]


async def test_what_was_posted_is_taken_back_whole(
    talk: Talk, engine: Database, ears: Overhearing
) -> None:
    """Once and again, and never outside of an effect; whoever sends hears of each."""
    await talk.ensure_posted(HERE, Report("Week 9", blocks=(text("One"),)), "digest")
    with metered(Meter(writes=False)), pytest.raises(WriteOutsideEffect):
        await talk.delete_posted("digest")
    for _ in range(2):
        await talk.delete_posted("digest")
    assert await stored(engine, "digest") == []
    assert ears.told == [NEWS] * 3
    with metered(Meter(writes=False)), pytest.raises(WriteOutsideEffect):
        await talk.ensure_posted(HERE, Report("Week 9"), "digest")


async def test_a_thread_is_heard_where_the_run_came_from(talk: Talk, ears: Overhearing) -> None:
    """Its own thread, or that of a message in the same channel."""
    assert await talk.thread(HERE) == [SAID]
    assert await talk.thread(HERE, "C1/2.2") == [SAID]
    assert await talk.thread(Place("slack", "C9", "C1"), "C1/2.2") == [SAID]
    assert [each.thread for each in ears.asked] == ["1.1", "2.2", "2.2"]


@pytest.mark.parametrize(
    ("place", "link", "said"),
    [
        (HERE, "C2/1.1", "another channel"),
        (HERE, "https", "no address of a message"),
        (Place("slack", "C1"), "", "no thread here"),
        (Place("discord", "C1", "1"), "", "connected to Discord"),
    ],
)
async def test_what_may_not_be_heard_is_refused(
    talk: Talk, ears: Overhearing, place: Place, link: str, said: str
) -> None:
    """The bot may be in channels that the person is not in, so nothing is carried over."""
    with pytest.raises(Refused, match=said):
        await talk.thread(place, link)
    assert ears.asked == []


def test_a_run_from_no_chat_has_no_place() -> None:
    """A terminal, a page, an API."""
    assert place_from({"door": "terminal", "platform": "terminal", "channel": ""}) is None
    assert place_from({"platform": "slack", "channel": "C1"}) == Place("slack", "C1")
