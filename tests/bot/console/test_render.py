"""A report in a terminal is plain text: aligned, complete, and unable to steer the screen."""

import unicodedata

from hypothesis import given

from bot.console.render import WIDEST_CELL, clean, render, table
from flows.report import (
    Attachment,
    Code,
    Figure,
    Link,
    Person,
    Report,
    Snippet,
    Text,
    bullets,
    facts,
    text,
)
from flows.report import table as table_of
from tests.flows.test_report import REPORTS


def test_every_block_has_its_lines() -> None:
    """Nothing is left out but the bytes of pictures and files."""
    report = Report(
        "acme/api v1.3.0",
        "2 changes",
        "good",
        (
            text("See ", Link("the notes", "https://x.example/1"), " by ", Person("ada")),
            facts("Facts", version=Code("v1.3.0"), lead_time="2 h"),
            bullets(["one", ("two ", Code("x"))], "List"),
            table_of(["Change", "Author"], [("Add retries", Person("ben")), ("Fix", "cat")]),
            Snippet("make x\n     ^"),
            Figure("Lead time", "It falls.", b"png"),
            Attachment("rows.csv", "text/csv", b"x" * 1234),
        ),
        next=("dora acme/api",),
    )

    assert render(report) == (
        "✓ acme/api v1.3.0\n"
        "2 changes\n"
        "\n"
        "See the notes (https://x.example/1) by @ada\n"
        "\n"
        "Facts\n"
        "Version    v1.3.0\n"
        "Lead time  2 h\n"
        "\n"
        "List\n"
        "• one\n"
        "• two x\n"
        "\n"
        "Change       Author\n"
        "───────────  ──────\n"
        "Add retries  @ben\n"
        "Fix          cat\n"
        "\n"
        "make x\n"
        "     ^\n"
        "\n"
        "[picture: Lead time] It falls.\n"
        "\n"
        "[file: rows.csv, 1,234 bytes]\n"
        "\n"
        "Next: python -m bot run dora acme/api"
    )


def test_a_report_without_a_title_is_what_it_says() -> None:
    """No empty lines where nothing is."""
    assert render(Report("", "Only this.", "warn")) == "Only this."
    assert render(Report("", "", "warn", (Text(("Only that.",)),))) == "Only that."


def test_wide_letters_keep_the_columns() -> None:
    """Those that take two places are counted as two."""
    head, rule, wide, narrow = table([("Name", "N"), ("日本", "1"), ("abcd", "2")])

    assert (head, rule) == ("Name  N", "────  ─")
    assert (wide, narrow) == ("日本  1", "abcd  2")


def test_a_long_cell_is_cut() -> None:
    """So that a table stays one."""
    lines = table([("Name",), ("x" * 500,)])

    assert lines[2] == "x" * (WIDEST_CELL - 1) + "…"


def test_nothing_moves_the_cursor_or_turns_the_text() -> None:
    """Control and direction characters are gone, line breaks are blanks."""
    assert clean("a\x1b[31mred\x07\r\nb\u202ec\u200bd\u2066e") == "a[31mred bcde"


@given(REPORTS)
def test_any_report_can_be_shown(report: Report) -> None:
    """Whatever its text is: no error, and only characters that print."""
    shown = render(report)

    assert not [
        char for char in shown if char != "\n" and unicodedata.category(char) in ("Cc", "Cf")
    ]


def test_what_only_a_chat_understands_is_said_to_be_typed_there() -> None:
    """A terminal runs flows; it makes no projects and no subscriptions."""
    shown = render(Report("Done", next=("subscribe acme/api prs", "dora acme/api")))
    assert "Next: /flow subscribe acme/api prs (in a chat)" in shown
    assert "Next: python -m bot run dora acme/api" in shown
