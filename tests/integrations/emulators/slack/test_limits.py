"""What the emulated Slack refuses, at each limit and one beyond it."""

from typing import Any

import pytest

from integrations.emulators.slack.limits import check_message, check_metadata, check_view
from integrations.emulators.slack.model import SlackError

Json = dict[str, Any]


def plain(text: str) -> Json:
    """Return a text object."""
    return {"type": "plain_text", "text": text}


def section(text: str) -> Json:
    """Return a section of this text."""
    return {"type": "section", "text": plain(text)}


def table(rows: int, cells: int, text: str = "x") -> Json:
    """Return a table of this many rows and cells."""
    row = [{"type": "raw_text", "text": text}] * cells
    return {"type": "table", "rows": [row] * rows}


def rich(element: Json) -> Json:
    """Return a rich text block around one element."""
    part = {"type": "rich_text_section", "elements": [element]}
    return {"type": "rich_text", "elements": [part]}


def actions(count: int, label: str = "Go") -> Json:
    """Return a row of buttons."""
    buttons = [
        {"type": "button", "action_id": str(number), "text": plain(label)}
        for number in range(count)
    ]
    return {"type": "actions", "elements": buttons}


def confirmed(title: int, text: int, label: int) -> Json:
    """Return a button that asks once more, with texts of these lengths."""
    dialogue = {
        "title": plain("x" * title),
        "text": plain("x" * text),
        "confirm": plain("x" * label),
        "deny": plain("x"),
    }
    row = actions(1)
    row["elements"][0]["confirm"] = dialogue
    return row


def unsure() -> Json:
    """Return a button whose question is no dialogue."""
    row = actions(1)
    row["elements"][0]["confirm"] = "Sure?"
    return row


def select(options: int, text: str = "o") -> Json:
    """Return an input with this many options."""
    items = [{"text": plain(text), "value": str(number)} for number in range(options)]
    element = {"type": "static_select", "action_id": "a", "options": items}
    return {"type": "input", "label": plain("Pick"), "element": element}


AT_THE_LIMIT = {
    "blocks": [{"type": "divider"}] * 50,
    "section": [section("x" * 3000)],
    "header": [{"type": "header", "text": plain("x" * 150)}],
    "context": [{"type": "context", "elements": [plain("x")] * 10}],
    "fields": [{"type": "section", "fields": [plain("x")] * 10}],
    "actions": [actions(25)],
    "label": [actions(1, "x" * 75)],
    "confirm": [confirmed(100, 300, 30)],
    "rows": [table(100, 1)],
    "cells": [table(1, 20)],
    "options": [select(100)],
    "markdown": [{"type": "markdown", "text": "x" * 12_000}],
    "rich text": [rich({"type": "text", "text": "x"})],
    "size": [section("x" * 3000)] * 4 + [section("x" * 900)],
    "accessory": [{**section("x"), "accessory": actions(1)["elements"][0]}],
    "hint": [{**select(1), "hint": plain("x" * 2000)}],
    "list": [
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_list",
                    "style": "bullet",
                    "elements": rich({"type": "emoji", "name": "x"})["elements"],
                }
            ],
        }
    ],
    "numbers": [{"type": "table", "rows": [[{"type": "raw_number", "value": 1}]]}],
    "rich cell": [{"type": "table", "rows": [[rich({"type": "text", "text": "x"})]]}],
    "picture": [{"type": "image", "image_url": "https://a.example/p.png", "alt_text": "x"}],
}
BEYOND = {
    "blocks": ([{"type": "divider"}] * 51, "invalid_blocks"),
    "section": ([section("x" * 3001)], "invalid_blocks"),
    "no text": ([section("")], "invalid_blocks"),
    "header": ([{"type": "header", "text": plain("x" * 151)}], "invalid_blocks"),
    "markup": ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "invalid_blocks"),
    "context": ([{"type": "context", "elements": [plain("x")] * 11}], "invalid_blocks"),
    "fields": ([{"type": "section", "fields": [plain("x")] * 11}], "invalid_blocks"),
    "nothing": ([{"type": "section"}], "invalid_blocks"),
    "actions": ([actions(26)], "invalid_blocks"),
    "label": ([actions(1, "x" * 76)], "invalid_blocks"),
    "confirm title": ([confirmed(101, 300, 30)], "invalid_blocks"),
    "confirm text": ([confirmed(100, 301, 30)], "invalid_blocks"),
    "confirm label": ([confirmed(100, 300, 31)], "invalid_blocks"),
    "no dialogue": ([unsure()], "invalid_blocks"),
    "twins": ([{"type": "actions", "elements": actions(1)["elements"] * 2}], "invalid_blocks"),
    "rows": ([table(101, 1)], "invalid_blocks"),
    "cells": ([table(1, 21)], "invalid_blocks"),
    "empty cell": ([table(1, 1, "")], "invalid_blocks"),
    "two tables": ([table(1, 1), table(1, 1)], "invalid_blocks"),
    "ragged": (
        [{"type": "table", "rows": [table(1, 1)["rows"][0], table(1, 2)["rows"][0]]}],
        "invalid_blocks",
    ),
    "options": ([select(101)], "invalid_blocks"),
    "option": ([select(1, "x" * 76)], "invalid_blocks"),
    "markdown": ([{"type": "markdown", "text": "x" * 7000}] * 2, "invalid_blocks"),
    "rich text": ([rich({"type": "text", "text": ""})], "invalid_blocks"),
    "rich element": ([rich({"type": "script", "text": "x"})], "invalid_blocks"),
    "rich part": ([{"type": "rich_text", "elements": [{"type": "p"}]}], "invalid_blocks"),
    "unknown": ([{"type": "marquee"}], "invalid_blocks"),
    "not blocks": ("text", "invalid_blocks_format"),
    "ids": ([{"type": "divider", "block_id": "a"}] * 2, "invalid_blocks"),
    "id": ([{"type": "divider", "block_id": "a" * 256}], "invalid_blocks"),
    "image": ([{"type": "image", "alt_text": "x"}], "invalid_blocks"),
    "size": ([section("x" * 3000)] * 5, "msg_blocks_too_long"),
    "list style": (
        [
            {
                "type": "rich_text",
                "elements": [{"type": "rich_text_list", "style": "x", "elements": []}],
            }
        ],
        "invalid_blocks",
    ),
    "no rich text": ([{"type": "rich_text", "elements": []}], "invalid_blocks"),
    "settings": ([{**table(1, 1), "column_settings": [{}] * 21}], "invalid_blocks"),
    "cell": ([{"type": "table", "rows": [[{"type": "button"}]]}], "invalid_blocks"),
}  # fmt: skip


