"""The chat port: what Flowbot says to a platform, and where."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from flows.report import Line, Report, Tone
from integrations.errors import NotFound

State: TypeAlias = Literal["queued", "running", "waiting", "done", "stopped", "failed", "cancelled"]
Door: TypeAlias = Literal[
    "slash",
    "mention",
    "thread",
    "comment",
    "form",
    "button",
    "terminal",
    "web",
    "api",
    "schedule",
    "event",
]


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody on a platform; `id` is the platform's own, `name` is what people read.

    `writes` is the repository that they may write to, as GitHub has said of who comments there.
    """

    platform: str
    id: str
    name: str
    writes: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a platform tells of somebody; the address is one that they have shown to be theirs."""

    name: str
    email: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from: the door, and the place on the platform that gets the answer.

    `thread` is the message that heads the thread ("" where the card will head it); `message` is
    the one that was typed, if the platform shows one: it gets the reaction. Where it `tells` news
    alone, a run is silent until it asks something, or ends with something to say. `about` are the
    topics of the event that it came from, with spaces between them: where a channel shows one of
    these things, the answer goes below that.
    """

    door: Door
    platform: str
    channel: str
    thread: str = ""
    message: str = ""
    tells: Literal["everything", "news"] = "everything"
    about: str = ""


@dataclass(frozen=True, slots=True)
class ThreadRef:
    platform: str
    channel: str
    thread: str = ""


@dataclass(frozen=True, slots=True)
class MessageRef:
    platform: str
    channel: str
    message: str


@dataclass(frozen=True, slots=True)
class Button:
    """What somebody can press: `action` is what comes back then.

    What `warns` is asked again before it counts.
    """

    label: str
    action: str
    tone: Literal["neutral", "good", "bad"] = "neutral"
    warns: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    title: str
    state: Literal["running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Planned:
    """One change of a plan: what it is, and whether it can be taken back.

    That is None where it takes something back itself, and where it will not be made any more.
    """

    title: str
    undoable: bool | None
    state: Literal["planned", "running", "done", "failed", "undone"] = "planned"

    @property
    def promise(self) -> str:
        """Say whether it can be taken back, as long as it has not been made."""
        if self.undoable is None or self.state not in ("planned", "running"):
            return ""
        return "can be taken back" if self.undoable else "cannot be taken back"


@dataclass(frozen=True, slots=True)
class News:
    """Something that a run has told before its end, as one line."""

    line: Line
    tone: Tone
    at: datetime


@dataclass(frozen=True, slots=True)
class Card:
    """The living message of a run, as data; a renderer makes a platform's message of it.

    `line` says how things stand in one sentence; `decided` who said what, and is empty until
    then, `decided_at` when; `buttons` are the answers while somebody may give one, and `controls`
    what else can be done with the run. `news` is what the run has told so far, `tone` that of the
    report in which it ended.
    """

    command: str
    title: str
    state: State
    line: str
    by: Actor
    url: str
    steps: tuple[Step, ...] = ()
    plan: tuple[Planned, ...] = ()
    question: str = ""
    note: Line = ()
    buttons: tuple[Button, ...] = ()
    controls: tuple[Button, ...] = ()
    decided: str = ""
    decided_at: datetime | None = None
    started: datetime | None = None
    seconds: float | None = None
    news: tuple[News, ...] = ()
    tone: Tone = "neutral"

    @property
    def latest(self) -> News | None:
        """The last news of a run that goes on."""
        return self.news[-1] if self.news and self.seconds is None else None


Mark: TypeAlias = Literal["", "running", "good", "bad", "merged", "closed", "approved"]


@dataclass(frozen=True, slots=True)
class Posting:
    """The living message about something that a channel follows, or a reply below it, as data.

    `title` names the thing with its link, `lines` say how it stands, the most important first;
    `why` says in small letters why it came and how to stop it. `mark` is its state as a reaction.
    """

    title: Line
    tone: Tone = "neutral"
    lines: tuple[Line, ...] = ()
    why: Line = ()
    buttons: tuple[Button, ...] = ()
    mark: Mark = ""


class Gone(NotFound):
    """Somebody has deleted the message, or the thread that it was to go into."""


class Chat(Protocol):
    """A platform that messages can be sent to; every call may raise an `OutsideError`.

    It asks `permit` right before every change, and so learns where the right to it has run out.
    `key` is the same for every try; `again` says that an earlier one may have got through, so that
    it is looked for before anything is sent twice.
    """

    async def post_card(self, where: ThreadRef, card: Card, key: str, *, again: bool) -> MessageRef:
        """Send a new card."""
        ...

    async def edit_card(self, message: MessageRef, card: Card) -> None:
        """Bring a card up to date."""
        ...

    async def post_report(
        self, where: ThreadRef, report: Report, url: str, key: str, *, again: bool
    ) -> None:
        """Send a report into a thread, in as many messages and files as it takes."""
        ...

    async def tell(
        self,
        person: Actor,
        report: Report,
        key: str,
        *,
        again: bool,
        buttons: Sequence[Button] = (),
    ) -> MessageRef:
        """Send a message to one person, where nobody else reads it."""
        ...

    async def retell(
        self, message: MessageRef, report: Report, key: str, buttons: Sequence[Button] = ()
    ) -> None:
        """Replace what such a message says, unless it is gone."""
        ...

    async def tidy(self, where: ThreadRef, key: str, since: datetime, keep: str = "") -> None:
        """Leave one of every message that was sent there under this key: `keep`, or the first."""
        ...

    async def react(self, message: MessageRef, name: Literal["seen"]) -> None:
        """Show at once that a message was noticed."""
        ...

    async def whisper(self, channel: str, to: Actor, report: Report, thread: str = "") -> None:
        """Say something to one person alone."""
        ...

    async def post(
        self, where: ThreadRef, posting: Posting, key: str, *, again: bool, since: datetime
    ) -> MessageRef:
        """Send a posting; no earlier try was before `since`."""
        ...

    async def find(self, where: ThreadRef, key: str, since: datetime) -> MessageRef | None:
        """Return the message that an earlier try sent under this key, if there is one."""
        ...

    async def edit(self, message: MessageRef, posting: Posting) -> None:
        """Bring a posting up to date."""
        ...

    async def remove(self, message: MessageRef) -> bool:
        """Delete a message; False where it stays, since there are answers below it."""
        ...

    async def mark(self, message: MessageRef, mark: Mark, before: Mark) -> None:
        """Show a state as our reaction, in place of the one before; those of others stay."""
        ...
