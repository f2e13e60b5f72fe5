"""The key is made once, kept from everybody else, or given; tokens come from the terminal."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest
from pydantic import SecretStr, ValidationError

from bot.__main__ import main
from bot.chat import Actor
from bot.passes import Passes, passes_of
from bot.settings import Settings
from tests.bot.lab import Clock

ADA = Actor("slack", "U1", "ada")
KEY = "k" * 32


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def settings(folder: Path, **given: object) -> Settings:
    """Return settings with their data in this folder."""
    return Settings(_env_file=None, data_dir=folder, **given)  # type: ignore[arg-type] # any of them


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, without settings."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"FLOWBOT_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_key_is_made_once_and_is_nobody_else_s(tmp_path: Path) -> None:
    """A session outlives a restart; the file is readable by its owner alone."""
    folder = tmp_path / "data"
    session = passes_of(settings(folder), now).session(ADA)
    again = passes_of(settings(folder), now).read(session, "session")
    assert again is not None
    assert again.actor == ADA
    assert stat.S_IMODE((folder / "secret.key").stat().st_mode) == 0o600
    assert [each.name for each in folder.iterdir()] == ["secret.key"]


def test_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    """Whoever comes second takes what is there, and never half of it."""
    with ThreadPoolExecutor(16) as pool:
        every = list(pool.map(lambda _: passes_of(settings(tmp_path), now), range(16)))
    token = every[0].token(ADA)
    assert all(each.read(token, "api") for each in every)


def test_a_key_that_is_given_counts(tmp_path: Path) -> None:
    """Nothing is written then; a short one is refused with what to do."""
    given = settings(tmp_path, secret_key=SecretStr(KEY))
    assert Passes(KEY.encode(), now).read(passes_of(given, now).token(ADA), "api")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValidationError, match="at least 32 characters"):
        settings(tmp_path, secret_key=SecretStr("short"))


def test_a_pass_without_its_parts_is_none() -> None:
    """Though it is signed with our key."""
    passes = Passes(KEY.encode(), Clock())
    for claims in ({"exp": 9_999_999_999}, {"exp": 9_999_999_999, "sub": "U1", "jti": "x"}):
        signed = jwt.encode({"aud": "api"} | claims, KEY, "HS256")
        assert passes.read(signed, "api") is None
    unsigned = jwt.encode({"aud": "api", "sub": "U1"}, "", "none")
    assert passes.read(unsigned, "api") is None


@pytest.mark.usefixtures("alone")
def test_the_terminal_prints_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    """For somebody by their id and name, or for whoever sits there; nothing else is printed."""
    assert main(["token", "--as", "slack:U1", "--name", "ada", "--days", "2"]) == 0
    shown = passes_of(Settings(), now).read(capsys.readouterr().out.strip(), "api")
    assert shown is not None
    assert shown.actor == ADA
    assert (shown.until - now()).days == 1
    assert main(["token", "--admin"]) == 0
    shown = passes_of(Settings(), now).read(capsys.readouterr().out.strip(), "api")
    assert shown is not None
    assert shown.actor.platform == "terminal"


@pytest.mark.usefixtures("alone")
def test_the_terminal_prints_a_link(capsys: pytest.CaptureFixture[str]) -> None:
    """To the status page, as the settings have it."""
    assert main(["token", "--admin", "--link"]) == 0
    link = capsys.readouterr().out
    assert link.startswith("http://127.0.0.1:8080/sign-in?token=")
    assert passes_of(Settings(), now).read(link.strip().partition("token=")[2], "link")


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("words", [["--as", "ada"], ["--as", ":U1"]])
def test_a_person_without_a_platform_is_asked_for(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """With an example."""
    assert main(["token", *words]) == 2
    assert "slack:U123" in capsys.readouterr().err


@pytest.mark.parametrize("days", ["0", "4000", "x"])
def test_a_token_has_a_sensible_length(days: str, capsys: pytest.CaptureFixture[str]) -> None:
    """From a day to ten years."""
    with pytest.raises(SystemExit):
        main(["token", "--admin", "--days", days])
    assert "--days" in capsys.readouterr().err
