"""What Discord refuses in messages, forms and commands, in its own words."""

from typing import Any

import pytest

from integrations.emulators.discord.limits import check_message
from integrations.emulators.discord.model import COMPONENTS_V2, DiscordError
from integrations.emulators.discord.schemas import check_commands, check_modal, command_size

Json = dict[str, Any]
V2 = {"flags": COMPONENTS_V2}
BUTTON = {"type": 2, "style": 1, "label": "Go", "custom_id": "go"}
OPTION = {"label": "a", "value": "a"}
SELECT = {"type": 3, "custom_id": "s", "options": [OPTION]}


def row(*held: Json) -> Json:
    """Return a row of these."""
    return {"type": 1, "components": list(held)}


def text(content: str, **more: object) -> Json:
    """Return a text display."""
    return {"type": 10, "content": content, **more}


GOOD: list[Json] = [
    {"content": "x" * 2000},
    {"embeds": [{"title": "x" * 256, "fields": [{"name": "n", "value": "v"}] * 25}]},
    {"content": "x", "components": [row(BUTTON), row(SELECT)]},
    {**V2, "components": [{"type": 17, "components": [text("x"), {"type": 14}, row(BUTTON)]}]},
    {**V2, "components": [text("x") for _ in range(40)]},
    {"content": "x", "components": [row({"type": 2, "style": 5, "label": "l", "url": "u"})]},
]


@pytest.mark.parametrize("body", GOOD)
def test_what_fits_is_taken(body: Json) -> None:
    """Right up to the limits."""
    check_message(body, {})


BAD: list[tuple[Json, str]] = [
    ({"content": "x" * 2001}, "Must be 2000 or fewer in length."),
    ({"content": 7}, "Could not interpret"),
    ({"content": "x", "nonce": "n" * 26}, "Must be 25 or fewer in length."),
    ({"content": "x", "allowed_mentions": {"parse": ["all"]}}, "('users', 'roles', 'everyone')"),
    ({"embeds": [{"title": "x"}] * 11}, "Must be 10 or fewer in length."),
    (
        {"embeds": [{"description": "x" * 4000}, {"description": "y" * 2001}]},
        "maximum size of 6000",
    ),
    ({"embeds": [{"fields": [{"name": "", "value": "v"}]}]}, "This field is required"),
    ({"embeds": [{"fields": [{"name": "n", "value": "v"}] * 26}]}, "Must be 25 or fewer"),
    ({"embeds": [{"footer": {"text": "x" * 2049}}]}, "Must be 2048 or fewer"),
    ({"content": "x", "components": [row(BUTTON)] * 6}, "Must be 5 or fewer"),
    ({"content": "x", "components": [row(*[BUTTON] * 6)]}, "between 1 and 5"),
    ({"content": "x", "components": [row(BUTTON), row(BUTTON)]}, "custom id cannot be duplicated"),
    ({"content": "x", "components": [row(SELECT, BUTTON)]}, "exceeds the maximum width"),
    ({"content": "x", "components": [text("x")]}, "Value must be one of (1)."),
    ({"content": "x", "components": "no"}, "Only iterables"),
    ({"content": "x", "components": [row({**BUTTON, "label": ""})]}, "needs a label or emoji"),
    ({"content": "x", "components": [row({**BUTTON, "style": 9})]}, "(1, 2, 3, 4, 5, 6)"),
    ({**V2, "content": "x", "components": [text("x")]}, "'content' field cannot be used"),
    ({**V2, "components": [text("x") for _ in range(41)]}, "between 1 and 40"),
    ({**V2, "components": [text("x" * 3000), text("y" * 1001)]}, "exceeds 4000"),
    ({**V2, "components": [text("")]}, "This field is required"),
    ({**V2, "components": [text("x", id=1), text("y", id=1)]}, "id cannot be duplicated"),
    ({**V2, "components": [{"type": 13, "file": {"url": "attachment://a"}}]}, "not found"),
    ({**V2, "components": [{"type": 12, "items": []}]}, "between 1 and 10"),
    ({**V2, "components": [{"type": 14, "spacing": 3}]}, "(1, 2)"),
    (
        {**V2, "components": [{"type": 17, "components": [{"type": 17, "components": []}]}]},
        "one of (1, 10, 12, 13, 14)",
    ),
    ({"content": "x", "components": [row({**SELECT, "options": [OPTION] * 2})]}, "already used"),
]


