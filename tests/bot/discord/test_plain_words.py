"""Plain words in Discord: how they were read is said to the one who asked."""

from tests.bot.desk import READ
from tests.bot.discord.office import Office, whispered


async def test_how_a_mention_was_read_is_a_direct_message(office: Office) -> None:
    """Beside the card, which everybody sees."""
    office.world.say("ada", "dev", "@flowbot how healthy is acme/shop?")

    assert await whispered(office) == ["I read that as `/flow dora`."]
    assert len(office.desk.runs) == 1


async def test_what_would_write_is_offered(office: Office) -> None:
    """A button opens the form, which shows what was understood."""
    office.world.say("ada", "dev", "@flowbot ship acme/shop")

    [offer] = await whispered(office)
    assert offer == f"{READ}\n/flow ship acme/shop\n[ Fill in the form ]"
    assert office.desk.runs == {}
