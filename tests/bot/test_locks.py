"""People lock, unlock, steal and ask to be told, and everybody whom it concerns hears of it."""

import asyncio
from datetime import timedelta

import pytest

from bot.chat import Actor
from bot.console.render import render
from bot.dispatch import Say
from flows.engine.access import Role
from flows.engine.tools import ProjectSettings
from storage import people, projects
from storage.people import PersonSettings
from tests.bot.lab import ADA, BEN, CAT, HERE
from tests.bot.yard import LOCKED, SHOP, Yard

DAN = Actor("slack", "U4", "dan")  # a viewer, unless a project says otherwise
HOUR = 3600


async def test_a_person_locks_and_unlocks(yard: Yard) -> None:
    """With a reason and an end; a run waits for it like for another run."""
    assert f"You hold {SHOP} until 17:30 UTC." in await yard.say(LOCKED)
    run_id = await yard.ship(by=BEN)
    waiting = await yard.run(run_id)
    assert waiting.line == (
        f"Next in the line for {SHOP}, which ada has held since 15:30 UTC "
        "and keeps until 17:30 UTC: "
        "We look for the leak"
    )

    told = await yard.say(f"unlock {SHOP}")

    assert f"{SHOP} is unlocked: ben's run has held it since 15:30 UTC" in told
    assert (await yard.run(run_id)).state == "done"
    assert await yard.audited() == [("locked", "ada"), ("unlocked", "ada")]
    assert await yard.told() == []


async def test_who_has_said_their_zone_reads_their_clock(yard: Yard) -> None:
    """Others read UTC."""
    async with yard.database.begin() as connection:
        ada = await people.seen(connection, ADA.platform, ADA.id, ADA.name, yard.clock())
        settings = PersonSettings(zone="Europe/Berlin")
        await people.save(connection, people.changed(ada, settings), None)
    assert "until 18:30." in await yard.say(f"lock {SHOP} --for 2h We look for the leak")
    listed = await yard.say("locks")
    assert " 16:30 " in listed
    assert " 18:30 " in listed
    assert "since 16:30 and keeps it until 18:30: We" in await yard.say(f"notify-me {SHOP}")
    assert "since 15:30 UTC and keeps" in await yard.say(f"notify-me {SHOP}", by=BEN)


async def test_locking_again_changes_the_reason_and_the_end(yard: Yard) -> None:
    """It is still one lock."""
    await yard.say(LOCKED)
    await yard.say(f"lock {SHOP} It is worse than we thought")

    [held] = await yard.line()
    assert (held.reason, held.until) == ("It is worse than we thought", None)


async def test_a_person_in_the_line_is_told_when_it_is_theirs(yard: Yard) -> None:
    """Once; until then they can leave the line."""
    await yard.say(LOCKED)
    assert f"You are next in the line for {SHOP}, which ada" in await yard.say(
        f"lock {SHOP} --for=1h After you", BEN
    )
    assert "You are next in the line" in await yard.say(f"lock {SHOP} --for=1h After you", BEN)
    await yard.say(f"unlock {SHOP}")

    assert await yard.told() == [("ben", f"You hold {SHOP} now: it was your turn.")]
    assert await yard.told() == [("ben", f"You hold {SHOP} now: it was your turn.")]
    [held] = await yard.line()
    assert (held.by["name"], held.until) == ("ben", yard.clock() + timedelta(hours=1))

    await yard.say(LOCKED)
    assert f"Did you mean {SHOP}?" in await yard.say("unlock production")
    assert f"You no longer wait for {SHOP}." in await yard.say(f"unlock {SHOP}")
    assert f"{SHOP} is unlocked: nobody holds it." in await yard.say(f"unlock {SHOP}", BEN)


