"""The manifest asks Slack for what the code uses, and for nothing else."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

import bot.slack
from bot.__main__ import main
from bot.docs import MANIFEST
from bot.slack.manifest import FREE, LISTENED_TO, ONLY_WITH_LINKS, SCOPES, manifest, page, written
from bot.wording import slug
from flows.engine.spec import Shortcut
from tests.bot.speech import LABEL

FOLDER = Path(bot.slack.__file__ or "").parent
PAGE = "https://flowbot.example"
MENU = replace(LABEL, shortcuts=(Shortcut("Create bug", "repo"),))


def called() -> set[str]:
    """Return the methods of the Web API that the code of the surface calls."""
    code = "\n".join(place.read_text() for place in FOLDER.glob("*.py"))
    names = {name for name in re.findall(r"client\.(\w+)", code) if hasattr(AsyncWebClient, name)}
    return {name.replace("_", ".", 1) for name in names if "_" in name}


def test_every_scope_is_needed_by_what_the_code_does() -> None:
    """Each method, event and command has its scope, or needs none; no scope is left over."""
    needed = {name for scope in SCOPES for name in scope.needed_by}
    used = called() | {*LISTENED_TO, "/flow", "shortcuts"}
    assert used <= needed | {*FREE}, "say in bot/slack/manifest.py which scope this needs"
    assert needed | {*FREE} <= used, "nothing needs this any more"
    assert [scope.name for scope in SCOPES] == sorted(scope.name for scope in SCOPES)
    assert all(scope.why for scope in SCOPES)


def test_every_event_that_is_asked_for_has_a_listener() -> None:
    """Slack sends nothing that is only ignored."""
    code = (FOLDER / "app.py").read_text()
    heard = set(re.findall(r'app\.event\("(\w+)"\)', code))
    assert {name.partition(".")[0] for name in LISTENED_TO} == heard


def test_without_an_address_the_app_sees_no_links() -> None:
    """Socket Mode needs none; then nothing that belongs to links is asked for."""
    made = manifest([LABEL])
    scopes = made["oauth_config"]["scopes"]["bot"]
    assert "links:read" not in scopes
    assert not ONLY_WITH_LINKS & {*made["settings"]["event_subscriptions"]["bot_events"]}
    assert "unfurl_domains" not in made["features"]
    assert "shortcuts" not in made["features"]
    assert made["settings"]["socket_mode_enabled"] is True
    assert made["features"]["app_home"]["home_tab_enabled"] is True
    assert made["features"]["slash_commands"][0]["should_escape"] is True


def test_an_address_brings_links_and_requests() -> None:
    """The domain of the page is shown with what its links lead to; over HTTP Slack comes there."""
    made = manifest([LABEL], f"{PAGE}/", socket=False)
    place = f"{PAGE}/slack/events"
    assert made["features"]["unfurl_domains"] == ["flowbot.example"]
    assert "links:write" in made["oauth_config"]["scopes"]["bot"]
    assert made["settings"]["event_subscriptions"]["request_url"] == place
    assert made["settings"]["interactivity"]["request_url"] == place
    assert made["features"]["slash_commands"][0]["url"] == place
    assert made["settings"]["socket_mode_enabled"] is False
    assert manifest([], PAGE)["settings"]["socket_mode_enabled"] is True


def test_shortcuts_come_from_the_flows() -> None:
    """A flow that declares one is in the menu of every message; nothing else is edited."""
    [entry] = manifest([LABEL, MENU])["features"]["shortcuts"]
    assert entry["name"] == "Create bug"
    assert entry["callback_id"] == f"{MENU.slug}:{slug('Create bug')}"
    assert '- name: "Create bug"\n      type: "message"' in written(manifest([MENU]))


def test_the_page_is_what_the_code_says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is generated, and printed for the settings at hand."""
    assert MANIFEST.read_text() == page()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLOWBOT_PUBLIC_URL", PAGE)
    assert main(["manifest"]) == 0
    assert '    - "flowbot.example"\n' in capsys.readouterr().out
