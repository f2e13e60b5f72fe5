"""What an event starts is told below the card that the same event has made, on both chats."""

from bot.chat import Origin
from bot.deliveries import told_by
from bot.intake import Delivery
from bot.threads import Threads
from bot.triggers import about
from tests.bot.lab import RULES
from tests.bot.subscriptions.street import REPO, Street


async def test_a_run_answers_in_the_thread_of_its_pull_request(street: Street) -> None:
    """Card and report, both below; the channel itself gets nothing new."""
    lab = street.lab
    await street.say(f"subscribe {REPO} prs")
    await street.github.person("ada").opens_pull(REPO, "Add limits", {"limits.py": "3\n"})
    await street.settle()

    got = next(each for each in street.told if each.event == "pull_request")
    told = told_by(Delivery("github", got.event, "d1", got.body))
    origin = Origin("event", street.platform, "", tells="news", about=about(told.topics))
    run_id = await lab.start("look desk", origin=origin)
    await lab.player().play(run_id)
    assert street.port
    threads = Threads(
        lab.database, lab.queue, RULES, lab.clock, {street.platform: street.port}, lab.find
    )
    await threads.deliver()

    [card] = street.shown()
    assert "Add limits" in card.text
    assert ["desk is there" in reply for reply in card.replies] == [True, True]
