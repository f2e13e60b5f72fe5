"""The demo: the real processes against emulated services, ended in every way."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from bot.demo import opened
from integrations.emulators.github import GitHubWorld
from integrations.osv import Installed
from integrations.registries import Ecosystem
from storage import deliveries
from storage.records import DeliveryRecord

PATIENCE = 60
Demo = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a demo that has ended; building its world takes the longest."""
    folder = tmp_path_factory.mktemp("demo") / "kept"
    assert main(["demo", "--once", "/flow help", "--data-dir", str(folder)]) == 0
    return folder


@pytest.fixture
def folder(kept: Path, tmp_path: Path) -> Path:
    """Return a copy of that folder."""
    return Path(shutil.copytree(kept, tmp_path / "demo"))


@pytest.fixture
def demo(folder: Path, capsys: pytest.CaptureFixture[str]) -> Demo:
    """Return what types commands into a demo and returns what came of them."""

    def typed(
        *commands: str, answer: str = "", code: int = 0, platform: str = "slack"
    ) -> dict[str, Any]:
        once = [part for command in commands for part in ("--once", command)]
        answers = ["--answer", answer] if answer else []
        capsys.readouterr()
        where = ["--platform", platform, "--data-dir", str(folder)]
        assert main(["demo", *once, *answers, "--json", *where]) == code
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return typed


def tags(folder: Path) -> list[str]:
    """Return the tags of the shop."""
    world = GitHubWorld.load(folder / "github")
    try:
        return list(world.tags("acme/shop"))
    finally:
        world.close()


def whispers(shown: dict[str, Any]) -> list[str]:
    """Return what one person alone was told, as they read it."""
    return [
        f"{message['text']} {json.dumps(message['blocks'], ensure_ascii=False)}"
        for thread in shown["threads"]
        for message in thread["messages"]
        if message.get("only_for")
    ]


def test_a_yes_ships(demo: Demo, folder: Path) -> None:
    """The run is done, its thread has card, plan and report, and GitHub has the tag."""
    before = tags(folder)
    shown = demo("/flow release acme/shop level=patch", answer="yes")

    assert set(shown) >= {"runs", "threads"}
    (run,) = shown["runs"]
    assert set(run) >= {"id", "flow", "state", "params", "report", "url"}
    assert (run["flow"], run["state"]) == ("release-management", "done")
    assert run["params"]["repo"] == "acme/shop"
    assert run["url"].endswith(f"/runs/{run['id']}")
    assert run["report"]["title"].endswith("is out")
    thread = shown["threads"][-1]
    assert set(thread) >= {"platform", "channel", "messages"}
    assert thread["platform"] == "slack"
    assert len(thread["messages"]) >= 3
    assert all(set(each) >= {"text", "blocks", "files"} for each in thread["messages"])
    (tag,) = set(tags(folder)) - set(before)
    assert tag in run["report"]["title"]


async def test_what_people_do_on_github_arrives(folder: Path) -> None:
    """Signed webhooks come through the bot's own door, and its worker keeps them."""
    async with opened(folder, []) as world:
        number = await world.github.person("cy").opens_pull(
            "acme/shop", "Add limits", {"limits.py": "3\n"}
        )
        since, found = datetime.now(UTC) - timedelta(minutes=1), list[DeliveryRecord]()
        async with asyncio.timeout(PATIENCE):
            while not any(each.state == "done" for each in found):
                async with world.services.database.read() as connection:
                    found = [
                        each
                        for each in await deliveries.of_project(connection, "acme/shop", since)
                        if each.event == "pull_request"
                    ]
    (opening,) = found
    assert (opening.action, json.loads(opening.body)["number"]) == ("opened", number)


async def test_what_the_shop_depends_on_is_known_without_a_network(folder: Path) -> None:
    """Its registries and OSV are emulated, and know each package in the version it uses."""
    used = {
        Installed("PyPI", "flask", "3.0.0"),
        Installed("PyPI", "httpx", "0.27.0"),
        Installed("PyPI", "pydantic", "2.7.0"),
        Installed("PyPI", "sqlalchemy", "2.0.29"),
        Installed("npm", "preact", "10.19.0"),
        Installed("npm", "vite", "5.0.0"),
    }
    async with opened(folder, []) as world:
        tools = world.services.tools
        for each in used:
            eco: Ecosystem = "PyPI" if each.ecosystem == "PyPI" else "npm"
            assert (await tools.registries.package(eco, each.name)).version(each.version)
        found = await tools.osv.matches(sorted(used, key=lambda each: each.name))
    hit = {match.package.name: len(match.hits) for match in found if match.hits}
    assert hit == {"flask": 1, "vite": 3}


