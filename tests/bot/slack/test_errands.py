"""What no acknowledgement waits for: it ends by itself, and its failure is in the log."""

import asyncio

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.errands import Errands
from bot.slack.names import People
from integrations.errors import Refused


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Refused("The channel is archived."), "a courtesy in Slack failed: The channel is"),
        (ZeroDivisionError("inner detail"), "a courtesy in Slack broke"),
    ],
)
async def test_a_courtesy_may_fail(
    caplog: pytest.LogCaptureFixture, error: Exception, said: str
) -> None:
    """Nobody else notices."""
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        raise error

    Errands().begin(work())
    await begun.wait()
    assert said in caplog.text


class Slow(AsyncWebClient):
    """A Slack that never says what somebody is called."""

    async def users_info(self, **_: object) -> AsyncSlackResponse:
        await asyncio.Event().wait()
        raise AssertionError("it never gets here")


async def test_a_name_is_not_waited_for() -> None:
    """A form opens within three seconds or not at all: the handle will do."""
    people = People(Slow("xoxb"))
    assert (await people.actor({"id": "U1", "name": "ada"})).name == "ada"