@pytest.mark.parametrize(
    ("typed", "kind", "told"),
    [
        (f"lock {SHOP}", "misread", "Say why, in at most 500 characters"),
        (f"lock {SHOP} --for 2h", "misread", "Say why, in at most 500 characters"),
        (f"lock {SHOP} {'x' * 501}", "misread", "Say why, in at most 500 characters"),
        (f"lock {SHOP} --for soon X", "misread", "“soon” is no length of time: write `30 min`"),
        (f"lock {SHOP} Because --for", "misread", "“” is no length of time"),
        ("lock ' ' Because", "misread", f"Say which lock, such as {SHOP}."),
        ("lock", "answer", "Keep something to yourself"),
        ("lock '' Because", "answer", "Keep something to yourself"),
        ("lock --for 2h", "answer", "Keep something to yourself"),
        ("unlock", "answer", "Let go of a lock"),
        ("steal", "answer", "Take a lock from who holds it"),
        (f"steal {SHOP}", "misread", "Say why"),
        (f"steal {SHOP} We need it", "unknown", "Nobody holds deploy:acme/shop:production"),
        (f"unlock {SHOP}", "unknown", "there is nothing to unlock"),
        (f"notify-me {SHOP}", "unknown", "you can have it now"),
        ("locks", "answer", "Nobody holds a lock."),
        ("help lock", "answer", "/flow lock deploy:acme/shop:production --for 2h"),
    ],
)
async def test_what_makes_no_sense_gets_a_helpful_answer(
    yard: Yard, typed: str, kind: str, told: str
) -> None:
    """And changes nothing."""
    reply = await yard.type(typed, ADA, key=typed)
    assert isinstance(reply, Say)
    assert reply.kind == kind
    assert told in " ".join(render(reply.report).split())
    assert await yard.line() == []
    assert await yard.audited() == []


@pytest.mark.parametrize(
    ("typed", "marked"),
    [
        (f"lock {SHOP}", SHOP),
        (f"lock {SHOP} --for soon X", "soon"),
        (f"lock {SHOP} --for=soon X", "soon"),
        (f"lock {SHOP} Because --for", "--for"),
    ],
)
async def test_what_is_missing_or_wrong_is_marked(yard: Yard, typed: str, marked: str) -> None:
    """With an example."""
    told = await yard.say(typed)
    assert "Example: /flow lock" in " ".join(told.split())
    [pointer] = [line for line in told.splitlines() if "^" in line]
    assert pointer.count("^") == len(marked)


async def test_a_terminal_is_promised_no_message(yard: Yard) -> None:
    """It shows answers only."""
    here = Actor("terminal", "me", "me")
    await yard.say(LOCKED)

    assert "A terminal gets no messages" in await yard.say(f"notify-me {SHOP}", here)
    told = await yard.say(f"lock {SHOP} After you", here)

    assert "You are next in the line" in told
    assert "You get a message" not in told
    assert f"/flow unlock {SHOP} leaves the line" in told


async def test_a_misspelt_lock_is_recognised(yard: Yard) -> None:
    """The nearest that there is gets named."""
    await yard.say(LOCKED)

    told = await yard.say("unlock deploy:acme/shop:prodution")

    assert f"Did you mean {SHOP}?" in " ".join(told.split())


async def test_roles_decide_who_may_do_what(yard: Yard) -> None:
    """Those of the project that the lock names; every refusal is audited."""
    async with yard.database.begin() as connection:
        settings = ProjectSettings("acme/shop", roles={"slack:U4": Role.OPERATOR})
        await projects.save(connection, settings, yard.clock())

    assert "needs the role operator; yours is viewer" in await yard.say(LOCKED, CAT)
    assert "needs the role operator" in await yard.say("lock deploy:acme/web:x Why not", DAN)
    assert f"You hold {SHOP}" in await yard.say(LOCKED, DAN)
    assert "needs the role maintainer" in await yard.say(f"unlock {SHOP}", CAT)
    assert "needs the role maintainer" in await yard.say(f"steal {SHOP} Mine", CAT)
    assert f"{SHOP} is unlocked" in await yard.say(f"unlock {SHOP}", ADA)

    assert await yard.told() == [("dan", f"ada took your lock on {SHOP} off.")]
    assert [action for action, _ in await yard.audited()] == [
        "refused",
        "refused",
        "locked",
        "refused",
        "refused",
        "unlocked",
    ]


async def test_a_lock_of_a_person_that_is_stolen_passes_at_once(yard: Yard) -> None:
    """Who had it hears who took it and why; the line stays behind."""
    await yard.say(LOCKED)
    run_id = await yard.ship(by=CAT)

    assert f"You hold {SHOP}." in await yard.say(f"steal {SHOP} The fix has to go out", BEN)

    assert await yard.told() == [("ada", f"ben took {SHOP} from you: The fix has to go out")]
    assert "ben has held since" in (await yard.run(run_id)).line
    assert f"You hold {SHOP} already." in await yard.say(f"steal {SHOP} Again", BEN)
    await yard.say(f"unlock {SHOP}", BEN)
    assert (await yard.run(run_id)).state == "done"


