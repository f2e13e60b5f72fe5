"""The Slack app: which listener takes what, over HTTP or Socket Mode."""

import re
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_sdk.web.async_client import AsyncWebClient

from bot.doors import Dispatch
from bot.slack.chat import SlackChat
from bot.slack.errands import Errands
from bot.slack.interactions import Interactions
from bot.slack.links import Links
from bot.slack.manifest import COMMAND
from bot.slack.names import People
from bot.slack.surface import Surface

ANYTHING = re.compile(".*")


class SlackApp(AsyncApp):
    """Bolt's app, which knows who takes slash commands: over HTTP they go there at once."""

    def __init__(self, surface: Surface, **given: Any) -> None:  # noqa: ANN401 - Bolt's arguments
        super().__init__(**given)
        self.surface = surface


def slack_app(
    dispatch: Dispatch, chat: SlackChat, signing_secret: str = "", page_url: str = ""
) -> SlackApp:
    """Return the Bolt app; the secret is needed only where Slack comes over HTTP.

    `page_url` is the address of the status page, whose links are shown with what they lead to.
    """
    client = AsyncWebClient(base_url=chat.client.base_url, session=chat.client.session)
    client.proxy = chat.client.proxy
    people, errands = People(chat.client), Errands()
    app = SlackApp(
        Surface(dispatch, chat, people, errands),
        client=client,
        authorize=_Authorize(chat),
        signing_secret=signing_secret,
        process_before_response=True,
        ignoring_self_events_enabled=False,  # the message listener does that, for other bots too
        ssl_check_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    surface = app.surface
    links = Links(dispatch, chat, errands, page_url)
    interactions = Interactions(dispatch, chat, people, errands)
    app.command(COMMAND)(surface.slash)
    app.event("app_mention")(surface.mention)
    app.event("message")(surface.message)
    app.event("app_home_opened")(interactions.opened)
    app.event("link_shared")(links.shared)
    app.event(ANYTHING)(surface.ignore)
    app.message_shortcut(ANYTHING)(interactions.shortcut)
    app.action(ANYTHING)(interactions.action)
    app.view(ANYTHING)(interactions.view)
    for others in (app.view_closed, app.global_shortcut, app.options, app.dialog_submission):
        others(ANYTHING)(surface.ignore)
    app.error(surface.failed)
    return app


class _Authorize(AsyncAuthorize):
    """Says who we are; Bolt's own check loses what comes while Slack has trouble."""

    def __init__(self, chat: SlackChat) -> None:
        self._chat = chat

    async def __call__(self, **_: Any) -> AuthorizeResult:  # noqa: ANN401 - Bolt's arguments
        return AuthorizeResult(
            enterprise_id=None,
            team_id=None,
            bot_user_id=await self._chat.own_user(),
            bot_token=self._chat.client.token,
        )
