"""What Discord sends, as far as we read it: what is not so is told apart before anybody acts on it.

Discord signs what it sends, and changes it as it likes: parts are left out, kinds are added.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec

from bot.wording import fit
from integrations.errors import Refused

Id: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]{0,19}$")]
Value: TypeAlias = str | int | float | bool | None
Part = TypeVar("Part")

LINE = 200
PARTIAL = {"version": 1, "attachment_size_limit": 0}
CHANNEL = {"position": 0, "name": ""}
IN_GUILD, DIRECT = 0, 1
KNOWN_PLACES = {0, 1, 2, 3, 5, 13, 15, 16}
THREADS = {10, 11, 12}
OF_A_THREAD = {"parent_id", "owner_id", "thread_metadata"}
MESSAGE: dict[str, Any] = {
    "content": "",
    "embeds": [],
    "attachments": [],
    "edited_timestamp": None,
    "pinned": False,
    "mention_everyone": False,
    "tts": False,
    "type": 0,
}
ODD = "Discord sent this in a form that I do not know. Please try again, or type the command."


class Odd(Refused):
    """Something that Discord sent is not as it says that it is."""


class User(msgspec.Struct):
    """Somebody, with all that discord.py wants of them."""

    id: Id
    username: str
    discriminator: str
    avatar: str | None
    bot: bool = False


class Member(msgspec.Struct):
    """Somebody in a server."""

    user: User


class Bearer(msgspec.Struct):
    """The message whose button was pressed."""

    id: Id
    flags: int = 0


class Acted(msgspec.Struct):
    """An interaction: without who, where and a token nobody can be answered."""

    id: Id
    application_id: Id
    type: int
    token: str
    channel_id: Id | None = None
    channel: dict[str, Any] | None = None
    guild_id: Id | None = None
    member: Member | None = None
    user: User | None = None
    message: Bearer | None = None

    @property
    def place(self) -> str:
        """Return the id of the channel; "" where there is none."""
        return self.channel_id or str((self.channel or {}).get("id") or "")


class Spoken(msgspec.Struct):
    """A message that somebody has sent."""

    id: Id
    channel_id: Id
    content: str
    author: User
    type: int
    guild_id: Id | msgspec.UnsetType = msgspec.UNSET


class Option(msgspec.Struct):
    """One option of a command, or one of its subcommands."""

    name: str
    value: Value = None
    options: list["Option"] | None = None
    focused: bool | None = None


class Resolved(msgspec.Struct):
    """What an entry was chosen of; a message is read by `Shown`."""

    messages: dict[str, dict[str, Any]] | None = None


class Command(msgspec.Struct):
    """A command, or an entry of a menu."""

    name: str
    type: int = 1
    options: list[Option] | None = None
    target_id: Id | None = None
    resolved: Resolved | None = None


class Touched(msgspec.Struct):
    """A button, or what was chosen of a menu."""

    custom_id: str
    values: list[str] | None = None


class Input(msgspec.Struct):
    """One input of a form."""

    type: int
    custom_id: str
    value: Value = None
    values: list[str] | None = None


class Row(msgspec.Struct):
    """What stands around inputs."""

    component: Input | None = None
    components: list[Input] | None = None


class Filled(msgspec.Struct):
    """A form that was filled in."""

    custom_id: str
    components: list[Row]


class Box(msgspec.Struct):
    """An embed or a component."""

    title: str | None = None
    description: str | None = None
    content: str | None = None
    components: list["Box"] | None = None


class Forwarded(msgspec.Struct):
    """A message inside another."""

    message: Box


class Shown(msgspec.Struct):
    """A message that an entry was chosen of."""

    id: Id
    channel_id: Id
    content: str | None = None
    embeds: list[Box] | None = None
    components: list[Box] | None = None
    message_snapshots: list[Forwarded] | None = None
    author: dict[str, Any] | None = None


def checked(payload: Any, shape: type[Part]) -> Part:  # noqa: ANN401 - any JSON
    """Return what we read of a payload; raises Odd where it is not so."""
    try:
        return msgspec.convert(payload, shape)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise Odd(ODD) from error


def data_as(shape: type[Part], data: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any JSON
    """Return a payload, whole, once what we read of it is there; raises Odd."""
    checked(data, shape)
    found: Mapping[str, Any] = data
    return found


def told(error: Exception) -> str:
    """Return why something could not be read, in one line for the log."""
    cause = error.__cause__ if isinstance(error, Odd) else error
    return " ".join(fit(f"{type(cause).__name__}: {cause}", LINE).split())


def completed(payload: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return an interaction with all that discord.py wants; raises Odd where nobody can be told.

    Discord calls its channel and its message partial, and leaves out of them whatever it likes.
    """
    acted = checked(payload, Acted)
    who = acted.member if acted.guild_id else acted.user
    if who is None or not acted.place:
        raise Odd(ODD)
    held = {"channel": _place(payload.get("channel") or {"id": acted.place}, acted.guild_id)}
    if payload.get("message"):
        held["message"] = MESSAGE | payload["message"]
    return {**PARTIAL, **payload, **held}


def _place(channel: dict[str, Any], guild: str | None) -> dict[str, Any]:
    """Return a channel as one of a kind that discord.py knows: its id is what matters."""
    kind = channel.get("type")
    is_known = kind in KNOWN_PLACES or (kind in THREADS and channel.keys() >= OF_A_THREAD)
    return CHANNEL | channel | ({} if is_known else {"type": IN_GUILD if guild else DIRECT})
