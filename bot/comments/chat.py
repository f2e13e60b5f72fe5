"""GitHub's comments as a chat: cards, reports, answers and reactions."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from bot.chat import Actor, Button, Card, Mark, MessageRef, Posting, ThreadRef
from bot.comments.render import (
    card_body,
    mark,
    marked,
    posting_body,
    report_body,
    with_mark_of,
)
from bot.pace import Budget, LocalPace, Pace, Short
from bot.rules import GITHUB
from flows.report import Report
from integrations.errors import Refused
from integrations.github.conversation import Conversation
from integrations.github.remarks import Emoji

CLOCKS_DIFFER = timedelta(minutes=5)
PROGRESS = timedelta(seconds=15)  # between two edits that nobody waits for
REACTIONS: dict[Mark, Emoji] = {
    "running": "eyes",
    "good": "hooray",
    "bad": "confused",
    "merged": "rocket",
    "closed": "-1",
    "approved": "+1",
}
NOBODY_ALONE = "On GitHub nothing can be said to {} alone."


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class GitHubChat:
    """The chat port on GitHub: a pull request or an issue, `acme/shop#12`, is channel and thread.

    Each of our comments bears the mark of its key, which nobody sees: by it `again` finds what an
    earlier try has sent. Only what we have written ourselves counts; anybody can copy a mark.
    """

    def __init__(self, talk: Conversation, pace: Pace | None = None) -> None:
        self._talk = talk
        self._pace = pace or LocalPace(now)
        self._login = ""

    async def login(self) -> str:
        """Return as whom we comment; asked for once."""
        if not self._login:
            self._login = (await self._talk.identity()).login
        return self._login

    async def may_write(self, repo: str, login: str) -> bool:
        """Say whether GitHub lets somebody write to a repository."""
        return await self._talk.may_write(repo, login)

    async def post_card(self, where: ThreadRef, card: Card, key: str, *, again: bool) -> MessageRef:
        """Send a card, or find the one that an earlier try sent with the same key."""
        since = card.started if again else None
        return await self._once(where, card_body(card), key, since, again=again)

    async def edit_card(self, message: MessageRef, card: Card) -> None:
        """Replace what a card says; mere progress is told now and then."""
        urgent = bool(card.question) or card.seconds is not None
        if not urgent:
            rare = Budget(f"github:progress:{message.message}", calls=1, window=PROGRESS)
            if wait := await self._pace.wait(rare, message.message, urgent=False):
                raise Short(wait)
        await self._change(message, card_body(card))

    async def post_report(
        self, where: ThreadRef, report: Report, url: str, key: str, *, again: bool
    ) -> None:
        """Send a report as one comment; what does not fit is on its page."""
        if not (again and await self._copies(where, key)):
            await self._say(where, report_body(report, url), key)

    async def reply(self, where: ThreadRef, report: Report, key: str, since: datetime) -> None:
        """Answer a comment of that time, once."""
        if not await self._copies(where, key, since):
            await self._say(where, report_body(report, ""), key)

    async def tell(
        self,
        person: Actor,
        report: Report,  # noqa: ARG002 - of the port
        key: str,  # noqa: ARG002 - of the port
        *,
        again: bool,  # noqa: ARG002 - of the port
        buttons: Sequence[Button] = (),  # noqa: ARG002 - of the port
    ) -> MessageRef:
        """Refuse: there are no private messages."""
        raise Refused(NOBODY_ALONE.format(person.name))

    async def retell(
        self,
        message: MessageRef,
        report: Report,  # noqa: ARG002 - of the port
        key: str,  # noqa: ARG002 - of the port
        buttons: Sequence[Button] = (),  # noqa: ARG002 - of the port
    ) -> None:
        """Refuse, as `tell` does."""
        raise Refused(NOBODY_ALONE.format(message.channel))

    async def tidy(self, where: ThreadRef, key: str, since: datetime, keep: str = "") -> None:
        """Leave one of every comment that was made there under this key: `keep`, or the first."""
        repo, _ = place_of(where.channel)
        copies = await self._copies(where, key, since)
        for each in copies:
            if each != (keep or copies[0]):
                await self._talk.unsay(repo, int(each))

    async def react(self, message: MessageRef, name: Literal["seen"]) -> None:
        """Put the eyes on a comment; that they are there already is fine."""
        marks: dict[str, Emoji] = {"seen": "eyes"}
        await self._talk.react(place_of(message.channel)[0], message.message, marks[name])

    async def whisper(
        self,
        channel: str,  # noqa: ARG002 - of the port
        to: Actor,
        report: Report,  # noqa: ARG002 - of the port
        thread: str = "",  # noqa: ARG002 - of the port
    ) -> None:
        """Refuse, as `tell` does."""
        raise Refused(NOBODY_ALONE.format(to.name))

    async def post(
        self, where: ThreadRef, posting: Posting, key: str, *, again: bool, since: datetime
    ) -> MessageRef:
        """Send a posting, or find the one that an earlier try sent with the same key."""
        return await self._once(where, posting_body(posting), key, since, again=again)

    async def find(self, where: ThreadRef, key: str, since: datetime) -> MessageRef | None:
        """Return what an earlier try sent."""
        copies = await self._copies(where, key, since)
        return MessageRef(GITHUB, where.channel, copies[0]) if copies else None

    async def edit(self, message: MessageRef, posting: Posting) -> None:
        """Replace what a posting says."""
        await self._change(message, posting_body(posting))

    async def remove(self, message: MessageRef) -> bool:
        """Delete a comment; nothing hangs below one."""
        await self._talk.unsay(place_of(message.channel)[0], int(message.message))
        return True

    async def mark(self, message: MessageRef, mark: Mark, before: Mark) -> None:
        """Change our reaction; those of others stay."""
        repo, comment = place_of(message.channel)[0], message.message
        if before:  # GitHub names the one that is there when it is asked for again
            there = await self._talk.react(repo, comment, REACTIONS[before])
            await self._talk.unreact(repo, comment, there)
        if mark:
            await self._talk.react(repo, comment, REACTIONS[mark])

    async def _once(
        self, where: ThreadRef, body: str, key: str, since: datetime | None, *, again: bool
    ) -> MessageRef:
        """Comment, unless an earlier try has done so: then edit that comment."""
        copies = await self._copies(where, key, since) if again else []
        if not copies:
            return MessageRef(GITHUB, where.channel, await self._say(where, body, key))
        ref = MessageRef(GITHUB, where.channel, copies[0])
        await self._change(ref, body)
        return ref

    async def _change(self, ref: MessageRef, body: str) -> None:
        """Replace what a comment says, except for its mark, where it says something else."""
        (repo, _), comment = place_of(ref.channel), int(ref.message)
        there = (await self._talk.comment(repo, comment)).body
        wanted = with_mark_of(there, body)
        if wanted != there:
            await self._talk.resay(repo, comment, wanted)

    async def _copies(
        self, where: ThreadRef, key: str, since: datetime | None = None
    ) -> Sequence[str]:
        """Return our comments with the mark of a key, oldest first."""
        repo, number = place_of(where.channel)
        after = since - CLOCKS_DIFFER if since else None
        me, wanted = await self.login(), mark(key)
        found = await self._talk.said(repo, number, after)
        return [str(each.id) for each in found if each.author == me and wanted in each.body]

    async def _say(self, where: ThreadRef, body: str, key: str) -> str:
        repo, number = place_of(where.channel)
        return str(await self._talk.say(repo, number, marked(body, key)))


def place_of(channel: str) -> tuple[str, int]:
    """Return the repository and the number that a channel such as `acme/shop#12` stands for."""
    repo, _, number = channel.rpartition("#")
    if not number.isdigit():
        raise Refused(f"{channel} is no pull request and no issue.")
    return repo, int(number)