@pytest.mark.parametrize(("body", "said"), BAD)
def test_what_does_not_fit_says_why(body: Json, said: str) -> None:
    """Each limit has its place and its sentence."""
    with pytest.raises(DiscordError) as refused:
        check_message(body, {})
    assert refused.value.code == 50035
    assert said in str(refused.value.body["errors"])


def option(**change: object) -> Json:
    """Return a command with one option."""
    made = {"name": "o", "description": "d", "type": 3} | change
    return {"name": "c", "description": "d", "options": [made]}


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ({"name": "Up", "description": "d"}, "name is invalid"),
        ({"name": "a b", "description": "d"}, "name is invalid"),
        ({"name": "a", "description": ""}, "required"),
        ({"name": "a", "description": "d" * 101}, "between 1 and 100"),
        (option(type=12), "one of (1, 2,"),
        (option(choices=[{"name": "a", "value": "a"}] * 26), "Must be 25 or fewer"),
        (option(choices=[{"name": "a" * 101, "value": "a"}]), "between 1 and 100"),
        (option(choices=[{"name": "a", "value": "a"}], autocomplete=True), "together with choices"),
        (
            {
                "name": "a",
                "description": "d",
                "options": [
                    {"name": "x", "description": "d", "type": 3},
                    {"name": "y", "description": "d", "type": 3, "required": True},
                ],
            },
            "Required options must be placed before",
        ),
        (
            {
                "name": "a",
                "description": "d",
                "options": [{"name": "x", "description": "d", "type": 3}] * 2,
            },
            "Option names must be unique",
        ),
        (
            {
                "name": "a",
                "description": "d",
                "options": [
                    {"name": f"o{n}", "description": "d" * 100, "type": 1, "options": [
                        {"name": f"p{m}", "description": "d" * 100, "type": 3} for m in range(4)
                    ]}
                    for n in range(20)
                ],
            },
            "maximum size (8000)",
        ),
    ],
)  # fmt: skip
def test_commands_have_limits(command: Json, said: str) -> None:
    """Names, descriptions, counts, order and the whole size."""
    with pytest.raises(DiscordError) as refused:
        check_commands([command])
    assert said in str(refused.value.body["errors"])
    with pytest.raises(DiscordError):
        check_commands([option(), option()])
    assert command_size(option(choices=[{"name": "ab", "value": "cd"}])) == 8


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": "x" * 46}, "between 1 and 45"),
        ({"components": []}, "between 1 and 5"),
        ({"components": [{"type": 18, "label": "l", "component": {"type": 2}}]}, "(3, 4, 23)"),
        ({"components": [{"type": 17}]}, "(1, 10, 18)"),
        (
            {
                "components": [
                    {
                        "type": 18,
                        "label": "l",
                        "component": {"type": 4, "custom_id": "i", "style": 1},
                    }
                ]
                * 2
            },
            "duplicated",
        ),
    ],
)
def test_forms_have_limits(change: Json, said: str) -> None:
    """A title, one to five fields, known kinds, names of their own."""
    field = {"type": 4, "custom_id": "i", "style": 3, "value": "x" * 4001}
    modal: Json = {"title": "t", "custom_id": "m", "components": [row({**field, "label": "l"})]}
    with pytest.raises(DiscordError) as refused:
        check_modal(modal)
    assert "4000 or fewer" in str(refused.value.body["errors"])
    with pytest.raises(DiscordError) as refused:
        check_modal({**modal, "components": [], **change})
    assert said in str(refused.value.body["errors"])
