"""What else people do in Slack: look at the app's Home, press there, use a menu, post links."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from integrations.emulators.slack import payloads
from integrations.emulators.slack.forms import chosen
from integrations.emulators.slack.model import BOT_USER, Message

if TYPE_CHECKING:
    from integrations.emulators.slack.delivery import Answer
    from integrations.emulators.slack.model import View
    from integrations.emulators.slack.world import SlackWorld

LINK = re.compile(r"https?://[^\s<>|]+")


async def open_home(world: SlackWorld, user: str, tab: str = "home") -> None:
    """Open a tab of the app; it is told what it had shown there."""
    who = world.space.user(user)
    shown = world.homes.get(who.id) if tab == "home" else None
    place = world.space.direct(user).id
    name = f"Ev{world.space.new_id('E')}"
    await world.emit(payloads.home_opened(who, place, tab, shown, name, world.tick()))


def home(world: SlackWorld, user: str) -> View:
    """Return what somebody's Home tab shows; raise LookupError while it shows nothing."""
    return world.homes[world.space.user(user).id]


def home_text(world: SlackWorld, user: str) -> str:
    """Return somebody's Home tab as a reader sees it."""
    return world.plain(Message("", "", BOT_USER, "", home(world, user).content["blocks"]))


async def press_at_home(world: SlackWorld, user: str, button: str) -> Answer:
    """Press a button of the Home tab, named by its text, action id or value."""
    who, view = world.space.user(user), home(world, user)
    action = chosen(view.content["blocks"], button)
    trigger = world.new_trigger(who.id)
    payload = payloads.view_action(who, view, action, trigger=trigger, at=world.tick())
    return await world.delivery.send("interactive", payload)


async def use_shortcut(world: SlackWorld, user: str, message: Message, name: str) -> Answer:
    """Choose an entry of a message's menu, named as the app's manifest names it."""
    who, where = world.space.user(user), world.space.channel(message.channel)
    trigger = world.new_trigger(who.id)
    payload = payloads.message_action(
        world.space, who, where, message, name, trigger=trigger, at=world.tick()
    )
    return await world.delivery.send("interactive", payload)


async def share_links(world: SlackWorld, message: Message, *domains: str) -> None:
    """Tell the app of the links in a message to its domains, as Slack does after a post."""
    urls = [url for url in LINK.findall(message.text) if urlsplit(url).hostname in domains]
    if urls:
        name = f"Ev{world.space.new_id('E')}"
        await world.emit(payloads.link_shared(message, urls, name))
