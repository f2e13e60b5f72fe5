"""Links to the pages of runs, shown with what the card of the run says."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.chat import Card
from bot.doors import Dispatch
from bot.links import run_of
from bot.slack.card import card_message
from bot.slack.chat import SlackChat
from bot.slack.errands import Errands
from bot.slack.inline import Json
from bot.slack.newer import plainer

MOST = 5  # links of one message


class Links:
    """Takes that somebody has posted links; only those to runs that exist are answered."""

    def __init__(
        self, dispatch: Dispatch, chat: SlackChat, errands: Errands, page_url: str
    ) -> None:
        self._dispatch = dispatch
        self._chat = chat
        self._errands = errands
        self._page_url = page_url

    async def shared(self, ack: AsyncAck, body: Json) -> None:
        """Take links that were posted, or are still being typed."""
        event = body["event"]
        named = named_runs(event.get("links") or [], self._page_url)
        # Other companies read along in a shared channel: there a link stays a link.
        if named and not body.get("is_ext_shared_channel"):
            self._errands.begin(self._unfurl(event, named))
        await ack()

    async def _unfurl(self, event: Mapping[str, Any], named: Mapping[str, str]) -> None:
        found = {url: await self._dispatch.glance(run_id) for url, run_id in named.items()}
        unfurls = {url: unfurled(card) for url, card in found.items() if card}
        if unfurls:
            await self._chat.unfurl(event, unfurls)


def named_runs(links: Iterable[Mapping[str, Any]], page_url: str) -> dict[str, str]:
    """Return the runs whose pages links lead to, by the links as they were posted."""
    posted = [str(each.get("url", "")) for each in links]
    ours = [url for url in posted if page_url and url.startswith(f"{page_url}/runs/")]
    runs = {url: run_of(url) for url in ours}
    return dict([(url, run) for url, run in runs.items() if run != url][:MOST])


def unfurled(card: Card) -> Json:
    """Return what stands below a link: the card of its run, without what can be pressed."""
    return {"blocks": plainer(card_message(replace(card, buttons=(), controls=(), plan=())).blocks)}
