"""Links to the pages of runs are shown with what their cards say, and nothing else is."""

import pytest

from bot.chat import Actor, Button, Card
from bot.slack.links import MOST, named_runs, unfurled
from integrations.emulators.slack import acts, payloads
from tests.bot.desk import PAGE
from tests.bot.slack.desk import Office

RUN = "0123456789abcdef"
HOST = "flowbot.example"
CARD = Card(
    "release acme/shop",
    "acme/shop v1.3.0 is out",
    "done",
    "2 changes",
    Actor("slack", "U1", "ada"),
    f"{PAGE}/runs/{RUN}",
    buttons=(Button("Approve", "answer:1:yes"),),
    controls=(Button("Undo", f"undo:{RUN}"),),
)


async def test_a_link_to_a_run_says_what_it_is(office: Office) -> None:
    """Title, state, one line and who; nothing can be pressed there."""
    office.desk.cards[RUN] = CARD
    said = await office.world.say("bo", "dev", f"look: {PAGE}/runs/{RUN}?from=mail")
    await acts.share_links(office.world, said, HOST)
    await office.world.until(lambda: bool(said.unfurls))

    assert office.world.plain(said).splitlines() == [
        f"look: {PAGE}/runs/{RUN}?from=mail",
        "│ ✅ acme/shop v1.3.0 is out  `release acme/shop`",
        "│ 2 changes",
        f"│ Details ({PAGE}/runs/{RUN})  by ada",
    ]


@pytest.mark.parametrize(
    "link",
    [
        f"{PAGE}/runs/{'f' * 16}",
        f"{PAGE}/runs/",
        f"{PAGE}/flows",
        f"https://{HOST}.evil.example/runs/{RUN}",
        f"https://evil.example/{PAGE}/runs/{RUN}",
        f"http://{HOST}/runs/{RUN}",
    ],
)
async def test_other_links_stay_links(office: Office, link: str) -> None:
    """Runs that do not exist, other pages of ours, and whoever looks like us."""
    office.desk.cards[RUN] = CARD
    said = await office.world.say("bo", "dev", link)
    await acts.share_links(office.world, said, HOST, f"{HOST}.evil.example", "evil.example")
    await office.world.say("bo", "dev", "!flow dora")
    assert office.world.called("chat.unfurl") == []


async def test_in_a_channel_that_is_shared_nothing_is_shown(office: Office) -> None:
    """People of another company read along there."""
    office.desk.cards[RUN] = CARD
    said = await office.world.say("bo", "dev", f"{PAGE}/runs/{RUN}")
    event = payloads.link_shared(said, [said.text], "Ev1") | {"is_ext_shared_channel": True}
    answer = await office.world.deliver("events_api", event)
    assert not answer.failed
    assert office.world.called("chat.unfurl") == []


async def test_a_link_that_is_still_being_typed_is_shown_to_who_types(office: Office) -> None:
    """The message has no place yet: Slack names what is typed by an id of its own."""
    office.desk.cards[RUN] = CARD
    said = await office.world.say("bo", "dev", f"{PAGE}/runs/{RUN}")
    event = payloads.link_shared(said, [said.text], "Ev1")
    event["event"] |= {"channel": "COMPOSER", "source": "composer", "unfurl_id": "1.2"}
    await office.world.deliver("events_api", event)
    await office.world.until(lambda: bool(office.world.called("chat.unfurl")))

    [call] = office.world.called("chat.unfurl")
    assert (call["unfurl_id"], call["source"], "channel" in call) == ("1.2", "composer", False)
    assert office.world.calls[-1].error == ""


async def test_a_message_that_is_gone_is_no_trouble(office: Office) -> None:
    """Who posted it took it back meanwhile."""
    office.desk.cards[RUN] = CARD
    said = await office.world.say("bo", "dev", f"{PAGE}/runs/{RUN}")
    office.world.space.delete(said)
    await acts.share_links(office.world, said, HOST)
    await office.world.until(lambda: bool(office.world.called("chat.unfurl")))
    assert office.world.calls[-1].error == "cannot_find_message"


def test_a_message_full_of_links_is_answered_for_a_few() -> None:
    """The first ones, each once."""
    links = [{"url": f"{PAGE}/runs/{number:016x}"} for number in range(9)]
    assert len(named_runs([*links, *links], PAGE)) == MOST
    assert named_runs(links, "") == {}
    assert "actions" not in [block["type"] for block in unfurled(CARD)["blocks"]]
