"""What Discord sends to an app over the gateway: messages and interactions."""

from integrations.emulators.discord.guild import Guild
from integrations.emulators.discord.model import (
    APPLICATION,
    AUTOCOMPLETE,
    COMMAND,
    DIRECT,
    GUILD,
    Channel,
    Interaction,
    Json,
    Message,
    User,
)
from integrations.emulators.discord.shapes import (
    EVERYTHING,
    channel_json,
    member_json,
    message_json,
    user_json,
)

LARGEST_FILE = 10 * 1024 * 1024


def message_created(guild: Guild, channel: Channel, message: Message) -> Json:
    """Return MESSAGE_CREATE."""
    shown = message_json(guild, message) | {"channel_type": channel.kind}
    if channel.kind != DIRECT:
        member = member_json(guild.users[message.author])
        del member["user"]
        shown |= {"guild_id": GUILD, "member": member}
    return shown


def interaction(guild: Guild, made: Interaction, channel: Channel, data: Json) -> Json:
    """Return INTERACTION_CREATE; `data` says what was chosen, pressed or filled in."""
    who: User = guild.users[made.user]
    shown: Json = {
        "id": made.id,
        "application_id": APPLICATION,
        "type": made.kind,
        "token": made.token,
        "version": 1,
        "channel_id": channel.id,
        "channel": channel_json(guild, channel) | {"permissions": EVERYTHING},
        "data": data,
        "locale": "en-US",
        "app_permissions": EVERYTHING,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "attachment_size_limit": LARGEST_FILE,
    }
    if made.source:
        shown["message"] = message_json(guild, made.source)
    if channel.kind == DIRECT:
        owners = {"authorizing_integration_owners": {"0": "0"}, "context": 1}
        return {**shown, **owners, "user": user_json(who)}
    return {
        **shown,
        "guild_id": GUILD,
        "guild": {"id": GUILD, "features": [], "locale": "en-US"},
        "guild_locale": "en-US",
        "authorizing_integration_owners": {"0": GUILD},
        "context": 0,
        "member": member_json(who),
    }


def command_data(command: Json, options: list[Json], kind: int) -> Json:
    """Return the data of a command, or of its autocompletion."""
    shown = options if kind in (COMMAND, AUTOCOMPLETE) else []
    return {"id": command["id"], "name": command["name"], "type": 1, "options": shown}


def entry_data(guild: Guild, command: Json, message: Message) -> Json:
    """Return the data of an entry that was chosen in the menu of a message."""
    resolved = {"messages": {message.id: message_json(guild, message)}}
    return {
        "id": command["id"],
        "name": command["name"],
        "type": command["type"],
        "target_id": message.id,
        "resolved": resolved,
    }
