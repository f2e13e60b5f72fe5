"""The Home tab: what stands there, when it is sent, and what a press there does."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given

from bot.chat import Button, MessageRef
from bot.home import Decision, Home, Project, Scheduled, Seen
from bot.slack.home import home_view
from integrations.emulators.slack import acts
from integrations.emulators.slack.limits import check_view
from tests.bot import strategies
from tests.bot.desk import EMPTY, PAGE
from tests.bot.slack.desk import Office

THREAD = "Open the thread (https://acme.slack.com/archives/C1/p1700000000000100)"
AT = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
RUN = Seen("release acme/shop", "waiting", "Waits for a yes", f"{PAGE}/runs/r1", AT)
DECISION = Decision(
    RUN,
    "Apply this plan?",
    "ada",
    ("Anybody with the role maintainer may approve.",),
    (Button("Approve", "answer:1:yes", "good"), Button("Decline", "answer:1:late", "bad")),
    MessageRef("slack", "C1", "1700000000.000100"),
)
FULL = replace(
    EMPTY,
    decisions=(DECISION,),
    runs=(RUN, replace(RUN, title="health", state="done", line="")),
    projects=(Project("acme/shop", RUN), Project("acme/api", None)),
    more_projects=3,
    schedules=(
        Scheduled("dora acme/shop", "weekdays 9:00 Europe/Berlin", AT),
        Scheduled("health", "every 5 minutes", None, "paused"),
    ),
)


async def test_opening_the_tab_shows_it(office: Office) -> None:
    """What waits comes first, with its buttons; then what is mine, then what I can type."""
    world = office.world
    office.desk.shown = FULL
    await acts.open_home(world, "bo")
    await world.until(lambda: bool(world.homes))

    assert acts.home_text(world, "bo").splitlines() == [
        "Waits for you",
        "=============",
        f"✋ release acme/shop ({PAGE}/runs/r1)",
        "Apply this plan?",
        "Asked by ada. Anybody with the role maintainer may approve.",
        "[ Approve ] [ Decline ]",
        f"{THREAD}  04 Mar 2026 15:30",
        "Your newest runs",
        "================",
        f"• ✋ release acme/shop ({PAGE}/runs/r1) — Waits for a yes",
        f"• ✅ health ({PAGE}/runs/r1)",
        "Projects",
        "========",
        f"• acme/shop — ✋ release acme/shop ({PAGE}/runs/r1) — Waits for a yes",
        "• acme/api — no run yet",
        f"… 3 more on the status page ({PAGE})",
        "Your schedules",
        "==============",
        "• `/flow dora acme/shop` weekdays 9:00 Europe/Berlin — next 04 Mar 2026 15:30",
        "• `/flow health` every 5 minutes — paused",
        "What you can type",
        "=================",
        "• `/flow dora acme/shop`",
        "• `/flow health`",
        "• in a thread: `!flow …`",
        "[ All that I can do ] [ Newest runs ]",
        f"Open the status page ({PAGE})",
    ]
    assert office.desk.looked[0].name == "Bo"


async def test_the_same_is_not_sent_twice(office: Office) -> None:
    """What stands there already stays; the other tab of the app needs nothing."""
    world = office.world
    await acts.open_home(world, "bo")
    await world.until(lambda: bool(world.homes))
    await acts.open_home(world, "bo")
    await acts.open_home(world, "bo", tab="messages")
    office.desk.shown = FULL
    await acts.open_home(world, "bo")
    await world.until(lambda: len(world.called("views.publish")) > 1)

    assert len(world.called("views.publish")) == 2
    assert len(office.desk.looked) == 3


async def test_a_press_counts_and_the_tab_follows(office: Office) -> None:
    """An answer needs no place; the tab shows what is left."""
    world = office.world
    office.desk.shown = FULL
    await acts.open_home(world, "bo")
    await world.until(lambda: bool(world.homes))
    office.desk.shown = EMPTY
    await acts.press_at_home(world, "bo", "Approve")
    await world.until(lambda: len(world.called("views.publish")) > 1)

    assert [action for action, _ in office.desk.pressed] == ["answer:1:yes"]
    assert "Nothing waits for you." in acts.home_text(world, "bo")
    assert world.called("conversations.open") == []


async def test_what_there_is_to_say_stands_in_a_window(office: Office) -> None:
    """Nobody in the tab would see a message; a form opens there as anywhere."""
    world = office.world
    questions = (Button("Answer", "form:7", "good"), *DECISION.buttons)
    office.desk.shown = replace(FULL, decisions=(replace(DECISION, buttons=questions),))
    await acts.open_home(world, "bo")
    await world.until(lambda: bool(world.homes))

    await acts.press_at_home(world, "bo", "Decline")
    modal = world.modal("bo")
    assert modal is not None
    assert "Bo was faster." in json.dumps(modal.content)
    await acts.press_at_home(world, "bo", "Answer")
    form = world.modal("bo")
    assert form is not None
    assert form.content["submit"]["text"] == "Answer"


async def test_a_command_that_is_pressed_is_told_of_in_the_conversation(office: Office) -> None:
    """What it starts has its thread where only this person reads it."""
    world = office.world
    await acts.open_home(world, "bo")
    await world.until(lambda: bool(world.homes))
    await acts.press_at_home(world, "bo", "Newest runs")
    await acts.press_at_home(world, "bo", "All that I can do")

    assert [asked.text for asked in office.desk.asked] == ["runs", "help"]
    assert office.desk.asked[0].origin.channel == world.space.direct("bo").id
    assert len(world.called("conversations.open")) == 1
    modal = world.modal("bo")
    assert modal is not None
    assert "What I can do" in json.dumps(modal.content)


async def test_a_tab_that_slack_does_not_take_breaks_nothing(office: Office) -> None:
    """It is a courtesy: the next look tries again."""
    world = office.world
    world.fail("views.publish", error="internal_error")
    await acts.open_home(world, "bo")
    await world.until(lambda: bool(world.called("views.publish")))
    await acts.open_home(world, "bo")
    await world.until(lambda: bool(world.homes))
    assert len(world.called("views.publish")) == 2


@given(strategies.homes)
def test_anything_fits_into_the_tab(home: Home) -> None:
    """However much there is, and whatever it is called."""
    view = home_view(home, lambda ref: f"https://acme.slack.com/archives/{ref.channel}")
    check_view(view)
    assert view == home_view(home, lambda ref: f"https://acme.slack.com/archives/{ref.channel}")
