"""Web API: `views.*`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integrations.emulators.slack.limits import check_view
from integrations.emulators.slack.model import Json, SlackError, View
from integrations.emulators.slack.shapes import view_json

if TYPE_CHECKING:
    from integrations.emulators.slack.world import SlackWorld

STACK = 3


def _content(body: Json, kind: str) -> Json:
    content: Json = body.get("view") or {}
    check_view(content)
    if content["type"] != kind:
        raise SlackError("invalid_arguments")
    return content


def open_view(world: SlackWorld, body: Json) -> Json:
    """Open a modal for the person that the trigger belongs to."""
    content = _content(body, "modal")
    trigger = world.spend(body.get("trigger_id", ""))
    view = new_view(world, trigger.user, content)
    world.modals[trigger.user] = [view]
    return {"view": view_json(view)}


def push(world: SlackWorld, body: Json) -> Json:
    """Open a modal on top of the open one."""
    content = _content(body, "modal")
    trigger = world.spend(body.get("trigger_id", ""))
    stack = world.modals.get(trigger.user, [])
    if not stack:
        raise SlackError("not_found")
    if len(stack) >= STACK:
        raise SlackError("push_limit_reached")
    view = new_view(world, trigger.user, content, stack[-1])
    stack.append(view)
    return {"view": view_json(view)}


def update(world: SlackWorld, body: Json) -> Json:
    """Replace the content of an open modal."""
    content = _content(body, "modal")
    stacks = [view for stack in world.modals.values() for view in stack]
    found = [view for view in stacks if view.id == body.get("view_id")]
    if not found:
        raise SlackError("not_found")
    if body.get("hash") and body["hash"] != found[0].hash:
        raise SlackError("hash_conflict")
    found[0].content, found[0].hash = content, world.tick()
    return {"view": view_json(found[0])}


def publish(world: SlackWorld, body: Json) -> Json:
    """Replace somebody's Home tab."""
    content = _content(body, "home")
    user = world.space.user(body.get("user_id", ""))
    view = world.homes.get(user.id) or new_view(world, user.id, content)
    if body.get("hash") and body["hash"] != view.hash:
        raise SlackError("hash_conflict")
    view.content, view.hash = content, world.tick()
    world.homes[user.id] = view
    return {"view": view_json(view)}


def new_view(world: SlackWorld, user: str, content: Json, below: View | None = None) -> View:
    """Return a view with a name of its own; `below` is the one it is stacked on."""
    name = world.space.new_id("V")
    if below is None:
        return View(name, user, content, world.tick(), name)
    return View(name, user, content, world.tick(), below.root, below.id)
