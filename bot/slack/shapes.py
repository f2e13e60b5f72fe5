"""What we read of each thing that Slack sends, and what is none of these things; pure."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

import msgspec

Id: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[!-~]{1,200}\Z")]
Named: TypeAlias = str | dict[str, Any] | None  # an id, or what has one


class Person(msgspec.Struct):
    id: Id
    name: str | None = None
    team_id: str | None = None


class Text(msgspec.Struct):
    text: str


class Of(msgspec.Struct):
    """Where an app was installed."""

    user_id: str | None = None
    team_id: str | None = None
    enterprise_id: str | None = None


class Event(msgspec.Struct):
    """Any event; Bolt looks for who did what where."""

    type: str
    user: Named = None
    channel: Named = None
    team: Named = None
    enterprise: Named = None
    item: dict[str, Any] | None = None
    message: dict[str, Any] | None = None
    previous_message: dict[str, Any] | None = None
    assistant_thread: dict[str, Any] | None = None


class Said(msgspec.Struct):
    """A message, or what became of one."""

    subtype: str | None = None
    bot_id: str | None = None
    user: Id | None = None
    user_team: str | None = None
    source_team: str | None = None
    team: str | None = None
    text: str | None = None
    ts: Id | None = None
    thread_ts: Id | None = None
    channel: Id | None = None
    channel_type: str | None = None


class Marked(msgspec.Struct):
    private_metadata: str | None = None


class Opened(msgspec.Struct):
    user: Id
    tab: str | None = None
    view: Marked | None = None


class Linked(msgspec.Struct):
    url: str | None = None


class Shared(msgspec.Struct):
    links: list[Linked] | None = None
    channel: str | None = None
    message_ts: str | None = None
    source: str | None = None
    unfurl_id: str | None = None


class Envelope(msgspec.Struct):
    """Anything at all; Bolt looks here for whom it is about."""

    type: str | None = None
    callback_id: str | None = None
    team: Named = None
    team_id: str | None = None
    enterprise: Named = None
    enterprise_id: str | None = None
    authorizations: list[Of] | None = None
    user: Named = None
    channel: Named = None
    event: dict[str, Any] | None = None
    view: dict[str, Any] | None = None
    message: dict[str, Any] | None = None
    container: dict[str, Any] | None = None
    previous_message: dict[str, Any] | None = None
    function_data: dict[str, Any] | None = None
    interactivity: dict[str, Any] | None = None
    response_urls: list[dict[str, Any]] = []


class Happened(msgspec.Struct):
    team_id: Id
    event: Event


class Command(msgspec.Struct):
    user_id: Id
    channel_id: Id
    trigger_id: Id
    text: str | None = None
    user_name: str | None = None


class Chosen(msgspec.Struct):
    value: str | None = None


class Action(msgspec.Struct):
    action_id: str
    block_id: str | None = None
    value: str | None = None
    selected_option: Chosen | None = None


class Place(msgspec.Struct):
    channel_id: Id | None = None
    message_ts: Id | None = None
    thread_ts: Id | None = None


class Channel(msgspec.Struct):
    id: Id


class Pressed(msgspec.Struct):
    user: Person
    trigger_id: Id
    actions: Annotated[list[Action], msgspec.Meta(min_length=1)]
    container: Place | None = None
    channel: Channel | None = None


class Domain(msgspec.Struct):
    domain: str | None = None


class Post(msgspec.Struct):
    ts: Id
    thread_ts: Id | None = None
    user: Id | None = None
    username: str | None = None
    text: str | None = None


class Used(msgspec.Struct):
    """An entry of a message's menu that somebody chose."""

    user: Person
    trigger_id: Id
    callback_id: str
    channel: Channel
    message: Post
    team: Domain | None = None


class Filled(msgspec.Struct):
    """What stands in one input of a form."""

    type: str
    value: str | None = None
    selected_option: Chosen | None = None
    selected_options: list[Any] | None = None


class Values(msgspec.Struct):
    values: dict[str, dict[str, Filled]]


class Input(msgspec.Struct):
    type: str
    block_id: str | None = None


class View(msgspec.Struct):
    id: Id
    type: str
    state: Values
    private_metadata: str
    title: Text
    blocks: list[Input]
    callback_id: str | None = None


class Known(msgspec.Struct):
    type: str
    callback_id: str | None = None


class Viewed(msgspec.Struct):
    """A view that was closed, or a modal of others that was submitted."""

    view: Known


class Submitted(msgspec.Struct):
    user: Person
    view: View


BY_TYPE: Mapping[str, type[msgspec.Struct]] = {
    "block_actions": Pressed,
    "event_callback": Happened,
    "message_action": Used,
    "view_closed": Viewed,
    "view_submission": Viewed,
}
BY_EVENT: Mapping[str, type[msgspec.Struct]] = {
    "app_home_opened": Opened,
    "app_mention": Said,
    "link_shared": Shared,
    "message": Said,
}


def fault(body: Any, form: str) -> str:  # noqa: ANN401 - any JSON
    """Return why this is nothing that Slack sends, or an empty string.

    Modals of others are not looked into: ours have `form` for their callback id.
    """
    try:
        kind = msgspec.convert(body, Envelope).type
        if "command" in body:
            msgspec.convert(body, Command)
        elif kind == "view_submission" and (body.get("view") or {}).get("callback_id") == form:
            msgspec.convert(body, Submitted)
        elif shape := BY_TYPE.get(kind or ""):
            taken = msgspec.convert(body, shape)
            if isinstance(taken, Happened) and (known := BY_EVENT.get(taken.event.type)):
                msgspec.convert(body["event"], known)
    except msgspec.ValidationError as error:
        return str(error)
    except UnicodeEncodeError:  # where msgspec looks into what is no text
        return "There are halves of characters in it."
    return ""