@pytest.mark.parametrize("platform", ["slack", "discord"])
async def test_a_channel_follows_what_people_do_there(folder: Path, platform: str) -> None:
    """A pull request has its message in the channel as soon as nothing moves any more."""
    async with opened(folder, [], platform=platform) as world:
        await world.stage.type("ada", "/flow subscribe acme/shop prs,ci")
        await world.settle(None)
        number = await world.github.person("cy").opens_pull(
            "acme/shop", "Add limits", {"limits.py": "3\n"}
        )
        await world.settle(None)
        shown = "\n".join(world.stage.spoken().values())
    assert "This channel follows acme/shop." in shown
    assert f"acme/shop#{number} Add limits" in shown


def test_discord_does_the_same(demo: Demo, folder: Path) -> None:
    """The same run, the same thread, the same files, and GitHub has the tag."""
    before = tags(folder)
    commands = ("/flow release acme/shop level=patch", "/flow dora acme/shop window=12w")
    shown = demo(*commands, answer="yes", platform="discord")

    assert [(run["flow"], run["state"]) for run in shown["runs"]] == [
        ("release-management", "done"),
        ("performance-analytics", "done"),
    ]
    release, dora = (each for each in shown["threads"] if not each["messages"][0].get("only_for"))
    assert {release["platform"], dora["platform"]} == {"discord"}
    card, plan, report = (each["text"].split("\n")[0] for each in release["messages"])
    assert card == report
    assert card.endswith("is out")
    assert plan.startswith("acme/shop v")
    files = [file["name"] for message in dora["messages"] for file in message["files"]]
    assert [name.rpartition(".")[2] for name in files] == ["png", "csv"]
    assert len(set(tags(folder)) - set(before)) == 1