async def test_a_lock_of_a_run_that_waits_is_stolen_at_once(yard: Yard) -> None:
    """The run is over, and says by whom; those who were in the line stay in it."""
    run_id, other = await yard.ship(ask=True), await yard.ship(by=CAT)

    assert f"You hold {SHOP}." in await yard.say(f"steal {SHOP} The fix has to go out", BEN)

    run = await yard.run(run_id)
    assert run.state == "cancelled"
    assert run.line == "Cancelled by ben, who took its lock; nothing was changed."
    assert [each.run_id for each in await yard.line()] == ["", other]
    [(name, told)] = await yard.told()
    assert (name, told) == (
        "ada",
        f"ben took {SHOP} from your run ship acme/shop --ask: The fix has to go out",
    )
    assert ("stole", "ben") in await yard.audited()


async def test_a_lock_of_a_run_that_is_played_passes_when_it_has_ended(yard: Yard) -> None:
    """Never two at once: it is told to stop at its next step, and the thief waits for that."""
    run_id = await yard.start("ship acme/shop --ask")
    playing = await yard.playing(run_id)
    yard.bell.rung.clear()
    other = await yard.ship(by=CAT)
    await yard.say(f"lock {SHOP} Me too", BEN)

    told = await yard.say(f"steal {SHOP} The fix has to go out", BEN)
    second = await yard.say(f"steal {SHOP} No, mine", ADA)

    for place, answer in (("next", told), ("2nd", second)):
        plain = " ".join(answer.split())
        assert f"ada's run stops at its next step. You are {place} in the line" in plain
    assert [each.by["name"] for each in await yard.line()] == ["ada", "ben", "ada", "cat"]
    assert (await yard.line())[0].run_id == run_id
    yard.hold_up.set()
    await asyncio.gather(*playing)

    run = await yard.run(run_id)
    assert (run.state, run.stop_by) == ("cancelled", "ada, who took its lock")
    assert [each.run_id for each in await yard.line()] == ["", "", other]
    assert (await yard.line())[0].by["name"] == "ben"
    assert ("ben", f"You hold {SHOP} now: it was your turn.") in await yard.told()


async def test_a_run_cannot_be_unlocked(yard: Yard) -> None:
    """The answer says what can be done instead."""
    run_id = await yard.ship(ask=True)

    told = await yard.say(f"unlock {SHOP}")

    assert f"/flow cancel {run_id}" in told
    assert f"/flow steal {SHOP} WHY" in told


async def test_who_wants_to_know_is_told_once_when_it_is_free(yard: Yard) -> None:
    """Not while somebody else in the line has it."""
    first, _ = await yard.ship(ask=True), await yard.ship(by=BEN, ask=True)
    assert "You get a message when it is free." in await yard.say(f"notify-me {SHOP}", CAT)
    await yard.say(f"notify-me {SHOP}", CAT)
    await yard.say(f"cancel {first}")
    assert await yard.told() == []

    [held] = await yard.line()
    await yard.say(f"cancel {held.run_id}", BEN)

    assert await yard.told() == [("cat", f"{SHOP} is free.")]
    run_id = await yard.ship()
    assert (await yard.run(run_id)).state == "done"
    assert len(await yard.told()) == 1


async def test_the_list_shows_who_holds_what_and_who_waits(yard: Yard) -> None:
    """Names are text: nothing in them means anything."""
    await yard.ship(ask=True)
    await yard.ship(by=BEN)
    await yard.say('lock "<!channel> *x*" Because', BEN)

    told = await yard.say("locks")

    for part in (SHOP, "ada's run", "19:30 UTC", "ben", "<!channel> *x*", "until it is let go"):
        assert part in told


async def test_two_people_who_lock_at_once_get_it_one_after_the_other(yard: Yard) -> None:
    """However they meet, there is one holder, and everybody else is in the line."""
    people = [Actor("slack", f"M{number}", f"m{number}") for number in range(8)]
    async with yard.database.begin() as connection:
        settings = ProjectSettings("acme/shop", roles={"*": Role.OPERATOR})
        await projects.save(connection, settings, yard.clock())

    await asyncio.gather(*(yard.type(LOCKED, each, key=each.id) for each in people))

    line = await yard.line()
    assert len({each.who for each in line}) == 8
    assert [each.held_at is not None for each in line] == [True] + [False] * 7


