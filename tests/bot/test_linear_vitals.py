"""What the bot tells about its sign-in to Linear, and what to do where it is refused."""

from pathlib import Path

import httpx
from pydantic import SecretStr

from bot.services import open_services
from bot.settings import Settings
from bot.vitals import linear_vitals
from integrations.emulators.linear import INSTANT, TOKEN, LinearWorld, linear_app
from integrations.emulators.server import serve
from integrations.linear import LinearApi, LinearReader, LinearSignIn


async def test_linear_is_told_with_what_is_left() -> None:
    """As whom, in which workspace, and how much may still be asked this hour."""
    transport = httpx.ASGITransport(linear_app(LinearWorld()))
    async with LinearApi(LinearSignIn(TOKEN), transport=transport) as api:
        (vital,) = await linear_vitals(LinearReader(api), INSTANT)

    assert vital.ok
    assert vital.value.startswith("flowbot in Acme, 4,998 of 5,000 requests, ")
    assert vital.value.endswith(" of 3,000,000 complexity")


async def test_a_refused_token_says_which_setting_to_change() -> None:
    """It is not usable until somebody has."""
    transport = httpx.ASGITransport(linear_app(LinearWorld()))
    async with LinearApi(LinearSignIn("lin_api_old"), transport=transport) as api:
        (vital,) = await linear_vitals(LinearReader(api), INSTANT)

    assert (vital.ok, vital.value) == (False, "not usable")
    assert "FLOWBOT_LINEAR_TOKEN" in vital.remedy


async def test_linear_is_opened_where_a_token_is_set(tmp_path: Path) -> None:
    """The doctor and `health` then tell of it; without a token nothing is said."""
    token = SecretStr(TOKEN)
    async with serve(linear_app(LinearWorld())) as url:
        settings = Settings(data_dir=tmp_path, linear_token=token, linear_url=url, github_url=url)
        async with open_services(settings) as services:
            told = {vital.name: vital.ok for vital in await services.tools.system.services()}
            assert services.linear
            assert services.linear.quotas.keys() == {"requests", "complexity"}

    assert told["Linear"]
    async with open_services(settings.model_copy(update={"linear_token": SecretStr("")})) as bare:
        assert bare.linear is None
