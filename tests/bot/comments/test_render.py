"""Cards, reports and postings as comments: within the limit, inert, and pleasant to read."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings

from bot.chat import Actor, Button, Card, News, Planned, Posting, Step
from bot.comments.markdown import code, escape, held, line, link
from bot.comments.render import (
    card_body,
    mark,
    marked,
    posting_body,
    report_body,
    said_by,
    with_mark_of,
)
from bot.wording import clean
from flows.report import (
    Attachment,
    Code,
    Figure,
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
from tests.bot import strategies
from tests.bot.comments.reader import assert_inert, read

RUN = "00000000000000ab"
PAGE = f"https://flowbot.example/runs/{RUN}"
ADA = Actor("github", "ada", "ada")
CARD = Card("release acme/api", "acme/api v1.3.0", "waiting", "Waits.", ADA, PAGE)
SLOW = [HealthCheck.too_slow]


@given(strategies.reports, strategies.pages)
@settings(suppress_health_check=SLOW, max_examples=150, deadline=None)
def test_any_report_fits_and_is_inert(report: Report, page: str) -> None:
    """Whatever a report holds, it is one comment by which nobody is pinged."""
    assert_inert(marked(report_body(report, page), "key"))


@given(strategies.cards)
@settings(suppress_health_check=SLOW, max_examples=150, deadline=None)
def test_any_card_fits_and_is_inert(card: Card) -> None:
    """Whatever a card holds, it is one comment by which nobody is pinged."""
    assert_inert(marked(card_body(card), "key"))


@given(strategies.postings)
@settings(suppress_health_check=SLOW, max_examples=100, deadline=None)
def test_any_posting_fits_and_is_inert(posting: Posting) -> None:
    """The same holds for what is followed."""
    assert_inert(marked(posting_body(posting), "key"))


@pytest.mark.parametrize(
    "said",
    [
        "@ada",
        "(@ada)",
        "&commat;ada &#64;ada",
        "#12",
        "acme/shop#12",
        "GH-12",
        "ada@acme.example",
        "https://evil.example",
        "www.evil.example",
        "![x](https://evil.example/x.png)",
        "<img src=x onerror=y>",
        "<!-- hidden -->",
        "[looks safe](https://evil.example)",
        "deadbeef",
        ":tada: $x$",
        "```\n@ada\n```",
        "`` @ada ` @bo",
        "\\@ada \\`@bo\\`",
        "ends with \\",
    ],
)
def test_what_github_looks_for_is_shown_as_code(said: str) -> None:
    """Wherever it stands: in a title, a summary, a list, a table, a label, or beside code."""
    report = Report(
        said,
        said,
        blocks=(
            text(said, Code("x`y"), said, Person(said)),
            bullets([said, (Code("a"), said)], said),
            facts(said, by=said),
            table([said], [[said], [Code(f"a\\|{said}")], [Link(said, "https://acme.example")]]),
            Snippet(said),
        ),
    )
    assert_inert(report_body(report, PAGE))


def test_harmless_text_reads_as_it_was() -> None:
    """Stars, bars and brackets are shown to the letter."""
    assert read(escape("a*b*c_d [e] 1 < 2 | x & y! \\ `")) == "a*b*c_d [e] 1 < 2 | x & y! \\ `"
    assert [held(escape(each)) for each in ("- a", "1. b", "+ c", "= d", "2) e")] == [
        "\\- a",
        "1\\. b",
        "\\+ c",
        "\\= d",
        "2\\) e",
    ]


def test_a_link_to_a_pull_request_is_named_since_it_would_be_noted_there() -> None:
    """Other links lead where they say; what leads nowhere is its label."""
    there = "https://github.com/acme/api/pull/12"
    assert link("Add retries", there) == "Add retries (`acme/api#12`)"
    assert link("#12 Add retries", f"{there}/files") == "`#12` Add retries"
    assert link("", there) == "`https://github.com/acme/api/pull/12` (`acme/api#12`)"
    assert link("v1", "https://acme.example/a b") == "[v1](<https://acme.example/a%20b>)"
    assert link("v1", "javascript:alert(1)") == "v1"


def test_code_stands_between_more_backticks_than_it_has() -> None:
    """Nothing can end it early, and two pieces of it do not become one."""
    assert code("a``b`") == "``` a``b` ```"
    assert code(" ") == ""
    assert line((Code("a"), "@b", Code("c")), 100) == "`a` `@b` `c`"


def test_a_long_line_is_cut_between_words() -> None:
    """An ellipsis stands for the rest, and a code is whole or not there."""
    assert line(("one two three",), 10) == "one two…"
    assert line(("one ", Code("x" * 50)), 20) == "one…"


def test_a_card_says_how_to_answer_in_words() -> None:
    """The plan, who is asked, and the comment that says yes to exactly this plan."""
    yes = Button("Approve", "answer:7:approve", "good")
    no = Button("Decline", "answer:7:decline", "bad")
    cancel = Button("Cancel", "cancel:00000000000000ab")
    plan = (Planned("Tag v1.3.0", undoable=True), Planned("Tell @everybody", undoable=False))
    shown = card_body(
        Card(
            "release acme/api",
            "acme/api v1.3.0",
            "waiting",
            "Waits for a yes.",
            ADA,
            PAGE,
            plan=plan,
            question="Apply this plan?",
            note=("Somebody other than ada.",),
            buttons=(yes, no),
            controls=(cancel,),
            started=datetime(2026, 3, 2, 14, 3, tzinfo=UTC),
        )
    )
    answers = (
        f"- Approve: comment `/flow approve {RUN} 7`",
        f"- Decline: comment `/flow decline {RUN} 7`",
    )
    small = (
        f"[Details](<{PAGE}>)",
        "by ada",
        "2026-03-02 14:03 UTC",
        f"`/flow cancel {RUN}`",
    )
    assert shown == "\n\n".join(
        [
            "### ✋ acme/api v1.3.0",
            "`/flow release acme/api`\nWaits for a yes.",
            "**Plan**",
            "1. Tag v1.3.0 — *can be taken back*\n2. Tell `@everybody` — *cannot be taken back*",
            "**Apply this plan?**",
            "\n".join(answers),
            "Somebody other than ada.",
            f"<sub>{' · '.join(small)}</sub>",
        ]
    )


def test_other_questions_are_answered_by_their_choice_or_on_the_page() -> None:
    """Those that are too many are counted, and so are changes."""
    choices = tuple(Button(f"c{n}", f"answer:7:c{n}") for n in range(12))
    plan = tuple(Planned(f"Step {n}", undoable=None) for n in range(40))
    shown = card_body(Card("x", "X", "waiting", "", ADA, PAGE, plan=plan, buttons=choices))
    assert "- c3: comment `/flow answer 00000000000000ab c3`" in shown
    assert f"- … 2 more on the [run's page](<{PAGE}>)" in shown
    assert f"… 10 more on the [run's page](<{PAGE}>)" in shown
    form = card_body(
        Card("x", "X", "waiting", "", ADA, PAGE, buttons=(Button("Answer", "form:7"),))
    )
    assert f"- Answer: fill in the form on the [run's page](<{PAGE}>)" in form


def test_a_running_card_shows_its_last_steps() -> None:
    """One that is decided says who did, and when."""
    steps = tuple(Step(f"Step {n}", "done") for n in range(5))
    at = datetime(2026, 3, 2, 14, 3, tzinfo=UTC)
    shown = card_body(
        Card(
            "",
            "X",
            "running",
            "",
            ADA,
            "",
            steps,
            decided="Approved by bo",
            decided_at=at,
            seconds=65,
        )
    )
    assert "- ✓ 2 earlier steps\n- ✓ Step 2\n- ✓ Step 3\n- ✓ Step 4" in shown
    assert "Approved by bo at 2026-03-02 14:03 UTC" in shown
    assert shown.endswith("<sub>by ada · 1 min 5 s</sub>")


def test_buttons_are_said_as_commands() -> None:
    """A comment has none; answers stand above, where they are asked for."""
    actions = ("cancel-undo:r1", "type:look desk", "answer:1:x", "form:2", "undo:r1", "retry:r1")
    found = said_by(Button("x", each) for each in actions)
    assert found == [
        "/flow cancel r1 --undo",
        "/flow look desk",
        "/flow undo r1",
        "/flow retry r1",
    ]


def test_what_is_too_long_ends_with_where_the_rest_is() -> None:
    """Rows, items and whole reports; a cut never falls into a line."""
    rows = [[f"row {n}", "x" * 300] for n in range(150)]
    shown = report_body(Report("R", blocks=(table(["a", "b"], rows),) * 3), PAGE)
    assert len(shown) <= 65_536
    assert shown.endswith(f"… the rest is on the [run's page](<{PAGE}>).")
    assert f"… 50 more on the [run's page](<{PAGE}>)" in shown
    assert all(each.endswith(" |") for each in shown.splitlines() if each.startswith("| row"))
    many = report_body(Report("R", blocks=(bullets(map(str, range(120))),)), "")
    assert many.endswith("\n\n… 20 more")
    code_alone = report_body(Report("R", blocks=(Snippet("x" * 7_000),) * 12), "")
    assert code_alone.endswith("```\n\n…")


def test_pictures_and_files_are_on_the_page() -> None:
    """A comment cannot hold them; what they say in words is there."""
    shown = report_body(
        Report(
            "",
            "Good.",
            "good",
            (
                Figure("Trend", "It rises.", b"png"),
                Attachment("a.csv", "text/csv", b"1"),
                Table((), ()),
            ),
            next=("dora acme/api",),
        ),
        PAGE,
    )
    assert shown.split("\n\n") == [
        "✅ Good.",
        "Trend: It rises.",
        f"The picture is on the [run's page](<{PAGE}>).",
        f"`a.csv` is on the [run's page](<{PAGE}>).",
        "Next: `/flow dora acme/api`",
    ]
    alone = report_body(Report("", blocks=(Figure("", "Flat.", b""), Attachment("b", "", b""))), "")
    assert alone == "Flat.\n\n`b`"
    assert report_body(Report(""), "") == "…"


def test_an_edit_keeps_the_mark_of_a_comment() -> None:
    """Somebody who has copied a mark into our text does not change it."""
    before = marked(f"{mark('other')} hello", "key")
    assert with_mark_of(before, "bye") == marked("bye", "key")
    assert with_mark_of("no mark", "bye") == "bye"
    assert re.fullmatch(r"<!-- flowbot:[0-9a-f]{32} -->", mark("key"))


def test_a_posting_says_what_happened_and_why_it_came() -> None:
    """Its buttons are commands in small print."""
    posting = Posting(
        ("Build ", Code("#12")),
        "bad",
        (("It fails.",),),
        ("You follow this.",),
        (Button("Retry", "type:ci retry"),),
    )
    assert posting_body(posting) == (
        "🔴 **Build `#12`**\n- It fails.\n\n<sub>You follow this. · `/flow ci retry`</sub>"
    )
    assert posting_body(Posting(())) == "…"


def test_a_comment_grows_by_what_its_run_has_told() -> None:
    """The newest last; what is too long ago is counted."""
    at = datetime(2026, 3, 2, 12, 1, tzinfo=UTC)
    told = (*[News(("Waits.",), "neutral", at)] * 20, News(("Checks *fail*",), "bad", at))
    body = card_body(replace(CARD, news=told))
    assert "- … 1 more on the [run's page]" in body
    assert body.count("- 2026-03-02 12:01 UTC Waits.") == 19
    assert r"- 2026-03-02 12:01 UTC 🔴 Checks \*fail\*" in body


def test_what_cannot_be_seen_is_left_out() -> None:
    """Bidi and zero-width characters hide nothing."""
    assert escape("\u202egnp\u200b.exe") == clean("gnp.exe")
