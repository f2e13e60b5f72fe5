"""REST: answers to interactions, and what may follow them for fifteen minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integrations.emulators.discord.faults import count, refuse
from integrations.emulators.discord.messages import Answer, Ask, change, compose
from integrations.emulators.discord.model import (
    APPLICATION,
    AUTOCOMPLETE,
    COMMAND,
    COMMAND_ANSWER,
    COMPONENT,
    EPHEMERAL,
    LOADING,
    MODAL_SUBMIT,
    DiscordError,
    Interaction,
    Message,
    Modal,
)
from integrations.emulators.discord.schemas import check_choices, check_modal
from integrations.emulators.discord.shapes import message_json

if TYPE_CHECKING:
    from integrations.emulators.discord.world import DiscordWorld

MESSAGE, DEFER, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
ALLOWED = {
    COMMAND: {MESSAGE, DEFER, MODAL},
    COMPONENT: {MESSAGE, DEFER, DEFER_UPDATE, UPDATE, MODAL},
    AUTOCOMPLETE: {CHOICES},
    MODAL_SUBMIT: {MESSAGE, DEFER, DEFER_UPDATE, UPDATE},
}
FIRST_ANSWER = 3.0  # seconds
TOKEN_LIFE = 15 * 60.0
MOST_CHOICES = 25


def callback(world: DiscordWorld, ask: Ask) -> Answer:
    """Take the first answer to an interaction."""
    made = world.interactions.get(ask.path["interaction_token"])
    late = made is not None and world.seconds() - made.at > FIRST_ANSWER
    if made is None or made.id != ask.path["interaction_id"] or late or made.failed:
        raise DiscordError(404, 10062, "Unknown interaction")
    if made.answered:
        raise DiscordError(400, 40060, "Interaction has already been acknowledged.")
    kind = ask.body.get("type")
    needs_message = kind in (DEFER_UPDATE, UPDATE)
    if kind not in ALLOWED[made.kind] or (needs_message and made.source is None):
        refuse([(("type",), "INTERACTION_CALLBACK_TYPE_INVALID", "Invalid callback type")])
    told = Ask(ask.path, ask.query, ask.body.get("data") or {}, ask.files)
    _take(world, made, int(ask.body["type"]), told)
    made.answered = int(ask.body["type"])
    if made.first and not made.first.done():
        made.first.set_result(None)
    world.touch()
    if ask.query.get("with_response") not in ("true", "1", "True"):
        return 204, None
    return 200, _response(world, made)


def _take(world: DiscordWorld, made: Interaction, kind: int, told: Ask) -> None:
    match kind:
        case each if each == MESSAGE:
            made.message = _answer(world, made, told)
        case each if each == DEFER:
            made.flags = (told.body.get("flags") or 0) & EPHEMERAL
            waiting = Message(world.new_id(), made.channel, APPLICATION)
            waiting.flags, waiting.kind = LOADING | made.flags, COMMAND_ANSWER
            made.message = _placed(world, made, waiting)
        case each if each == UPDATE and made.source:
            change(world, told, made.source)
        case each if each == CHOICES:
            choices = told.body.get("choices") or []
            found = list(count(choices, ("data", "choices"), 0, MOST_CHOICES))
            refuse([*found, *check_choices(choices, ("data", "choices"))])
            made.choices = choices
        case each if each == MODAL:
            check_modal(told.body)
            made.modal = Modal(made.user, made.channel, told.body, made.source)
            world.modals[made.user] = made.modal


def _answer(world: DiscordWorld, made: Interaction, told: Ask) -> Message:
    message = compose(world, told, made.channel)
    message.kind = COMMAND_ANSWER
    made.flags = message.flags & EPHEMERAL
    return _placed(world, made, message)


def _placed(world: DiscordWorld, made: Interaction, message: Message) -> Message:
    if message.flags & EPHEMERAL:
        message.only_for = made.user
        world.ephemerals.append(message)
    else:
        world.guild.add(message)
    return message


def _response(world: DiscordWorld, made: Interaction) -> dict[str, object]:
    about: dict[str, object] = {"id": made.id, "type": made.kind}
    resource: dict[str, object] = {"type": made.answered}
    if made.message:
        about |= {
            "response_message_id": made.message.id,
            "response_message_loading": bool(made.message.flags & LOADING),
            "response_message_ephemeral": bool(made.message.flags & EPHEMERAL),
        }
        resource["message"] = message_json(world.guild, made.message)
    return {"interaction": about, "resource": resource} if made.message else {"interaction": about}


def _alive(world: DiscordWorld, ask: Ask) -> Interaction:
    made = world.interactions.get(ask.path["webhook_token"])
    if made is None or ask.path["webhook_id"] != APPLICATION:
        raise DiscordError(404, 10015, "Unknown Webhook")
    if world.seconds() - made.at > TOKEN_LIFE:
        raise DiscordError(401, 50027, "Invalid Webhook Token")
    if not made.answered:
        raise DiscordError(404, 10015, "Unknown Webhook")
    return made


def follow_up(world: DiscordWorld, ask: Ask) -> Answer:
    """Say something more; after a mere acknowledgement it takes that one's place."""
    made = _alive(world, ask)
    if made.message and made.message.flags & LOADING:
        return 200, _filled(world, ask, made.message)
    message = compose(world, ask, made.channel)
    made.followups.append(_placed(world, made, message))
    world.touch()
    return 200, message_json(world.guild, message)


def edit(world: DiscordWorld, ask: Ask) -> Answer:
    """Change an answer."""
    return 200, _filled(world, ask, _said(world, ask))


def _filled(world: DiscordWorld, ask: Ask, message: Message) -> dict[str, object]:
    change(world, ask, message)
    message.flags &= ~LOADING
    world.touch()
    return message_json(world.guild, message)


def delete(world: DiscordWorld, ask: Ask) -> Answer:
    """Take an answer away."""
    made, message = _alive(world, ask), _said(world, ask)
    if message.only_for:
        world.ephemerals.remove(message)
    else:
        world.guild.delete(message)
    if message is made.message:
        made.message = None
    world.touch()
    return 204, None


def show(world: DiscordWorld, ask: Ask) -> Answer:
    """Return an answer."""
    return 200, message_json(world.guild, _said(world, ask))


def _said(world: DiscordWorld, ask: Ask) -> Message:
    made = _alive(world, ask)
    name = ask.path["message_id"]
    every = [*([made.message] if made.message else []), *made.followups]
    if name == "@original":
        every = every[:1] if made.message else [made.source] if made.source else []
    found = [each for each in every if name in ("@original", each.id)]
    if not found:
        raise DiscordError(404, 10008, "Unknown Message")
    return found[0]
