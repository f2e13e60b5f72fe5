"""No secret reaches the log, wherever in a record it stands."""

import io
import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.logs import MASK, QUIET, Redaction, set_up_logs
from bot.settings import Settings

SECRET = "correct-horse-battery"  # a password that looks like none
TOKENS = [
    "xoxb-123456789012-abcdef",
    "xapp-1-A0123-456789",
    "ghp_0123456789abcdefABCDEF",
    "ghs_0123456789abcdefABCDEF",
    "github_pat_0123456789_abcdef",
    "lin_api_0123456789abcdef",
]


@pytest.fixture
def written() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """Yield a logger that masks, and what it wrote."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(Redaction(frozenset({SECRET, "", "correct"})))
    logger = logging.getLogger("tests.redaction")
    logger.addHandler(handler)
    yield logger, stream
    logger.removeHandler(handler)


def test_known_secrets_are_masked_everywhere(
    written: tuple[logging.Logger, io.StringIO],
) -> None:
    """In the text, in its arguments, and in tracebacks; the longest first."""
    logger, stream = written
    logger.warning("the secret is %s, %r", SECRET, {"token": SECRET})
    try:
        int(SECRET)
    except ValueError:
        logger.exception("and %s", SECRET)

    assert SECRET not in stream.getvalue()
    assert "horse" not in stream.getvalue()
    assert stream.getvalue().count(MASK) >= 4
    assert "Traceback" in stream.getvalue()


@pytest.mark.parametrize("token", TOKENS)
def test_what_looks_like_a_token_is_masked(
    written: tuple[logging.Logger, io.StringIO], token: str
) -> None:
    """Though no setting names it."""
    logger, stream = written
    logger.warning("got %s from somebody", token)

    assert stream.getvalue() == f"got {MASK} from somebody\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: Bearer abcdefgh12345678", f"Authorization: Bearer {MASK}"),
        ("redis://:hunter2@queue:6379", f"redis://{MASK}@queue:6379"),
        ("redis://bot:hunter2@queue:6379", f"redis://{MASK}@queue:6379"),
        ("https://acme.example/a:b@c", "https://acme.example/a:b@c"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_credentials_in_headers_and_addresses_are_masked(text: str, expected: str) -> None:
    """The rest of the line stays readable."""
    assert Redaction(frozenset()).clean(text) == expected


@given(st.text(min_size=4), st.text(), st.text())
def test_a_secret_is_gone_whatever_stands_around_it(secret: str, before: str, after: str) -> None:
    """Also where it is made of characters that mean something in a pattern."""
    cleaned = Redaction(frozenset({secret})).clean(f"{before}{secret}{after}")

    assert secret not in cleaned or secret in f"{before}{MASK}{after}"


def test_a_wrong_call_to_the_log_does_not_break_its_caller(
    written: tuple[logging.Logger, io.StringIO],
) -> None:
    """What was meant is written, and masked."""
    logger, stream = written
    wrong: tuple[object, ...] = (SECRET,)
    logger.warning("%d runs of %s", *wrong)

    assert "%d runs of %s" in stream.getvalue()
    assert SECRET not in stream.getvalue()


def test_setting_up_masks_every_secret_of_the_settings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And silences the libraries that say too much."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in QUIET}
    try:
        set_up_logs(Settings(_env_file=None, slack_bot_token=SECRET, log_level="INFO"))
        logging.getLogger("bot").info("token %s", SECRET)
        logging.getLogger("httpx").info("noise")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        for name, was in levels.items():
            logging.getLogger(name).setLevel(was)

    written = capsys.readouterr().err
    assert f"INFO bot: token {MASK}" in written
    assert "noise" not in written
