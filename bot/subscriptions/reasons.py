"""Why a message is in a channel: which subscription brought it, and what let it through."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.chat import Origin
from bot.replies import Say, no
from bot.subscriptions import telling
from bot.subscriptions.filters import Facts
from bot.subscriptions.wishes import FEATURES, rule_of
from bot.words import Misread, quoted
from flows.report import Code
from storage import posts, sightings, subscriptions
from storage.chat_records import PostRecord
from storage.database import Database

HOW = (
    "Say this in the thread of a message about what this channel follows, or with the link to it: "
)
EXAMPLES = {
    "slack": "https://acme.slack.com/archives/C024BE91L/p1772638200000100",
    "discord": "https://discord.com/channels/290926798626357250/290926798626357251/290926798626357252",
}
_SLACK = re.compile(
    r"https?://[^/\s]+/archives/(\w+)/p(\d+)(\d{6})(?:\?(?:.*&)?thread_ts=([\d.]+))?.*"
)
_DISCORD = re.compile(r"https?://(?:\w+\.)?discord(?:app)?\.com/channels/\w+/(\d+)(?:/(\d+))?.*")


TOLD_BY: Mapping[str, tuple[str, ...]] = {
    "pull": ("prs", "reviews", "comments"),
    "issue": ("issues", "comments"),
    "ci": ("ci",),
    "deployment": ("deployments",),
    "release": ("releases",),
    "push": ("pushes",),
    "alert": ("security",),
}
"""The features by which each kind of thing is told, that of its card first."""


class Reasons:
    """Finds the subscription behind a message."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def answer(self, words: Sequence[str], origin: Origin) -> Say:
        """Return why a message is here: the one that is linked, else the head of this thread."""
        places = _linked(words[0]) if words else _here(origin)
        async with self._database.read() as connection:
            post = None
            for channel, message in places:
                post = post or await posts.by_message(connection, channel, message)
            if post is None or post.platform != origin.platform:
                raise _unplaced(words, origin)
            record = await subscriptions.get(connection, post.source)
            seen = await sightings.get(connection, post.topic)
        if record is None:
            return no("Nobody subscribed to this: the bot told it by itself.", "unknown")
        facts = _facts(seen.state if seen else {})
        rule = rule_of(record.settings)
        fitting = [each for each in FEATURES if rule.lets(each, facts)]
        report = telling.reasoned(record, facts, _ordered(fitting, post))
        return Say(report)


def _unplaced(words: Sequence[str], origin: Origin) -> Misread:
    """Return what helps where no such message is known."""
    link = Code(f"/flow why {EXAMPLES.get(origin.platform, 'LINK')}")
    if not words:
        return Misread(HOW, link)
    leads = (
        "That message came from no subscription"
        if _linked(words[0])
        else (f"{quoted(words[0])} is no link to a message")
    )
    return Misread(f"{leads}. {HOW}", link).at(["why", *words], 1)


def _ordered(features: Sequence[str], post: PostRecord) -> list[str]:
    """Return the features that the kind of thing is told by."""
    kind = post.topic.split(":")[1] if ":" in post.topic else ""
    own = TOLD_BY.get(kind, ("linear",))
    return [each for each in own if each in features] or list(own)


def _linked(link: str) -> list[tuple[str, str]]:
    """Return the channel and the message that a link leads to, and the head of its thread."""
    if found := _SLACK.fullmatch(link):
        channel, seconds, fraction, thread = found.groups()
        return [(channel, f"{seconds}.{fraction}"), *([(channel, thread)] if thread else [])]
    if found := _DISCORD.fullmatch(link):
        channel, message = found.groups()
        return [(channel, message or ""), (channel, channel)]
    return []


def _here(origin: Origin) -> list[tuple[str, str]]:
    return [(origin.channel, origin.thread)] if origin.thread else []


def _facts(state: Mapping[str, Any]) -> Facts:
    return {name: tuple(values) for name, values in state.get("facts", {}).items()}
