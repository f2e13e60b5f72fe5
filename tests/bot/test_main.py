"""The command line: what each command prints, and with which exit code it ends."""

import asyncio
import json
import os
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.__main__ import main
from integrations.emulators.github import TOKEN, GitHubWorld, github_app
from integrations.emulators.server import serve

ROOT = Path(__file__).parents[2]
PATIENCE = 60


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run every command in an empty folder, so that no settings of this machine count."""
    for name in [name for name in os.environ if name.startswith("FLOWBOT_")]:  # noqa: TID251 - these are to go
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubWorld]:
    """Yield a GitHub that is served in a thread, and let the settings name it."""
    world = GitHubWorld(tmp_path / "github")
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    ready, ended = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()
    addresses: list[str] = []

    async def serving() -> None:
        async with serve(github_app(world)) as base:
            addresses.append(base)
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serving()))
    thread.start()
    assert ready.wait(PATIENCE)
    monkeypatch.setenv("FLOWBOT_GITHUB_URL", addresses[0])
    monkeypatch.setenv("FLOWBOT_GITHUB_TOKEN", TOKEN)
    yield world
    loop.call_soon_threadsafe(ended.set)
    thread.join()
    loop.close()
    world.close()


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever types --help sees every command with its sentence."""
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    assert ended.value.code == 0
    said = capsys.readouterr().out
    for command in ("up", "demo", "run", "flows", "doctor", "migrate", "new-flow"):
        assert f"\n    {command} " in said


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The choices are in the message."""
    with pytest.raises(SystemExit) as ended:
        main(["relese"])

    assert ended.value.code == 2
    assert "invalid choice: 'relese'" in capsys.readouterr().err


def test_flows_lists_the_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each, with the word that is typed and what it does."""
    assert main(["flows"]) == 0
    assert re.search(r"^release +Ship a release:", capsys.readouterr().out, re.MULTILINE)

    assert main(["flows", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {each["alias"] for each in found} >= {"release", "dora", "components", "health"}
    assert all(each["examples"] for each in found)


def test_migrate_brings_the_database_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    """Twice is as good as once."""
    assert main(["migrate"]) == 0
    assert main(["migrate"]) == 0

    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("The database went from empty to ")
    assert second == "The database is up to date."


def test_bad_settings_are_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The name of the variable and what is wrong with it, and nothing of its value."""
    monkeypatch.setenv("FLOWBOT_PORT", "s3cret")

    assert main(["migrate"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("FLOWBOT_PORT: ")
    assert said.count("\n") == 1
    assert "s3cret" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("worker --queues hevy", "--queues: there is no queue 'hevy': name some of interactive, "),
        ("worker --queues ,", "--queues: no queue is named"),
        ("worker --concurrency many", "--concurrency: 'many' does not say how many"),
        ("worker --queues heavy --concurrency 0", "--concurrency: '0' is not a number from 1"),
        ("up --workers lots", "--workers: 'lots' is not a number of workers: write 0 to "),
    ],
)
def test_a_wrong_flag_is_one_line(
    words: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what can be written instead; nothing is started."""
    assert main(words.split()) == 2
    shown = capsys.readouterr().err
    assert shown.startswith(said)
    assert shown.count("\n") == 1


@pytest.mark.parametrize(
    "url", ["nonsense", "postgresql+asyncpg://flowbot@127.0.0.1:9/flowbot", "mysql://x/y"]
)
def test_a_database_that_is_not_there_is_one_line(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody has to read a traceback to find a wrong address."""
    monkeypatch.setenv("FLOWBOT_DATABASE_URL", url)

    assert main(["migrate"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_doctor_finds_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each finding has a remedy, and the exit code says that there is one."""
    monkeypatch.setenv("FLOWBOT_GITHUB_URL", "http://127.0.0.1:9")

    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "✗ FLOWBOT_SLACK_BOT_TOKEN" in said
    assert "→ Create the Slack app from bot/slack/manifest.yaml" in said
    assert "✓ Database" in said


def test_the_doctor_wants_one_key_for_many_machines(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where there is a database of its own, there may be many; one that is made here is not it."""
    monkeypatch.setenv("FLOWBOT_GITHUB_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("FLOWBOT_DATABASE_URL", f"sqlite+aiosqlite:///{elsewhere / 'other.db'}")

    assert main(["doctor"]) == 1
    assert "✗ FLOWBOT_SECRET_KEY" in capsys.readouterr().out
    monkeypatch.setenv("FLOWBOT_SECRET_KEY", "k" * 32)
    assert main(["doctor"]) == 1
    assert "FLOWBOT_SECRET_KEY" not in capsys.readouterr().out


def test_a_key_that_cannot_be_kept_is_asked_for(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says which setting helps."""
    (elsewhere / "secret.key").mkdir()
    monkeypatch.setenv("FLOWBOT_DATA_DIR", str(elsewhere))
    monkeypatch.setenv("FLOWBOT_GITHUB_URL", "http://127.0.0.1:9")

    main(["doctor"])

    assert "Set FLOWBOT_SECRET_KEY." in capsys.readouterr().out


def test_one_chat_is_enough_for_the_doctor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever uses Discord alone need not set up Slack; whether the token works is looked at."""
    monkeypatch.setenv("FLOWBOT_GITHUB_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("FLOWBOT_DISCORD_TOKEN", "t")
    monkeypatch.setenv("FLOWBOT_DISCORD_API_URL", "http://127.0.0.1:9")

    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "✓ FLOWBOT_SLACK_BOT_TOKEN" in said
    assert "✓ FLOWBOT_DISCORD_TOKEN" in said
    assert "✗ Discord" in said
    assert "→ Discord cannot be reached right now." in said


@pytest.mark.parametrize("part", ["slack", "discord"])
def test_a_chat_without_its_token_says_what_to_set(
    part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, and exit code 2."""
    assert main([part]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"Set FLOWBOT_{part.upper()}" in said


def test_the_doctor_speaks_json(
    world: GitHubWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a script reads is what a person reads; what works is well."""
    assert main(["doctor", "--json"]) == 1
    found = {each["name"]: each for each in json.loads(capsys.readouterr().out)}

    assert not found["FLOWBOT_SLACK_BOT_TOKEN"]["ok"]
    assert found["GitHub"]["ok"]
    assert TOKEN not in str(found)


def test_run_ships_with_a_yes(world: GitHubWorld, capsys: pytest.CaptureFixture[str]) -> None:
    """--yes approves the plan; the steps go to stderr, the report to stdout."""
    assert main(["run", "release", "acme/api", "--yes"]) == 0

    shown = capsys.readouterr()
    assert "acme/api v1.3.0 is out" in shown.out
    assert "✓ Find what is to be released" in shown.err
    assert "1. Tag v1.3.0 at " in shown.err
    assert "v1.3.0" in world.tags("acme/api")


def test_run_speaks_json(world: GitHubWorld, capsys: pytest.CaptureFixture[str]) -> None:
    """A dry run in a script needs nobody."""
    assert main(["run", "release", "acme/api", "--dry-run", "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert (found["state"], found["dry_run"]) == ("done", True)
    assert found["report"]["title"] == "acme/api v1.3.0"
    assert world.writes == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["relese", "acme/api"], "Did you mean /flow release acme/api?"),
        (["release"], "release needs repo. See `python -m bot run help release`."),
        (["release", "acme/api", "level=huge"], "level cannot be “huge”"),
    ],
)
def test_run_answers_bad_input_in_one_sentence(
    world: GitHubWorld, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    """Exit code 2, and what to type instead."""
    assert main(["run", *words]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(("typed", "code", "ships"), [("y", 0, True), ("n", 1, False)])
def test_run_asks_at_the_prompt(world: GitHubWorld, typed: str, code: int, *, ships: bool) -> None:
    """Whoever sits at the terminal decides with one key."""
    keyboard, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "run", "release", "acme/api"],
        stdin=terminal,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},  # noqa: TID251 - plus one
    )
    os.write(keyboard, f"{typed}\n".encode())
    assert process.wait(PATIENCE) == code
    os.close(keyboard)
    os.close(terminal)
    assert ("v1.3.0" in world.tags("acme/api")) is ships


def test_run_without_a_terminal_declines(world: GitHubWorld) -> None:
    """A script that forgot --yes changes nothing and is told so."""
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "run", "release", "acme/api"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},  # noqa: TID251 - plus one
        check=False,
    )

    assert ended.returncode == 1
    assert "There is nobody to ask: add --yes to approve the plan." in ended.stderr
    assert world.writes == []
