"""The server itself: what is shown, kept and waited for."""

from pathlib import Path

import pytest

from integrations.emulators.discord import DiscordWorld
from integrations.emulators.discord.markdown import plain, shown
from integrations.emulators.discord.model import BOT_USER, DiscordError, Message


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("**bold** and *more*", "bold and more"),
        (r"\*\*plain\*\*", "**plain**"),
        ("# Title\n-# small", "Title\nsmall"),
        ("- one\n- two", "• one\n• two"),
        ("1. one", "1. one"),
        ("`a_b` ``c`d``", "`a_b` `c`d`"),
        ("```\na  b\n```", "a  b"),
        ("[label](<https://a.example>)", "label (https://a.example)"),
        (r"[\[x\]](https://a.example)", "[x] (https://a.example)"),
        ("<t:0:f>", "01 January 1970 00:00"),
        ("<t:0:t>", "00:00"),
        ("https://a.example/x", "https://a.example/x"),
        (":tada: @everyone", ":tada: @everyone"),
    ],
)
def test_markdown_is_read(text: str, seen: str) -> None:
    """Marks do their work and are gone; links show where they lead."""
    assert plain(text) == seen


def test_a_label_is_shown_without_its_address() -> None:
    """As a person sees it."""
    assert shown("[a](https://b.example) 1. x") == "a 1. x"


def test_a_message_reads_as_a_person_reads_it() -> None:
    """Texts, pictures, files, buttons, reactions and embeds."""
    world = DiscordWorld()
    ada = world.user("ada").id
    message = Message("1", "c", BOT_USER, f"Hello <@{ada}> <@9>")
    message.embeds = [
        {
            "title": "T",
            "description": "D",
            "fields": [{"name": "n", "value": "v"}],
            "footer": {"text": "F"},
        }
    ]
    message.components = [
        {"type": 17, "components": [{"type": 10, "content": "**x**"}, {"type": 14}]},
        {"type": 12, "items": [{"media": {"url": "attachment://a.png"}, "description": "A"}]},
        {"type": 13, "file": {"url": "attachment://b.txt"}},
        {"type": 1, "components": [{"type": 2, "label": "Go"}, {"type": 3}]},
        {"type": 99},
    ]
    message.reactions = {"👀": [BOT_USER]}
    assert world.plain(message).split("\n") == [
        "Hello @ada @?",
        "T",
        "D",
        "n: v",
        "F",
        "x",
        "─" * 40,
        "[picture: A]",
        "[file: b.txt]",
        "[ Go ]  [ … ]",
        "[99]",
        "(👀 1)",
    ]


async def test_the_state_is_kept(tmp_path: Path) -> None:
    """A world that is opened again goes on where it was."""
    keep = tmp_path / "discord.json"
    world = DiscordWorld(keep=keep)
    said = world.say("ada", "dev", "hello @flowbot")
    again = DiscordWorld(keep=keep)
    assert again.message(said.id).content == f"hello <@{BOT_USER}>"
    with pytest.raises(DiscordError):
        again.message("1")
    with pytest.raises(DiscordError):
        again.guild.channel("nowhere")
