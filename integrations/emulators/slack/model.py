"""The nouns of a Slack workspace."""

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Json: TypeAlias = dict[str, Any]

TEAM = "T0ACME0001"
APP = "A0FLOWBOT1"
BOT = "B0FLOWBOT1"
BOT_USER = "U0FLOWBOT1"


class SlackError(Exception):
    """An answer with `ok: false`; `details` become further keys of it."""

    def __init__(self, error: str, **details: Any) -> None:  # noqa: ANN401 - any JSON
        super().__init__(error)
        self.error = error
        self.details = details


@dataclass(slots=True)
class User:
    id: str
    name: str
    real_name: str
    tz: str = "Europe/Berlin"
    bot: bool = False
    team: str = TEAM  # another one for a guest in a shared channel

    @property
    def email(self) -> str:
        return "" if self.bot else f"{self.name}@acme.example"


@dataclass(slots=True)
class Channel:
    """A conversation; the `name` of a direct one is the id of the person in it."""

    id: str
    name: str
    members: list[str]
    kind: Literal["public", "private", "im"] = "public"
    archived: bool = False


@dataclass(slots=True)
class Edit:
    """What a message said until `at` (a ts)."""

    at: str
    text: str
    blocks: list[Json]


@dataclass(slots=True)
class File:
    id: str
    name: str
    title: str
    alt: str
    user: str
    length: int
    content: bytes | None = None
    shared: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Message:
    """A message; `only_for` is the one person who sees it, "" where everybody does."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread: str = ""
    metadata: Json | None = None
    files: list[str] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)
    only_for: str = ""
    unfurls: dict[str, Json] = field(default_factory=dict)


@dataclass(slots=True)
class View:
    """A modal or Home tab that somebody has open; `content` is what the app sent."""

    id: str
    user: str
    content: Json
    hash: str
    root: str
    previous: str | None = None
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Trigger:
    """Permission to open one modal for one person; a microsecond clock reading ends it."""

    user: str
    until: int
    view: str = ""
    used: bool = False


@dataclass(slots=True)
class ResponseUrl:
    """Permission to answer an action a few times; `message` is the one it was taken on."""

    channel: str
    user: str
    until: int
    message: str = ""
    thread: str = ""
    uses: int = 5


@dataclass(frozen=True, slots=True)
class Call:
    """One request of the bot, and the error it was answered with ("" if none)."""

    method: str
    body: Json
    error: str = ""


@dataclass(slots=True)
class Fault:
    """An answer to give instead of the right one: `times` times, once `after` calls went well."""

    method: str
    error: str
    status: int
    times: int
    retry_after: int
    after: int
    needed: str
