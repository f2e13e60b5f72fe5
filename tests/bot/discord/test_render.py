"""Reports and cards as Discord messages: within the limits, inert, and pleasant to read."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from bot.chat import Actor, Button, Card, Planned, State, Step
from bot.discord.buttons import pressed
from bot.discord.card import card_message
from bot.discord.markdown import escape, inline, line
from bot.discord.render import LARGEST_FILE, MESSAGES, Message, report_messages
from bot.gallery.pages import on_discord_of, samples
from bot.wording import clean, columns
from flows.report import (
    Attachment,
    Bullets,
    Channel,
    Code,
    Figure,
    Inline,
    Link,
    Person,
    Report,
    Snippet,
    bullets,
    facts,
    table,
    text,
)
from integrations.emulators.discord.guild import Guild
from integrations.emulators.discord.limits import everything
from integrations.emulators.discord.markdown import shown
from integrations.emulators.discord.model import Message as Posted
from integrations.emulators.discord.plain import plain
from tests.bot import strategies
from tests.bot.judges import assert_discord_takes, assert_inert_on_discord
from tests.integrations.emulators.discord.contract import Contract

PAGE = "https://flowbot.example/runs/r1"


def read_as_person(message: Message) -> list[str]:
    """Return a message as somebody reads it, line by line."""
    posted = Posted("1", "1", "1", components=message.body["components"])
    return plain(Guild(), posted).split("\n")


@pytest.mark.parametrize("other", ["b", "b`c", "``b"])
def test_code_beside_code_stays_code(other: str) -> None:
    """Discord takes backticks that touch for one mark, and what follows would be markup."""
    said = line((Code("a"), Code(f"`{other}"), Code("[x](https://evil.example)")))
    assert "``" not in said.replace("`` ", "").replace(" ``", "")
    assert said.endswith(" `[x](https://evil.example)`")


@given(strategies.reports)
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=150, deadline=None)
def test_any_report_fits_and_is_inert(report: Report) -> None:
    """Whatever a report holds, Discord takes it, and nobody is pinged by it."""
    messages = report_messages(report, PAGE)
    assert 1 <= len(messages) <= MESSAGES + 1
    for message in messages:
        assert_discord_takes(message)
        assert_inert_on_discord(message)
    names = [file.name for message in messages for file in message.files]
    assert len(names) == len(set(names))


@given(strategies.cards)
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=150, deadline=None)
def test_any_card_fits_and_is_inert(card: Card) -> None:
    """Whatever a card holds, it is one message that Discord takes, and nobody is pinged by it."""
    message = card_message(card)
    assert_discord_takes(message)
    assert_inert_on_discord(message)


@given(strategies.texts)
@settings(max_examples=300, deadline=None)
def test_escaped_text_reads_as_it_was(said: str) -> None:
    """What is escaped is shown to the letter, but for what cannot be seen."""
    assert shown(escape(said)) == clean(said)


@pytest.mark.parametrize(
    ("part", "seen"),
    [
        (
            Link("[x](y)", "https://a.example/(b)?c=d e"),
            "[x](y) (https://a.example/%28b%29?c=d%20e)",
        ),
        (Link("bad", "javascript:alert(1)"), "bad"),
        (Link("", "https://a.example"), "https://a.example (https://a.example)"),
        (Link("", ""), ""),
        (Code("a`b"), "`a`b`"),
        (Code("```fence"), "`\u02cb\u02cb\u02cbfence`"),
        (Code(" "), ""),
        (Person("ada_b"), "ada_b"),
        (Channel("discord", "1"), "#?"),
        (Channel("slack", "C1", "dev_*"), "#dev_* on Slack"),
        ("1. not a list", "1. not a list"),
        ("- not a list\n# no title", "- not a list\n# no title"),
    ],
)
def test_inline_parts_read_as_meant(part: Inline, seen: str) -> None:
    """Each part of a line shows what it says, and no more."""
    posted = Posted("1", "1", "1", content=inline(part))
    assert plain(Guild(), posted) == seen


def test_a_long_line_ends_with_an_ellipsis() -> None:
    """It is cut between words."""
    said = line(("word " * 100,), 52)
    assert said.endswith("word …")
    assert line(("short\nline",)) == "short line"


@pytest.mark.parametrize("rows", [0, 1, 59, 60, 61, 1_000, 10_000])
def test_a_table_of_any_length_fits(rows: int) -> None:
    """The first rows are shown; of the others there is a count and a link."""
    body = [(f"row {number}", f"{number} h") for number in range(rows)]
    [message] = report_messages(Report("Rows", blocks=(table(["A", "B"], body),)), PAGE)
    assert_discord_takes(message)
    said = "\n".join(read_as_person(message))
    kept = min(rows, 60)
    assert said.count("row ") == kept
    assert (f"{rows - kept:,} more rows on the run's page" in said) is (rows > kept)


def test_a_table_is_aligned() -> None:
    """Numbers end where numbers end, wide letters count double, the widest column gives way."""
    rows = [("日本", "5 h"), ("x" * 200, "12 h"), ("–", "—")]
    [message] = report_messages(Report("", blocks=(table(["What", "Took"], rows),)), PAGE)
    lines = read_as_person(message)
    assert max(map(columns, lines)) <= 96
    assert lines[0].endswith("Took")
    assert lines[2].endswith(" 5 h")
    assert {columns(each) for each in lines[1:]} == {columns(lines[0])}


def test_a_snippet_keeps_its_lines() -> None:
    """In letters of one width; what would end it takes others' place."""
    [message] = report_messages(Report("", blocks=(Snippet("make ```\n     ^"),)), "")

    assert [each["content"] for each in message.parts] == [
        "```\nmake \u02cb\u02cb\u02cb\n     ^\n```"
    ]


