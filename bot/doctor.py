"""Says for every setting and service what is wrong, and what to do about it."""

import shutil
import sys
from collections.abc import AsyncIterator

import msgspec

from bot.services import Unready, open_services
from bot.settings import Settings


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at; `remedy` is what to do where it is not well."""

    name: str
    ok: bool
    value: str
    remedy: str = ""


async def doctor(settings: Settings, *, as_json: bool) -> int:
    """Print the findings; exit code 1 where one of them is bad."""
    findings = [each async for each in _findings(settings)]
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(findings)).decode() + "\n")
    else:
        width = max(len(each.name) for each in findings)
        for each in findings:
            remedy = "" if each.ok or not each.remedy else f"\n  {'':{width}}  → {each.remedy}"
            sys.stdout.write(
                f"{'✓' if each.ok else '✗'} {each.name:{width}}  {each.value}{remedy}\n"
            )
    return 0 if all(each.ok for each in findings) else 1


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    git = shutil.which("git")
    yield Finding("git", bool(git), git or "not found", "Install git: checkouts need it.")
    for each in _settings(settings):
        yield each
    try:
        async with open_services(settings) as services:
            for vital in (await services.tools.system.vitals()).items:
                # Nobody has to be at work while the doctor looks.
                ok = vital.ok or vital.name == "Workers"
                yield Finding(vital.name, ok, vital.value, vital.remedy)
            for vital in await services.tools.system.services():
                yield Finding(vital.name, vital.ok, vital.value, vital.remedy)
    except (Unready, OSError, RuntimeError) as error:
        yield Finding("Services", False, str(error))


def _settings(settings: Settings) -> list[Finding]:
    slack = bool(settings.slack_bot_token.get_secret_value())
    discord = bool(settings.discord_token.get_secret_value())
    door = settings.slack_app_token.get_secret_value() or (
        settings.slack_signing_secret.get_secret_value()
    )
    found = [
        Finding(
            "FLOWBOT_SLACK_BOT_TOKEN",
            slack or discord,
            "set" if slack else "not set",
            "Create the Slack app from bot/slack/manifest.yaml and copy its Bot User OAuth Token.",
        ),
        Finding(
            "FLOWBOT_SLACK_APP_TOKEN or FLOWBOT_SLACK_SIGNING_SECRET",
            bool(door) or (discord and not slack),
            "set" if door else "not set",
            "An app-level token opens Socket Mode; a signing secret lets Slack call over HTTP.",
        ),
    ]
    found.append(
        Finding(
            "FLOWBOT_DISCORD_TOKEN",
            slack or discord,
            "set" if discord else "not set",
            "Create an application at discord.com/developers and copy the token of its bot.",
        )
    )
    sign_in = settings.github_token.get_secret_value() or settings.github_app_id
    found.append(
        Finding(
            "FLOWBOT_GITHUB_TOKEN or FLOWBOT_GITHUB_APP_ID",
            bool(sign_in),
            "set" if sign_in else "not set",
            "Create a GitHub App (see the README for its permissions) or a fine-grained token.",
        )
    )
    if settings.database_url.get_secret_value() and not settings.secret_key.get_secret_value():
        remedy = "Set the same key on every machine: `openssl rand -hex 32` prints a good one."
        found.append(Finding("FLOWBOT_SECRET_KEY", False, "not set", remedy))
    if settings.github_app_id and not settings.github_private_key.get_secret_value():
        found.append(
            Finding("FLOWBOT_GITHUB_PRIVATE_KEY", False, "not set", "Paste the App's private key.")
        )
    if settings.host not in ("127.0.0.1", "::1", "localhost"):
        found.append(
            Finding(
                "FLOWBOT_HOST",
                False,
                settings.host,
                "The page has no sign-in yet: take 127.0.0.1, or put a proxy with one before it.",
            )
        )
    return found
