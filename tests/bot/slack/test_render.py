"""Reports and cards as Slack messages: within the limits, inert, and pleasant to read."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings

from bot.chat import Actor, Button, Card, News, Planned, Step
from bot.document import markdown
from bot.slack.card import card_message
from bot.slack.newer import plainer
from bot.slack.render import FILES, MESSAGES, Message, files_elsewhere, report_messages
from bot.wording import duration
from flows.report import (
    Attachment,
    Bullets,
    Code,
    Figure,
    Inline,
    Link,
    Person,
    Report,
    Snippet,
    Table,
    bullets,
    facts,
    table,
    text,
)
from integrations.emulators.slack import SlackWorld
from integrations.emulators.slack.limits import check_message
from integrations.emulators.slack.model import Message as Posted
from tests.bot import strategies
from tests.bot.judges import assert_inert_on_slack, assert_slack_takes

PAGE = "https://flowbot.example/runs/r1"


def read(message: Message) -> list[str]:
    """Return a message as somebody reads it, line by line."""
    shown = Posted("C", "1.1", "U", message.text, message.blocks)
    return SlackWorld().plain(shown).split("\n")


@given(strategies.reports)
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=150, deadline=None)
def test_any_report_fits_and_is_inert(report: Report) -> None:
    """Whatever a report holds, Slack takes it, and nobody is pinged by it."""
    messages = report_messages(report, PAGE)
    assert 1 <= len(messages) <= MESSAGES
    for message in messages:
        assert_slack_takes(message)
        assert_inert_on_slack(message.blocks, message.text)
        assert len(message.files) <= FILES
    names = [file.name for message in messages for file in message.files]
    assert len(names) == len(set(names))
    markdown(report).encode()


@given(strategies.cards)
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=150, deadline=None)
def test_any_card_fits_and_is_inert(card: Card) -> None:
    """Whatever a card holds, it is one message that Slack takes, and nobody is pinged by it."""
    message = card_message(card)
    assert_slack_takes(message)
    assert_inert_on_slack(message.blocks, message.text)


@pytest.mark.parametrize("answers", [0, 5, 100])
def test_the_largest_card_leaves_out_what_its_page_tells(answers: int) -> None:
    """What can be answered stays."""
    most, link = '"' * 400, Link('"' * 400, f"https://acme.example/{'x' * 2_900}")
    message = card_message(
        Card(
            command=most,
            title=most,
            state="waiting",
            line=most,
            by=Actor("slack", "U1", "Ada"),
            url=PAGE,
            plan=tuple(Planned(most, undoable=True, state="planned") for _ in range(20)),
            question=most,
            note=(link,),
            buttons=tuple(Button(most, f"{number:0150}") for number in range(answers)),
            controls=tuple(Button(most, f"{number:01900}", warns=most) for number in range(8)),
            news=(News((link,), "good", datetime(2026, 3, 2, tzinfo=UTC)),),
        )
    )
    assert_slack_takes(message)
    [buttons] = [each["elements"] for each in message.blocks if each["type"] == "actions"] or [[]]
    assert bool(buttons) is bool(answers)


@pytest.mark.parametrize("rows", [0, 1, 98, 99, 100, 101, 1_000, 10_000])
def test_a_table_of_any_length_fits(rows: int) -> None:
    """The first rows are shown; of the others there is a count and a link."""
    body = [(f"row {number}", f"{number} h") for number in range(rows)]
    [message] = report_messages(Report("Rows", blocks=(table(["A", "B"], body),)), PAGE)
    shown = len(message.blocks[-1]["rows"]) - 1

    assert_slack_takes(message)
    assert shown == min(rows, 99)
    said = "\n".join(read(message))
    assert (f"{rows - shown:,} more rows on the run's page" in said) is (rows > shown)


def test_what_ends_a_report_stands_with_its_table() -> None:
    """A sentence or two make no message of their own; what is long does, and what has a title."""
    rows = table(["Name"], [("a",)])
    [one] = report_messages(Report("All", blocks=(rows, text("Change it: "), text("so"))), "")
    assert [each["type"] for each in one.blocks] == ["header", "table", "rich_text", "rich_text"]
    long = report_messages(Report("All", blocks=(rows, text("x" * 601))), "")
    assert [each["type"] for each in long[1].blocks] == ["rich_text"]
    listed = report_messages(Report("All", blocks=(rows, bullets(["x"]), text("y"))), "")
    assert len(listed) == 2
    assert len(report_messages(Report("", blocks=(text("x"), text("y"))), "")) == 1


def test_wide_tables_say_which_columns_are_missing() -> None:
    """Slack shows twenty columns at most."""
    head = [f"c{number}" for number in range(25)]
    [message] = report_messages(Report("Wide", blocks=(table(head, [head]),)), PAGE)
    assert len(message.blocks[-1]["rows"][0]) == 20
    assert "5 more columns" in "\n".join(read(message))


def test_columns_of_numbers_are_aligned_right() -> None:
    """Numbers with their units line up, words do not; links and code stay what they are."""
    rows: list[tuple[Inline, ...]] = [
        ("ada", "1,024", "12.5 h", Link("#1", "https://a.example")),
        ("bo", "7", "—", Code("x")),
    ]
    [message] = report_messages(Report("T", blocks=(table(["A", "B", "C", "D"], rows),)), PAGE)
    shown = message.blocks[-1]

    right, left = {"align": "right"}, {"is_wrapped": True}
    assert shown["column_settings"] == [left, right, right, left]
    assert [cell["type"] for cell in shown["rows"][1]] == ["raw_text"] * 3 + ["rich_text"]


def test_a_report_reads_from_the_verdict_down() -> None:
    """Title, verdict, facts, pictures, then a table in a message of its own, then what is next."""
    report = Report(
        "acme/shop: four keys",
        "Lead time got worse",
        "warn",
        (
            facts(lead_time="2 d 4 h (n=41)", by=Person("octo")),
            Figure("Lead time", "It rises from 1 d to 2 d.", b"png"),
            table(
                ["PR", "Lead time"], [(Link("#1 Retry", "https://a.example/1"), "9 h")], "Slowest"
            ),
            bullets([("Try ", Code("cycle acme/shop"))], "What to do"),
        ),
        next=("cycle acme/shop", "dora acme/shop"),
    )
    first, second, third = report_messages(report, PAGE)

    assert read(first) == [
        "⚠️ acme/shop: four keys",
        "=======================",
        "Lead time got worse",
        "Lead time: 2 d 4 h (n=41)",
        "By: octo",
    ]
    [picture] = first.files
    assert (picture.name, picture.alt) == ("lead-time.png", "It rises from 1 d to 2 d.")
    assert read(second)[0] == "Slowest"
    assert read(third) == [
        "What to do",
        "• Try `cycle acme/shop`",
        "Next: `/flow cycle acme/shop`  or  `/flow dora acme/shop`",
    ]
    assert first.text == "acme/shop: four keys: Lead time got worse"


def test_a_short_refusal_is_one_line() -> None:
    """A report without a title starts with its sentence."""
    [message] = report_messages(Report("", "You may not release that.", "bad"), "")
    assert read(message) == ["🔴 You may not release that."]
    [hint] = report_messages(
        Report("", "", "warn", (text("Did you mean ", Code("dora"), "?"),)), ""
    )
    assert read(hint) == ["Did you mean `dora`?"]
    assert hint.text == "Did you mean dora?"


def test_a_snippet_keeps_its_lines() -> None:
    """In letters of one width, so that a mark stands under its word."""
    [message] = report_messages(Report("", blocks=(Snippet("make <x>\n     ^^^"),)), PAGE)

    [block] = message.blocks
    assert block["elements"] == [
        {
            "type": "rich_text_preformatted",
            "elements": [{"type": "text", "text": "make <x>\n     ^^^"}],
        }
    ]


def test_a_report_is_never_silent() -> None:
    """Even one that says nothing is a message; what comes next can stand alone."""
    assert read(report_messages(Report(""), PAGE)[0]) == ["…"]
    assert read(report_messages(Report("", blocks=(table([], []),)), PAGE)[0]) == ["…"]
    assert read(report_messages(Report("", next=("dora",)), PAGE)[0]) == ["Next: `/flow dora`"]


def test_what_is_far_too_long_becomes_a_file() -> None:
    """After three full messages the rest is a Markdown file, and a link; pictures stay."""
    lines = Bullets(tuple((f"finding {number} " + "x" * 80,) for number in range(2_000)))
    picture = Figure("Trend", "It rises.", b"png")
    messages = report_messages(Report("Findings", blocks=(lines, picture)), PAGE)

    assert read(messages[-1])[-1] == (
        f"… the rest is in the attached file and on the run's page ({PAGE})."
    )
    whole, trend = messages[-1].files
    assert (whole.name, trend.name) == ("findings.md", "trend.png")
    assert whole.content.decode().count("- finding") == 2_000
    without_page = report_messages(Report("Findings", blocks=(lines,)), "")
    assert read(without_page[-1])[-1] == "… the rest does not fit here."
    assert without_page[-1].files == ()


def test_many_files_are_spread_over_messages() -> None:
    """No message carries more than ten files, none is lost, and names differ."""
    files = tuple(Attachment("../log.txt", "text/plain", b"x") for _ in range(25))
    messages = report_messages(Report("Logs", blocks=files), PAGE)
    assert [len(message.files) for message in messages] == [10, 10, 5]
    assert [file.name for file in messages[0].files[:2]] == ["log.txt", "log-2.txt"]


def test_files_that_cannot_be_shared_are_named() -> None:
    """The message says why and where they are."""
    [said] = read(files_elsewhere(2, PAGE))
    assert said.startswith("2 files are not shown here: I have to be in the channel for that")
    assert said.endswith(f"See the run's page ({PAGE}).")


def test_the_markdown_file_cannot_be_formatted_from_outside() -> None:
    """Text is escaped, code is fenced by enough backticks, a table stays a table."""
    report = Report(
        "# *T*",
        "a [link](x)",
        blocks=(
            text("see ", Link("a]b", "https://a.example/(x) y"), Code("a``b"), Person("_ada_")),
            facts("Facts", n="1"),
            bullets(["one"], "Bullets"),
            Table(("A|B",), ((Code("x|`"),), ("two\nlines",)), "Table"),
            Snippet("make ```x\n        ^"),
            Figure("F", "alt", b""),
            Attachment("a_b.txt", "text/plain", b""),
        ),
    )
    assert markdown(report).split("\n") == [
        "# \\# \\*T\\*",
        "",
        "a \\[link\\](x)",
        "",
        "see [a\\]b](<https://a.example/%28x%29%20y>)```a``b```\\_ada\\_",
        "",
        "## Facts",
        "",
        "- **N**: 1",
        "",
        "## Bullets",
        "",
        "- one",
        "",
        "## Table",
        "",
        "| A\\|B |",
        "| --- |",
        "| `` x\\|` `` |",
        "| two lines |",
        "",
        "````",
        "make ```x",
        "        ^",
        "````",
        "",
        "F: alt",
        "",
        "Attached: a\\_b.txt",
        "",
    ]


ADA = Actor("slack", "U1", "Ada")
PLAN = (Planned("Tag v1.3.0 at 1a2b3c4", undoable=True), Planned("Announce it", undoable=False))


def test_a_running_card_shows_the_last_steps() -> None:
    """What is running is seen, in plain blocks too, where what came before is counted."""
    steps = tuple(Step(f"Step {number}", "done") for number in range(4))
    card = Card("dora acme/shop", "dora acme/shop", "running", "Reading …", ADA, PAGE,
                (*steps, Step("Read commits", "running")))  # fmt: skip
    shown = card_message(card)
    head, end = ["⏳ `dora acme/shop`", "Reading …"], [f"Details ({PAGE})  by Ada"]
    done = [f"  ● Step {number}" for number in range(4)]
    assert read(shown) == [*head, "4 steps done", *done, "  ◐ Read commits", *end]
    last = ["✓ 2 earlier steps", "✓ Step 2", "✓ Step 3", "⏳ Read commits"]
    assert read(replace(shown, blocks=plainer(shown.blocks))) == [*head, *last, *end]


def test_a_waiting_card_asks() -> None:
    """The plan says what can be taken back; the buttons are the answers, yes in green."""
    buttons = (Button("Approve", "answer:1:yes", "good"), Button("Decline", "answer:1:no", "bad"))
    card = Card("release acme/shop", "Release", "waiting", "Waiting for a yes", ADA, PAGE,
                plan=PLAN, question="Release v1.3.0?", note=("Bo may approve.",), buttons=buttons,
                started=datetime(2026, 3, 2, 14, 3, tzinfo=UTC))  # fmt: skip
    message = card_message(card)
    assert read(message) == [
        "✋ Release  `release acme/shop`",
        "Waiting for a yes",
        "Plan",
        "1. Tag v1.3.0 at 1a2b3c4 — can be taken back",
        "2. Announce it — cannot be taken back",
        "Release v1.3.0?",
        "Bo may approve.",
        "[ Approve ] [ Decline ]",
        f"Details ({PAGE})  by Ada  02 Mar 2026 14:03",
    ]
    approve, decline = message.blocks[-2]["elements"]
    assert (approve["style"], approve["value"]) == ("primary", "answer:1:yes")
    assert (decline["style"], decline["value"]) == ("danger", "answer:1:no")
    assert message.text == "Release: Release v1.3.0?"


def test_what_can_be_done_comes_after_the_answers() -> None:
    """Without colour; what there is to think of is asked again, in a dialogue."""
    answers = (Button("Approve", "answer:1:yes", "good"),)
    controls = (Button("Cancel", "cancel:r1", warns="It stops. " * 40), Button("Retry", "retry:r1"))
    card = Card("release", "Release", "waiting", "", ADA, PAGE, question="Go on?", buttons=answers,
                controls=controls)  # fmt: skip
    asked = card_message(card)
    ended = card_message(replace(card, state="failed", buttons=(), question=""))
    assert "[ Approve ] [ Cancel ] [ Retry ]" in read(asked)
    assert read(ended)[-2] == "[ Cancel ] [ Retry ]"
    _, cancel, retry = asked.blocks[-2]["elements"]
    assert "style" not in cancel
    assert cancel["confirm"]["title"]["text"] == "Cancel?"
    assert cancel["confirm"]["confirm"]["text"] == "Cancel"
    assert cancel["confirm"]["deny"]["text"] == "Not now"
    assert len(cancel["confirm"]["text"]["text"]) <= 200
    assert "confirm" not in retry
    check_message(asked.blocks)


def test_what_takes_back_says_no_more_of_itself() -> None:
    """A change of an undo is neither final nor to be taken back again."""
    plan = (Planned("Undo: Tag v1.3.0", None),)
    card = Card("undo r1", "Take back release", "waiting", "", ADA, PAGE, plan=plan)
    assert "1. Undo: Tag v1.3.0" in read(card_message(card))


def test_a_finished_card_says_who_and_how_long() -> None:
    """Buttons and steps are gone, the decision and the result stay."""
    steps = (Step("Read", "done"),)
    done = tuple(Planned(change.title, change.undoable, "done") for change in PLAN)
    card = Card("release acme/shop", "acme/shop v1.3.0 is out", "done", "12 changes", ADA, PAGE,
                steps, done, "OK?", decided="Approved by Bo", seconds=184)  # fmt: skip
    assert read(card_message(card)) == [
        "✅ acme/shop v1.3.0 is out  `release acme/shop`",
        "12 changes",
        "Plan",
        "1. ✓ Tag v1.3.0 at 1a2b3c4",
        "2. ✓ Announce it",
        "Approved by Bo",
        f"Details ({PAGE})  by Ada · 3 min 4 s",
    ]


def test_a_long_plan_is_counted() -> None:
    """Twelve changes are shown, the others are on the run's page."""
    plan = tuple(Planned(f"Change {number}", undoable=True) for number in range(20))
    card = Card("x", "x", "waiting", "", ADA, PAGE, plan=plan)
    assert f"… 8 more on the run's page ({PAGE})" in read(card_message(card))


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.2, "< 1 s"), (1, "1 s"), (60, "1 min"), (184, "3 min 4 s"), (7_440, "2 h 4 min"),
     (90_061, "1 d 1 h"), (86_460, "1 d")],
)  # fmt: skip
def test_durations_have_two_units_at_most(seconds: float, shown: str) -> None:
    """Nobody wants the seconds of a day."""
    assert duration(seconds) == shown