async def test_health_counts_the_locks(yard: Yard) -> None:
    """And says how long the oldest has been held."""
    from bot.vitals import SelfKnowledge

    knowledge = SelfKnowledge(yard.database, yard.queue, yard.clock, [])
    free = (await knowledge.vitals()).items
    await yard.say(LOCKED)
    yard.clock.forward(1.5 * HOUR)
    held = (await knowledge.vitals()).items

    shown = [[each.value for each in vitals if each.name == "Locks"] for vitals in (free, held)]
    assert shown == [["none held"], ["1 held, the oldest for 1 h 30 min"]]


def test_help_names_the_verbs() -> None:
    """They are in the list of what a maintainer can type."""
    from bot import catalogue

    shown = render(catalogue.details(catalogue.grouped(Role.MAINTAINER)))
    assert all(verb in shown for verb in ("lock", "unlock", "locks", "steal", "notify-me"))


async def test_a_person_lends_a_lock_to_their_own_runs(yard: Yard) -> None:
    """One after the other, and has it back afterwards; others wait for all of that."""
    await yard.say(LOCKED)
    other = await yard.ship(by=BEN)
    first, second = await yard.ship(ask=True), await yard.ship()

    assert (await yard.run(first)).line == "Waiting for an answer"
    assert (await yard.run(second)).line.startswith("3rd in the line")
    assert [each.run_id for each in await yard.line()] == [first, "", other, second]
    assert "ada's run has held since" in (await yard.run(other)).line

    await yard.dispatch.answer((await yard.asked(first)).id, "yes", ADA)
    await yard.work(yard.player("w1"), yard.player("w2"))

    assert [(await yard.run(each)).state for each in (first, second)] == ["done", "done"]
    assert yard.most["acme/shop:production"] == 1
    held, waiting = await yard.line()
    assert (held.by["name"], held.until, waiting.run_id) == (
        "ada",
        yard.clock() + timedelta(hours=2) - timedelta(seconds=3),
        other,
    )
    assert await yard.told() == []
    await yard.say(f"unlock {SHOP}")
    assert (await yard.run(other)).state == "done"


async def test_a_lock_that_is_lent_can_be_let_go_and_stolen(yard: Yard) -> None:
    """It does not come back to who has lent it then."""
    for taken in (f"unlock {SHOP}", f"steal {SHOP} The fix has to go out"):
        await yard.say(LOCKED)
        run_id = await yard.ship(ask=True)
        assert len(await yard.line()) == 2
        told = await yard.say(taken, BEN if taken.startswith("steal") else ADA)
        assert ("once your run has ended" in told) is taken.startswith("unlock")
        await yard.say(f"cancel {run_id}")
        assert [each.by["name"] for each in await yard.line()] == ["ben"] * taken.startswith("st")


async def test_who_steals_a_lock_for_their_run_has_it_played_at_once(yard: Yard) -> None:
    """The run goes first, and the lock comes back to the thief."""
    await yard.say(LOCKED)
    run_id = await yard.ship(by=BEN, ask=True)

    told = await yard.say(f"steal {SHOP} The fix has to go out", BEN)

    assert "your own run has it first" in told
    assert [each.run_id for each in await yard.line()] == [run_id, ""]


async def test_who_takes_a_lock_back_from_their_own_run_stops_it(yard: Yard) -> None:
    """They keep the lock, and hear nothing that they did not just say."""
    await yard.say(LOCKED)
    run_id = await yard.ship(ask=True)

    assert f"You hold {SHOP} until" in await yard.say(f"steal {SHOP} I will do it by hand")

    assert (await yard.run(run_id)).state == "cancelled"
    [held] = await yard.line()
    assert held.run_id == ""
    assert await yard.told() == []


async def test_locking_and_unlocking_have_their_way_back(yard: Yard) -> None:
    """Buttons that type the other; who takes off another's lock is offered none."""
    locked = await yard.type(LOCKED, ADA, key="one")
    assert isinstance(locked, Say)
    assert [each.action for each in locked.buttons] == [f"type:unlock {SHOP}"]
    unlocked = await yard.dispatch.press(locked.buttons[0].action, ADA, HERE, "two")
    assert isinstance(unlocked, Say)
    [again] = unlocked.buttons
    assert again.action == f'type:lock {SHOP} "We look for the leak"'
    await yard.dispatch.press(again.action, ADA, HERE, "three")
    [held] = await yard.line()
    assert held.reason == "We look for the leak"

    taken = await yard.type(f"unlock {SHOP}", BEN, key="four")
    assert isinstance(taken, Say)
    assert taken.buttons == ()
