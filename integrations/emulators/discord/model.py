"""The nouns of an emulated Discord."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Json: TypeAlias = dict[str, Any]

APPLICATION = "1300000000000000001"
BOT_USER = APPLICATION  # a bot has the id of its application
GUILD = "1300000000000000002"

TEXT_CHANNEL, DIRECT, PUBLIC_THREAD = 0, 1, 11
COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
EPHEMERAL, LOADING, COMPONENTS_V2 = 1 << 6, 1 << 7, 1 << 15
REPLY, COMMAND_ANSWER = 19, 20  # types of messages

Permission: TypeAlias = Literal[
    "VIEW_CHANNEL", "SEND_MESSAGES", "CREATE_PUBLIC_THREADS", "ADD_REACTIONS", "ATTACH_FILES"
]


class DiscordError(Exception):
    """An answer that is an error: Discord's own code and words, and what is wrong in the body."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors

    @property
    def body(self) -> Json:
        details = {"errors": self.errors} if self.errors else {}
        return {"message": self.message, "code": self.code, **details}


class SlowDown(Exception):
    """An answer 429: how long to wait, and whether that goes for every call."""

    def __init__(self, seconds: float, *, everywhere: bool = False) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds
        self.everywhere = everywhere


@dataclass(slots=True)
class User:
    """Somebody; who `takes_no_messages` has closed their direct messages."""

    id: str
    name: str
    global_name: str
    bot: bool = False
    takes_no_messages: bool = False


@dataclass(slots=True)
class Channel:
    """A channel, a thread (its `parent` is the channel) or a conversation (with `person`)."""

    id: str
    name: str
    kind: int = TEXT_CHANNEL
    parent: str = ""
    owner: str = ""
    person: str = ""
    archived: bool = False
    locked: bool = False
    private: bool = False
    lacks: list[Permission] = field(default_factory=list)


@dataclass(slots=True)
class Attachment:
    id: str
    filename: str
    description: str
    content: bytes


@dataclass(slots=True)
class Edit:
    """What a message said until `at`."""

    at: str
    content: str
    components: list[Json]


@dataclass(slots=True)
class Message:
    """A message; `only_for` is the one person who sees it, "" where everybody does."""

    id: str
    channel: str
    author: str
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    flags: int = 0
    kind: int = 0
    reference: Json | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)
    edited: str = ""
    nonce: str = ""
    only_for: str = ""
    mentions: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Modal:
    """A form that somebody has open; `content` is what the app sent, `source` where it began."""

    user: str
    channel: str
    content: Json
    source: Message | None = None


@dataclass(slots=True)
class Interaction:
    """Something that a person did to the app, and what it answered within three seconds."""

    id: str
    token: str
    kind: int
    user: str
    channel: str
    at: float
    source: Message | None = None
    answered: int = 0
    flags: int = 0
    message: Message | None = None
    modal: Modal | None = None
    choices: list[Json] = field(default_factory=list)
    failed: bool = False
    followups: list[Message] = field(default_factory=list)
    first: "asyncio.Future[None] | None" = None


@dataclass(frozen=True, slots=True)
class Call:
    """One request of the bot, and the status it was answered with."""

    route: str
    path: str
    body: Json
    status: int


@dataclass(slots=True)
class Fault:
    """An answer to give instead of the right one: `times` times, once `after` calls went well.

    Where it is `late`, the call does its work first: only its answer is lost.
    """

    route: str
    status: int
    error: tuple[int, str]
    times: int
    retry_after: float
    after: int
    late: bool
