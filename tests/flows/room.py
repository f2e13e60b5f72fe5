"""A chat that keeps what it was sent, as the messages that people would see."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.chat import Actor, Button, Card, Mark, MessageRef, Posting, ThreadRef
from bot.discord import render as discord
from bot.discord.card import card_message as discord_card
from bot.discord.posting import posting_message as discord_posting
from bot.slack.card import card_message
from bot.slack.posting import posting_message
from bot.slack.render import Message, report_messages
from flows.engine.talk import Said
from flows.report import Report

Kind = Literal["card", "card, edited", "reply", "posting", "posting, edited"]


@dataclass(slots=True)
class Room:
    """Implements the chat port: everything goes into one list, in the order of sending.

    What is `sent` is for Slack; what Discord would get is beside it. What people `said` is the
    thread of the message at `https://chat.example/dev/1`.
    """

    sent: list[tuple[Kind, Message]] = field(default_factory=list)
    on_discord: list[discord.Message] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)

    def meant(self, link: str) -> ThreadRef | None:
        """Read the address of a message."""
        head, *where = link.rsplit("/", 2)
        return ThreadRef("slack", *where) if head == "https://chat.example" else None

    async def thread(self, where: ThreadRef) -> list[Said]:
        """Return what people said."""
        return list(self.said)

    async def post_card(self, where: ThreadRef, card: Card, key: str, *, again: bool) -> MessageRef:
        """Keep a new card."""
        self._keep_card("card", card)
        return MessageRef(where.platform, where.channel, f"{len(self.sent)}")

    async def edit_card(self, message: MessageRef, card: Card) -> None:
        """Keep what the card says now, beside what it said."""
        self._keep_card("card, edited", card)

    async def post_report(
        self, where: ThreadRef, report: Report, url: str, key: str, *, again: bool
    ) -> None:
        """Keep every message of a report."""
        self._keep_report(report, url)

    async def tell(
        self,
        person: Actor,
        report: Report,
        key: str,
        *,
        again: bool,
        buttons: Sequence[Button] = (),
    ) -> MessageRef:
        """Keep what one person is told directly."""
        self.sent += [("reply", message) for message in report_messages(report, "")]
        return MessageRef(person.platform, person.id, f"{len(self.sent)}")

    async def retell(
        self, message: MessageRef, report: Report, key: str, buttons: Sequence[Button] = ()
    ) -> None:
        """Keep what one person is told instead."""
        self.sent += [("reply", each) for each in report_messages(report, "")]

    async def tidy(self, where: ThreadRef, key: str, since: datetime, keep: str = "") -> None:
        """Leave everything as it is: here nothing is sent twice."""

    async def react(self, message: MessageRef, name: Literal["seen"]) -> None:
        """See that a message was noticed; nobody here typed one."""

    async def whisper(self, channel: str, to: Actor, report: Report, thread: str = "") -> None:
        """Keep what one person is told."""
        self._keep_report(report, "")

    async def post(
        self, where: ThreadRef, posting: Posting, key: str, *, again: bool, since: datetime
    ) -> MessageRef:
        """Keep a new posting."""
        self._keep_posting("posting", posting)
        return MessageRef(where.platform, where.channel, f"{len(self.sent)}")

    async def find(self, where: ThreadRef, key: str, since: datetime) -> MessageRef | None:
        """Find nothing: no try was in vain."""

    async def edit(self, message: MessageRef, posting: Posting) -> None:
        """Keep what a posting says now, beside what it said."""
        self._keep_posting("posting, edited", posting)

    async def remove(self, message: MessageRef) -> bool:
        """Leave what was said: a transcript has all of it."""
        return True

    async def mark(self, message: MessageRef, mark: Mark, before: Mark) -> None:
        """See that something has another state."""

    @property
    def news(self) -> list[str]:
        """What runs have told before their end, a line each."""
        return [message.text for kind, message in self.sent if kind == "posting"]

    def _keep_posting(self, kind: Kind, posting: Posting) -> None:
        self.sent.append((kind, posting_message(posting)))
        self.on_discord.append(discord_posting(posting))

    def _keep_card(self, kind: Kind, card: Card) -> None:
        self.sent.append((kind, card_message(card)))
        self.on_discord.append(discord_card(card))

    def _keep_report(self, report: Report, url: str) -> None:
        self.sent += [("reply", message) for message in report_messages(report, url)]
        self.on_discord += discord.report_messages(report, url)
