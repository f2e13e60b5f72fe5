"""Text from outside: what is seen is what is there, and nothing more happens."""

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.inline import chunks, escape, inline, short, styled
from bot.wording import HIDDEN, KEPT, clean, fit, is_web_address, pieces
from flows.report import Channel, Code, Link, Moment, Person

ANYTHING = st.text(alphabet=st.characters(), max_size=300)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("ab\u202ec\u2066d", "abcd"),
        ("zero\u200bwidth\u200d\ufeff", "zerowidth"),
        ("soft\u00adhyphen", "softhyphen"),
        ("bell\x07", "bell"),
        ("two\r\nlines\u2028three", "two\nlines\nthree"),
        ("tab\tstays", "tab\tstays"),
        ("half \ud83d", "half "),
        ("é ü 漢 🎉", "é ü 漢 🎉"),
    ],
)
def test_hidden_characters_go(text: str, shown: str) -> None:
    """Direction marks, zero-width and control characters are taken out, letters are not."""
    assert clean(text) == shown


@given(ANYTHING)
def test_nothing_hidden_is_left(text: str) -> None:
    """Whatever comes in, what goes out can be seen and be sent."""
    assert all(c in KEPT or unicodedata.category(c) not in HIDDEN for c in clean(text))
    clean(text).encode()


@given(ANYTHING, st.integers(1, 80))
def test_a_fit_text_fits(text: str, limit: int) -> None:
    """A text is at most as long as asked, and one that was cut says so."""
    shown = fit(text, limit)
    assert len(shown) <= limit
    assert shown == clean(text) or shown.endswith("…")


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("Add retries to the client", 15, "Add retries to…"),
        ("Supercalifragilistic", 10, "Supercali…"),
        ("cafe\u0301s", 5, "caf…"),
        ("ab👍🏽c", 4, "ab…"),
        ("🇩🇪🇫🇷🇳🇱", 4, "🇩🇪…"),
    ],
)
def test_cuts_fall_between_words_or_visible_characters(text: str, limit: int, shown: str) -> None:
    """An accent, a skin tone or half a flag never stands alone."""
    assert fit(text, limit) == shown


@given(st.text(max_size=500), st.integers(1, 50))
def test_pieces_are_the_whole(text: str, limit: int) -> None:
    """Splitting loses nothing, and no piece is too long."""
    parts = list(pieces(text, limit))
    assert "".join(parts) == text
    assert all(len(part) <= limit for part in parts)


def test_escaped_text_has_no_markup() -> None:
    """The three characters that Slack's markup is made of become entities."""
    assert escape("<!channel> & <@U1>") == "&lt;!channel&gt; &amp; &lt;@U1&gt;"


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "slack://open", "http://", "//acme.example", "mailto:a@b.example",
     "https://acme.example/" + "x" * 3000, "http://[broken"],
)  # fmt: skip
def test_only_web_addresses_are_linked(url: str) -> None:
    """Everything else is shown as its label."""
    assert not is_web_address(url)
    assert inline(Link("label", url)) == styled("label")


def test_each_part_has_an_element() -> None:
    """Text, links, code and people are elements of rich text, none of them a mention."""
    assert inline("<@U1>") == {"type": "text", "text": "<@U1>"}
    assert inline(Code("`x`")) == {"type": "text", "text": "`x`", "style": {"code": True}}
    assert inline(Person("@ada")) == {"type": "text", "text": "@ada"}
    assert inline(Moment(datetime(2026, 3, 4, 15, 30, tzinfo=UTC))) == {
        "type": "date", "timestamp": 1772638200, "format": "{date_short_pretty} at {time}",
        "fallback": "2026-03-04 15:30 UTC",
    }  # fmt: skip
    assert inline(Channel("slack", "C123", "dev")) == {"type": "channel", "channel_id": "C123"}
    assert inline(Channel("discord", "77", "dev")) == styled("#dev on Discord")
    assert inline(Channel("slack", "<!here>")) == styled("slack:<!here>")
    assert inline(Link("", "https://a.example")) == {
        "type": "link", "url": "https://a.example", "text": "https://a.example",
    }  # fmt: skip


def test_a_long_line_is_cut_or_continued() -> None:
    """All of it is in the chunks; where there is room for one, an ellipsis ends it."""
    text = "word " * 5000
    whole = "".join(part["text"] for group in chunks([styled(text)]) for part in group)
    assert whole == text
    assert short((text,))[-1]["text"] == "…"
    assert short(("word",)) == [styled("word")]
    assert short(("",)) == []


def test_an_address_with_spaces_stays_one() -> None:
    """Where it leads is what it says, and a line does not end in it."""
    shown = inline(Link("file", "https://a.example/my file\n.py"))
    assert shown["url"] == "https://a.example/my%20file%0A.py"