@pytest.mark.parametrize("blocks", AT_THE_LIMIT.values(), ids=AT_THE_LIMIT.keys())
def test_what_is_at_the_limit_is_taken(blocks: list[Json]) -> None:
    """Slack takes exactly as much as it documents."""
    check_message(blocks)


@pytest.mark.parametrize(("blocks", "error"), BEYOND.values(), ids=BEYOND.keys())
def test_what_is_beyond_is_refused(blocks: list[Json], error: str) -> None:
    """One more is refused, with the word that Slack has for it."""
    with pytest.raises(SlackError) as refused:
        check_message(blocks)
    assert refused.value.error == error


def test_a_refusal_says_where() -> None:
    """The answer points at the block that is wrong."""
    with pytest.raises(SlackError) as refused:
        check_message([section("fine"), section("")])
    [message] = refused.value.details["response_metadata"]["messages"]
    assert "[json-pointer:/blocks/1/text/text]" in message


@pytest.mark.parametrize(
    "change",
    [
        {"title": plain("x" * 25)},
        {"title": {"type": "mrkdwn", "text": "x"}},
        {"blocks": "none"},
        {"blocks": [{"type": "divider"}] * 101},
        {"blocks": [table(1, 1)]},
        {"blocks": [select(1)], "submit": None},
        {"private_metadata": "x" * 3001},
        {"callback_id": "x" * 256},
        {"type": "dialog"},
    ],
)
def test_views_have_limits_of_their_own(change: Json) -> None:
    """A modal that Slack would not open is refused, and the same without the flaw is taken."""
    good: Json = {
        "type": "modal",
        "title": plain("x" * 24),
        "submit": plain("Go"),
        "blocks": [select(1)],
        "private_metadata": "x" * 3000,
    }
    check_view(good)
    bad = {key: value for key, value in {**good, **change}.items() if value is not None}
    with pytest.raises(SlackError, match="invalid_arguments"):
        check_view(bad)


@pytest.mark.parametrize("element", [
    {"type": "number_input", "action_id": "a"},
    {"type": "plain_text_input", "action_id": "a", "max_length": 3001},
    {"type": "plain_text_input", "action_id": "a", "initial_value": "x" * 3001},
    {"type": "button", "text": plain("x"), "style": "loud"},
    {"type": "slider"},
    {**select(1)["element"], "initial_option": {"text": plain("other"), "value": "9"}},
    {**select(1)["element"], "placeholder": plain("x" * 151)},
])  # fmt: skip
def test_inputs_are_checked(element: Json) -> None:
    """A form element that Slack would refuse is refused."""
    view = {
        "type": "modal",
        "title": plain("Form"),
        "submit": plain("Go"),
        "blocks": [{"type": "input", "label": plain("x"), "element": element}],
    }
    with pytest.raises(SlackError):
        check_view(view)


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"event_type": "x"}, "invalid_metadata_format"),
        ({"event_type": "x", "event_payload": "y"}, "invalid_metadata_format"),
        ({"event_type": "x", "event_payload": {"y": "z" * 16_000}}, "metadata_too_large"),
    ],
)
def test_metadata_is_checked(metadata: Json, error: str) -> None:
    """Metadata has a shape and a size."""
    with pytest.raises(SlackError, match=error):
        check_metadata(metadata)
