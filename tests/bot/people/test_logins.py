"""Linear tells who has an e-mail address."""

import httpx

from bot.people.logins import LinearLogins
from integrations.emulators.linear import TOKEN, LinearWorld, linear_app
from integrations.linear import LinearApi, LinearReader, LinearSignIn
from storage.people import Identity


async def test_somebody_is_found_by_their_address() -> None:
    """Whatever the case of the letters; a program's account is nobody."""
    world = LinearWorld()
    ada, robot = world.user("ada"), world.user("robot", app=True)
    transport = httpx.ASGITransport(linear_app(world))
    async with LinearApi(LinearSignIn(TOKEN), transport=transport) as api:
        logins = LinearLogins(LinearReader(api))
        found = await logins.with_email(ada.email.upper())
        assert found == Identity("linear", ada.id, "ada", "email")
        assert await logins.with_email(robot.email) is None
        assert await logins.with_email("nobody@acme.example") is None