def test_discord_answers_bad_input_too(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    """Each mistake to the one who made it; what its client holds back is said by the client."""
    mistakes = {
        "/flow relese acme/shop": "Did you mean",
        "/flow release acme/shop level=huge": "level cannot be “huge”: take auto, major,",
        "/flow release": "It asks for Repo (required)",
    }
    shown = demo("/flow", "@flowbot help release", *mistakes, platform="discord")
    assert shown["runs"] == []
    expected = ("/flow release", *mistakes.values())
    for told, words in zip(whispers(shown)[-len(expected) :], expected, strict=True):
        assert words in told


def test_a_no_and_a_rehearsal_ship_nothing(demo: Demo, folder: Path) -> None:
    """A declined plan and a dry run leave GitHub as it was."""
    before = tags(folder)
    shown = demo("/flow release acme/shop --dry-run", "/flow release acme/shop", answer="no")

    assert [run["state"] for run in shown["runs"]] == ["done", "stopped"]
    assert tags(folder) == before


def test_pictures_and_tables_go_along(demo: Demo) -> None:
    """What does not fit into a message is a file beside it."""
    shown = demo("/flow dora acme/shop window=12w")

    files = [f["name"] for t in shown["threads"] for m in t["messages"] for f in m["files"]]
    assert [name.rpartition(".")[2] for name in files] == ["png", "csv"]


def test_bad_input_is_answered_in_one_sentence(demo: Demo) -> None:
    """Each mistake is answered to the one who made it, with what to type instead."""
    mistakes = {
        "/flow": "What I can do",
        "/flow relese acme/shop": "Did you mean",
        "/flow release acme/shop level=huge": "level cannot be “huge”: take auto, major,",
        "/flow dora acme/shop window=12x": "12x is no window",
        '/flow release "acme/shop': "is never closed",
        f"/flow release {'x' * 10_000}": "a command has at most 4,000",
        "/flow release acme/shop now please more and more": "one word too many",
        "/flow release acme/shop colour=red": "has no parameter “colour”",
    }
    shown = demo(*mistakes)

    assert shown["runs"] == []
    said = whispers(shown)[-len(mistakes) :]
    for told, expected in zip(said, mistakes.values(), strict=True):
        assert expected in told


def test_a_missing_parameter_opens_a_form(demo: Demo) -> None:
    """Nothing runs before the form is filled in."""
    shown = demo("/flow release")

    assert shown["runs"] == []
    assert "Repo" in whispers(shown)[-1]


def test_a_repository_that_is_not_there_is_one_sentence(demo: Demo) -> None:
    """The run stops; nothing broke."""
    (run,) = demo("/flow release acme/nope")["runs"]

    assert run["state"] == "stopped"
    assert run["report"]["summary"].startswith("GitHub has no repository acme/nope")


def test_a_killed_demo_goes_on_where_it_was(demo: Demo, folder: Path) -> None:
    """After kill -9 in the middle of a release it is finished, and done once."""
    before = tags(folder)
    with prompt(folder) as process:
        tell(process, "/flow release acme/shop level=patch")
        until(process, "[ Approve ]")
        tell(process, "yes")
        until(process, "Approved by")
        process.kill()
        assert process.wait(PATIENCE) == -signal.SIGKILL

    shown = demo("/flow help", answer="yes")
    (run,) = shown["runs"]
    assert run["state"] == "done"
    assert len(set(tags(folder)) - set(before)) == 1
    assert len(tags(folder)) == len(before) + 1


def test_the_prompt_takes_what_people_type(folder: Path) -> None:
    """Commands, forms, mentions, answers and other people; `quit` ends it."""
    with prompt(folder) as process:
        until(process, "ada> ")
        for line, shown in (
            ("what?", "what GitHub has by now"),
            ("yes", "No plan waits for an answer."),
            ("fill repo=acme/shop", "No form is open"),
            ("github", "acme/shop: "),
            ("linear", "In Review"),
            ("/flow release", "A form opens"),
            ("fill colour=red", "Please complete the required field"),
            ("fill repo=acme/shop colour=red", "The modal has no field colour."),
            ("fill repo=acme/shop", "[ Decline ]"),
            ("press Frobnicate", "There is no button"),
            ("press Decline", "Declined by Ada"),
            ("as bo", "bo> "),
            ("@flowbot relese acme/shop", "Did you mean"),
            ("!flow help release", "/flow release"),
        ):
            tell(process, line)
            until(process, shown)
        tell(process, "quit")
        assert process.wait(PATIENCE) == 0


def test_the_prompt_may_be_discords(folder: Path) -> None:
    """Commands, forms, mentions and answers there."""
    with prompt(folder, "--platform", "discord") as process:
        until(process, "ada> ")
        for line, shown in (
            ("yes", "No plan waits for an answer."),
            ("fill repo=acme/shop", "No form is open"),
            ("/flow", "This option is required: command."),
            ("/flow release", "A form opens"),
            ("fill colour=red", "The form has no field colour."),
            ("fill repo=acme/shop", "[ Decline ]"),
            ("no", "Declined by Bo"),
            ("!flow help release", "/flow release"),
        ):
            tell(process, line)
            until(process, shown)
        tell(process, "quit")
        assert process.wait(PATIENCE) == 0


def test_the_prompt_can_switch_between_the_chats(folder: Path) -> None:
    """The same bot is in both: what was asked for in one is known in the other."""
    with prompt(folder) as process:
        until(process, "You are in Slack, as Ada, an admin.")
        for line, shown in (
            ("/flow release acme/shop level=patch", "[ Decline ]"),
            (":discord", "You are in Discord now."),
            ("/flow runs", "release acme/shop level=patch"),
            ("/flow release acme/shop level=minor", "[ Decline ]"),
            ("no", "Declined by Bo"),
            (":slack", "You are in Slack now."),
            ("no", "Declined by Bo"),
            (":teams", "go on in the other chat"),
        ):
            tell(process, line)
            until(process, shown)
        tell(process, "quit")
        assert process.wait(PATIENCE) == 0


def test_ctrl_c_ends_the_prompt(folder: Path) -> None:
    """The exit code is 0, and no process is left behind."""
    with prompt(folder) as process:
        until(process, "ada> ")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0

    running = subprocess.run(
        ["ps", "-A", "-o", "args="],  # noqa: S607 - wherever it is
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line for line in running.stdout.splitlines() if str(folder) in line] == []


@contextmanager
def prompt(folder: Path, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """Open the prompt of a demo in a process of its own."""
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "bot", "demo", "--data-dir", str(folder), *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def tell(process: subprocess.Popen[bytes], line: str) -> None:
    """Type a line."""
    assert process.stdin
    process.stdin.write(f"{line}\n".encode())
    process.stdin.flush()


def until(process: subprocess.Popen[bytes], words: str) -> None:
    """Read on until these words were printed; a process that ends first is a failure."""
    assert process.stdout
    read = b""
    while words.encode() not in read:
        part = os.read(process.stdout.fileno(), 65_536)
        assert part, f"the demo ended before it said {words!r}: {read.decode()}"
        read += part
