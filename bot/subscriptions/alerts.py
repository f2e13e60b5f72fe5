"""Security alerts in the channels that follow them: each sees those that it wants."""

from collections.abc import Sequence

from bot.followed import alert
from bot.followed.things import Said
from bot.subscriptions.boards import Board, source_of

FEATURES = ("security",)


async def show(board: Board, repo: str, alerts: Sequence[Said]) -> None:
    """Bring every channel up to date."""
    for place in board.places:
        key = board.key(place)
        found = [(each, place.wanted(FEATURES, alert.facts_of(repo, each))) for each in alerts]
        wanted = [(each, by) for each, by in found if by]
        if wanted:
            (_, source), *_ = wanted
            await board.put(place, key, alert.card(repo, [each for each, _ in wanted]), source)
        elif source_of(board.shown(key), place):
            await board.take_back(key)
