"""What somebody typed, from how Slack sends it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.words import mentions, typed, without_mention
from bot.wording import has_prefix, without_prefix


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("dora acme/shop", "dora acme/shop"),
        ("a &lt; b &amp;&amp; c", "a < b && c"),
        ("&amp;lt;", "&lt;"),
        ("ask <@U1ADA>", "ask @U1ADA"),
        ("ask <@U1ADA|ada>", "ask @U1ADA"),
        ("in <#C1|dev> or <#C2>", "in #dev or #C2"),
        ("<https://a.example/x|a.example/x>", "a.example/x"),
        ("<https://a.example|something else>", "https://a.example"),
        ("<https://a.example/?q=1&amp;r=2>", "https://a.example/?q=1&r=2"),
        ("<mailto:ada@acme.example|ada@acme.example>", "ada@acme.example"),
        ("<!here> <!subteam^S1|@team> <!date^1^{time}|noon>", "@here @team noon"),
        ("  spaces  ", "spaces"),
    ],
)
def test_slacks_tokens_become_what_was_typed(sent: str, meant: str) -> None:
    """Mentions, channels, links and entities read as they did in the box."""
    assert typed(sent) == meant


@given(st.text(alphabet="ab<>&|!@# ", max_size=60))
def test_what_was_typed_comes_back(text: str) -> None:
    """Slack escapes what people type; reading it gives the same text."""
    sent = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert typed(sent) == text.strip()


@pytest.mark.parametrize(
    ("text", "is_command", "rest"),
    [
        ("!flow dora", True, "dora"),
        ("  !FLOW: dora", True, "dora"),
        ("!flow", True, ""),
        ("!flowers", False, "!flowers"),
        ("/flow dora", False, "dora"),
        ("say !flow dora", False, "say !flow dora"),
    ],
)
def test_a_prefix_is_a_word_of_its_own(text: str, is_command: bool, rest: str) -> None:
    """`!flow` starts a command, a longer word does not."""
    assert has_prefix(text) is is_command
    assert without_prefix(text) == rest


def test_only_our_own_mention_is_taken_out() -> None:
    """Other people stay in the text."""
    text = "<@UBOT> assign <@U1> <@UBOT|bot>"
    assert without_mention(text, "UBOT").split() == ["assign", "<@U1>"]
    assert mentions(text, "U1")
    assert not mentions(text, "U2")
