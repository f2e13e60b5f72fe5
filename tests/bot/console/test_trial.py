"""A command can be tried: who it is for and what would come of it, without doing it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.chat import Actor
from bot.console.render import render
from bot.console.trial import FITS, FORBIDDEN, UNFIT, Setting, trial
from flows.engine.access import Role
from flows.engine.policy import PolicySettings
from flows.engine.tools import ProjectSettings
from tests.bot.lab import ADA, CAT, RULES

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
SHOP = ProjectSettings(
    "acme/shop",
    policies={"release": PolicySettings(approvals=2, deadline="4 h")},
    channels=["slack:C1"],
)
FREE = ProjectSettings("acme/free", policies={"release": PolicySettings(approvals=0)})


def setting(by: Actor = ADA, channel: str = "") -> Setting:
    """Return somebody who types, where two projects are known."""
    return Setting(RULES, [SHOP, FREE], by, NOW, channel)


def test_a_command_that_would_run_says_who_has_to_approve() -> None:
    """With its inputs, defaults too, and the queue in which it would wait."""
    found = trial("/flow release shop level=patch", setting())

    assert (found.understood, found.code, found.refused) == ("order", FITS, "")
    assert found.command == "release acme/shop level=patch"
    assert found.inputs == {
        "repo": "acme/shop",
        "level": "patch",
        "pre": "no",
        "branch": "",
        "force": False,
    }
    assert found.queue == "interactive"
    assert found.approval == (
        "2 people have to approve: anybody with the role maintainer other than ada can approve. "
        "Without that it counts as declined on 2026-03-04 19:30 UTC."
    )
    shown = render(found.report)
    assert "It would run. Nothing was run or stored." in shown
    assert "• branch none" in shown
    assert "• force no" in shown


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("dora acme/shop", "Nobody: it only looks."),
        ("release acme/free", "Nobody: its plan is applied at once."),
        ("release acme/shop --dry-run", "Nobody: a dry run."),
        ("release acme/api", "Anybody with the role maintainer other than ada can approve."),
    ],
)
def test_not_everything_needs_a_yes(typed: str, says: str) -> None:
    """As the flow, its project and the command say."""
    assert trial(typed, setting()).approval == says


def test_a_freeze_asks_for_a_yes_in_any_case() -> None:
    """And the trial says until when nothing is applied."""
    frozen = PolicySettings(approvals=0, freezes=["2026-03-01 - 2026-03-09 UTC"])
    projects = [ProjectSettings("acme/free", policies={"release": frozen})]

    found = trial("release acme/free", Setting(RULES, projects, ADA, NOW))

    assert "Nothing is applied before" in found.approval


def test_whoever_sits_at_the_terminal_may_approve_their_own() -> None:
    """As policy has it."""
    found = trial("release acme/api", setting(Actor("terminal", "root", "root")))

    assert found.approval == "Anybody with the role maintainer can approve."


@pytest.mark.parametrize("typed", ["release acme/shop", "release", "ship acme/shop"])
def test_what_policy_forbids_is_said(typed: str) -> None:
    """By the one sentence that a chat would say."""
    found = trial(typed, setting(CAT))

    assert found.code == FORBIDDEN
    assert found.refused == "`release` needs the role maintainer; yours is viewer."
    assert found.refused in render(found.report)


def test_a_projects_roles_count() -> None:
    """They are asked as for a real run."""
    shop = ProjectSettings("acme/shop", roles={"slack:U3": Role.MAINTAINER})

    assert trial("release acme/shop", Setting(RULES, [shop], CAT, NOW)).code == FITS


def test_a_form_is_shown_with_what_it_asks() -> None:
    """Filled in as far as it was given."""
    found = trial("release level=patch", setting())

    assert (found.understood, found.code) == ("form", UNFIT)
    assert found.inputs == {"level": "patch"}
    lines = render(found.report).split("\n")
    assert "It needs repo: a form would ask first. Nothing was run or stored." in lines
    assert next(line for line in lines if line.startswith("repo")).endswith("needed")
    assert next(line for line in lines if line.startswith("level")).endswith("patch")


def test_the_channel_counts() -> None:
    """What it is about need not be said."""
    assert trial("dora", setting(channel="C1")).command == "dora repo=acme/shop"
    assert trial("dora", setting(channel="C2")).understood == "form"


def test_plain_words_show_how_they_were_read() -> None:
    """What only looks would run, what writes would ask first."""
    looks = trial("how healthy is acme/shop?", setting())
    writes = trial("ship acme/shop", setting())
    rehearses = trial("ship acme/shop --dry-run", setting())

    assert (looks.understood, looks.command) == ("order", "dora acme/shop")
    assert "I read that as /flow dora acme/shop." in render(looks.report)
    assert writes.understood == "form"
    assert "It changes things: a form would ask first." in render(writes.report)
    assert rehearses.understood == "order"


@pytest.mark.parametrize(
    ("typed", "understood", "says"),
    [
        ("help", "help", "Ship software"),
        ("help release", "help", "Or in plain words"),
        ("help relese", "help", "Did you mean /flow help release?"),
        ("status 1a2b", "verb", "How a run stands. Nothing was run or stored."),
        ("dora acme/shop windw=12w", "misread", "dora acme/shop windw=12w\n               ^^^^^"),
        ("release desk", "misread", "I know no repository “desk”"),
    ],
)
def test_everything_else_is_shown_as_it_would_be_answered(
    typed: str, understood: str, says: str
) -> None:
    """Help, what is said to the bot itself, and errors with their mark."""
    found = trial(typed, setting())

    assert found.understood == understood
    assert found.code == (UNFIT if understood == "misread" else FITS)
    assert says in render(found.report)


def test_the_command_line_prints_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As text or as JSON, from the settings; nothing is left on the disk."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLOWBOT_PROJECTS", json.dumps([{"name": "acme/shop"}]))
    monkeypatch.setenv("FLOWBOT_DEFAULT_ROLE", "viewer")

    assert main(["try", "dora shop"]) == FITS
    assert "/flow dora acme/shop" in capsys.readouterr().out
    assert main(["try", "release shop", "--as", "slack:U1", "--json"]) == FORBIDDEN
    told = json.loads(capsys.readouterr().out)
    assert (told["exit_code"], told["understood"]) == (FORBIDDEN, "order")
    assert told["refused"] == "`release` needs the role maintainer; yours is viewer."
    assert main(["try", "dora shop", "--as", "nobody"]) == UNFIT
    assert capsys.readouterr().err == "Say who it is as PLATFORM:ID, such as slack:U123.\n"
    assert list(tmp_path.iterdir()) == []