def test_a_table_with_links_is_a_list() -> None:
    """Links stay links: a line per row, under a head that says what stands where."""
    rows = [(Link("Add retries", "https://a.example/1"), Person("ada"), Code("v1"), "")]
    shown_table = table(["Change", "Author", "In", "Note"], rows)
    [message] = report_messages(Report("", blocks=(shown_table,)), PAGE)
    assert read_as_person(message) == [
        "Change · Author · In · Note",
        "• Add retries (https://a.example/1) · ada · `v1`",
    ]


def test_wide_tables_say_which_columns_are_missing() -> None:
    """Eight columns at most."""
    head = [f"c{number}" for number in range(10)]
    [message] = report_messages(Report("", blocks=(table(head, [["x"] * 10]),)), "")
    assert "2 more columns" in read_as_person(message)[0]
    assert report_messages(Report("", blocks=(table([], []),)), "")[0].parts


def test_a_report_reads_from_the_verdict_down() -> None:
    """Title, verdict, facts, lists, pictures and files, then what to do next."""
    report = Report(
        "DORA of acme/shop",
        "Better than last month.",
        "good",
        (
            facts("Four keys", lead_time="2 h", who=Person("ada")),
            bullets(["one", ("two ", Code("x"))], "Findings"),
            Figure("Trend", "It falls.", b"png"),
            Attachment("../log.txt", "text/plain", b"lines"),
            text("Not measured: ", Link("why", "https://a.example")),
        ),
        next=("release acme/shop",),
    )
    [message] = report_messages(report, PAGE)
    assert read_as_person(message) == [
        "✅ DORA of acme/shop",
        "Better than last month.",
        "Four keys",
        "Lead time: 2 h",
        "Who: ada",
        "Findings",
        "• one",
        "• two `x`",
        "Trend",
        "[picture: It falls.]",
        "[file: log.txt]",
        "Not measured: why (https://a.example)",
        "Next: `/flow release acme/shop`",
    ]
    assert [file.name for file in message.files] == ["trend.png", "log.txt"]


def test_a_short_refusal_is_one_line() -> None:
    """Its mark stands before the sentence."""
    [message] = report_messages(Report("", "You may not release that.", "warn"), "")
    assert read_as_person(message) == ["⚠️ You may not release that."]


def test_a_report_is_never_silent() -> None:
    """One without words is still a message."""
    [message] = report_messages(Report(""), "")
    assert read_as_person(message) == ["…"]


@pytest.mark.parametrize("url", [PAGE, ""])
def test_what_is_far_too_long_becomes_a_file(url: str) -> None:
    """A few full messages, then the whole as a file: nothing is lost."""
    items = Bullets(tuple((f"finding {number} " + "x" * 80,) for number in range(2_000)))
    messages = report_messages(Report("All", blocks=(items,)), url)
    assert len(messages) == MESSAGES
    for message in messages:
        assert_discord_takes(message)
    assert messages[-1].files[-1].content.count(b"- finding") == 2_000
    assert ("run's page" in read_as_person(messages[-1])[-2]) is bool(url)


def test_a_whole_that_is_too_large_is_on_the_page() -> None:
    """Where even the file is too large, the page has all."""
    long = text("x" * 12_000_000)
    for url, said in ((PAGE, "run's page"), ("", "does not fit")):
        last = report_messages(Report("All", blocks=(long,)), url)[-1]
        assert_discord_takes(last)
        assert said in read_as_person(last)[-1]


def test_many_files_are_spread_over_messages() -> None:
    """Ten a message; names stay apart, and so do files of one name."""
    files = tuple(Attachment("log.txt", "text/plain", b"x") for _ in range(25))
    messages = report_messages(Report("Logs", blocks=files), PAGE)
    assert [len(message.files) for message in messages] == [10, 10, 5]
    assert messages[0].files[1].name == "log-2.txt"
    many = report_messages(Report("Logs", blocks=files * 4), PAGE)
    assert [len(message.files) for message in many] == [10] * 6 + [1]
    for message in many:
        assert_discord_takes(message)


