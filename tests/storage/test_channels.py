"""What is set for a channel is kept, each by itself."""

from storage import channels
from storage.channels import ChannelSettings
from storage.database import Database


async def test_a_channel_keeps_its_settings(database: Database) -> None:
    """Nothing is set at first; the last word counts, for this channel alone."""
    for thread_only in (True, False, True):
        async with database.begin() as connection:
            settings = ChannelSettings(thread_only=thread_only)
            await channels.save(connection, "slack", "C1", settings)

    async with database.read() as connection:
        assert await channels.find(connection, "slack", "C1") == ChannelSettings(thread_only=True)
        assert await channels.find(connection, "discord", "C1") == ChannelSettings()