def test_a_file_that_is_too_large_is_named() -> None:
    """Discord takes ten MiB a file."""
    large = Attachment("dump.bin", "application/octet-stream", bytes(LARGEST_FILE + 1))
    for url in (PAGE, ""):
        [message] = report_messages(Report("", blocks=(large,)), url)
        assert not message.files
        assert "`dump.bin` is too large for Discord" in read_as_person(message)[0]


BY = Actor("discord", "1", "Ada")


def card(**change: Any) -> Card:  # noqa: ANN401 - any field of a card
    """Return a card that Ada asked for."""
    made = {"command": "release acme/shop", "title": "acme/shop v2", "state": "running"}
    return Card(**{**made, "line": "Working …", "by": BY, "url": PAGE, **change})


def test_a_running_card_shows_the_last_steps() -> None:
    """Earlier ones are counted."""
    steps = tuple(Step(f"Step {number}", "done") for number in range(5))
    message = card_message(card(steps=(*steps, Step("Now", "running"))))
    assert read_as_person(message) == [
        "⏳ acme/shop v2",
        "`release acme/shop`",
        "Working …",
        "✓ 3 earlier steps",
        "✓ Step 3",
        "✓ Step 4",
        "⏳ Now",
        "Details (https://flowbot.example/runs/r1) · by Ada",
    ]


def test_a_waiting_card_asks() -> None:
    """The plan, the question, who may answer, and the buttons; then who decided."""
    plan = (Planned("Tag v2", undoable=True), Planned("Publish", undoable=False, state="done"))
    buttons = (Button("Approve", "answer:1:yes", "good"), Button("Decline", "answer:1:no", "bad"))
    waiting = card(
        state="waiting", plan=plan, question="Apply it?", buttons=buttons, note=("By Bo",)
    )
    shown_card = card_message(waiting)
    assert read_as_person(shown_card)[3:8] == [
        "Plan",
        "1. Tag v2 — can be taken back",
        "2. ✓ Publish",
        "Apply it?",
        "By Bo",
    ]
    assert "[ Approve ]  [ Decline ]" in read_as_person(shown_card)
    row = next(each for each in everything(shown_card.body["components"]) if each["type"] == 1)
    actions = [found.action for each in row["components"] if (found := pressed(each["custom_id"]))]
    assert actions == ["answer:1:yes", "answer:1:no"]
    assert pressed("form:1") is None
    at = datetime(2026, 3, 2, 14, 3, tzinfo=UTC)
    done = card_message(
        card(state="done", decided="Approved by Bo", decided_at=at, seconds=65.0, started=at)
    )
    assert read_as_person(done)[3:] == [
        "Approved by Bo at 14:03",
        "Details (https://flowbot.example/runs/r1) · by Ada · 1 min 5 s · 02 March 2026 14:03",
    ]


def test_a_long_plan_is_counted() -> None:
    """Of many changes the first are shown; an answer too long for a button is on the page."""
    plan = tuple(Planned(f"Change {number}", undoable=True) for number in range(20))
    long = Button("Long", "answer:1:" + "x" * 200)
    message = card_message(card(plan=plan, question="?", buttons=(long,), command="", title=""))
    said = "\n".join(read_as_person(message))
    assert "8 more on the run's page" in said
    assert "… 1 more on the run's page" in said
    assert_discord_takes(message)


@pytest.mark.parametrize("state", ["running", "waiting"])
def test_a_card_that_is_long_everywhere_is_cut_everywhere(state: State) -> None:
    """All parts at their longest, and every letter one that has to be escaped."""
    said, url = "*" * 1_000, "https://a.example/" + "x" * 480
    steps, plan = (Step(said, "failed"),) * 5, (Planned(said, undoable=True),) * 30
    message = card_message(
        Card(
            command=said,
            title=said + "x",
            state=state,
            line=said,
            by=Actor("discord", "1", said),
            url=url,
            steps=steps,
            plan=plan,
            question=said,
            note=(Link(said, url), Person(said)),
            buttons=tuple(Button(said, f"{number}" * 90) for number in range(30)),
            controls=(Button(said, "undo:r1", warns=said),) * 9,
            decided=said,
        )
    )
    assert_discord_takes(message)
    assert "more on the run's page" in "\n".join(read_as_person(message))


def test_messages_are_as_discord_describes_them(contract: Contract) -> None:
    """One of each kind that we send fits the official description of what Discord takes."""
    for sample in samples():
        for message in on_discord_of(sample):
            contract.check_request("POST", "/channels/1/messages", message.body)
