"""An integration that keeps failing is left alone, tried once in a while, and trusted again."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from flows.engine.breakers import (
    FAILURES,
    FIRST_PAUSE,
    LONGEST_LIMIT,
    LONGEST_PAUSE,
    TRIED,
    Breaker,
    Breakers,
)
from flows.engine.effects import effect
from flows.engine.patience import ATTEMPTS, FIRST_DELAY
from flows.engine.run import ReadRun, Run
from flows.report import Report
from integrations.errors import Barred, Limited, Refused, Transient
from integrations.meter import permit
from tests.flows.engine.memory import NOW, Lost, Thing
from tests.flows.engine.stage import Stage

AWAY = Transient("The world is away.")


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, span: timedelta) -> None:
        """Move on."""
        self.now += span


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still."""
    return Clock()


@pytest.fixture
def breakers(clock: Clock) -> Breakers:
    """Return breakers that know of no failure."""
    return Breakers(clock)


def fail(breakers: Breakers, times: int = FAILURES, by: object = "work") -> None:
    """Let the integration fail so often in a row."""
    for _ in range(times):
        breakers.failed("github", AWAY, by)


def let_in(breakers: Breakers, by: object = "work") -> bool:
    """Say whether a call would be let through."""
    try:
        breakers.enter("github", by)
    except Barred:
        return False
    return True


def test_it_opens_after_so_many_failures_in_a_row(breakers: Breakers) -> None:
    """One answer in between, and they are counted anew; other integrations are not concerned."""
    fail(breakers, FAILURES - 1)
    breakers.answered("github", "work")
    fail(breakers, FAILURES - 1)
    assert let_in(breakers)

    fail(breakers, 1)

    assert not let_in(breakers)
    breakers.enter("linear", "work")


def test_who_is_barred_reads_why_and_until_when(breakers: Breakers, clock: Clock) -> None:
    """By the name that people know, with the seconds where they matter."""
    fail(breakers)

    with pytest.raises(Barred) as caught:
        breakers.enter("github", "work")

    assert str(caught.value) == "GitHub has been failing; trying again at 15:30:05 UTC."
    assert caught.value.retry_after == FIRST_PAUSE
    assert breakers.paused() == {
        "GitHub": "paused until 15:30:05 UTC (5 failures, last: The world is away.)"
    }


def test_after_the_pause_one_may_try(breakers: Breakers, clock: Clock) -> None:
    """The same piece of work may call as often as it has to; all others wait for the result."""
    fail(breakers)
    clock.forward(FIRST_PAUSE)

    assert let_in(breakers, by="first")
    assert let_in(breakers, by="first")
    with pytest.raises(Barred, match="one call tries it now; trying again at 15:30:10") as caught:
        breakers.enter("github", "second")
    assert caught.value.retry_after == TRIED
    assert breakers.paused()["GitHub"].startswith("on trial")

    breakers.answered("github", "first")
    assert let_in(breakers, by="second")
    assert breakers.paused() == {}


def test_each_failed_trial_makes_the_pause_longer_up_to_an_end(
    breakers: Breakers, clock: Clock
) -> None:
    """It doubles until it is as long as pauses get."""
    fail(breakers)
    pause = FIRST_PAUSE
    for _ in range(20):
        clock.forward(pause)
        assert let_in(breakers, by="trial")
        breakers.failed("github", AWAY, "trial")
        pause = min(pause * 2, LONGEST_PAUSE)
        clock.forward(pause - timedelta(microseconds=1))
        assert not let_in(breakers)
        clock.now -= pause - timedelta(microseconds=1)


def test_what_was_under_way_when_the_pause_began_decides_nothing(
    breakers: Breakers, clock: Clock
) -> None:
    """Neither a late answer nor a late failure; only the trial counts."""
    fail(breakers)
    breakers.answered("github", "late")
    assert not let_in(breakers)
    clock.forward(FIRST_PAUSE)
    assert let_in(breakers, by="trial")

    breakers.failed("github", AWAY, "late")
    breakers.answered("github", "late")

    assert not let_in(breakers, by="another")
    breakers.answered("github", "trial")
    assert let_in(breakers, by="another")


def test_a_late_failure_does_not_make_the_pause_longer(breakers: Breakers, clock: Clock) -> None:
    """It is counted, and that is all."""
    fail(breakers)
    fail(breakers, 3)

    assert "(8 failures" in breakers.paused()["GitHub"]
    clock.forward(FIRST_PAUSE)
    assert let_in(breakers)


def test_a_trial_that_ends_without_a_result_lets_another_try(
    breakers: Breakers, clock: Clock
) -> None:
    """Its run was cancelled, say."""
    fail(breakers)
    clock.forward(FIRST_PAUSE)
    assert let_in(breakers, by="first")

    breakers.leave("first")
    breakers.leave("somebody else")

    assert let_in(breakers, by="second")


def test_a_rate_limit_bars_for_as_long_as_it_says_and_is_no_failure(
    breakers: Breakers, clock: Clock
) -> None:
    """However often it comes; the first call afterwards needs no trial."""
    for _ in range(FAILURES + 1):
        breakers.failed("github", Limited("Slow down.", timedelta(minutes=10)), "work")

    with pytest.raises(Barred, match="GitHub asked us to call less; trying again at 15:40 UTC"):
        breakers.enter("github", "work")
    breakers.answered("github", "late")  # does not lift what GitHub itself asked for
    assert breakers.paused() == {"GitHub": "paused until 15:40 UTC (Slow down.)"}

    clock.forward(timedelta(minutes=10))
    assert let_in(breakers, "one")
    assert let_in(breakers, "another")
    breakers.answered("github", "one")
    assert breakers.paused() == {}


def test_a_rate_limit_says_that_the_integration_works(breakers: Breakers) -> None:
    """So the failures before it are forgotten."""
    fail(breakers, FAILURES - 1)
    breakers.failed("github", Limited("Slow down."), "work")

    fail(breakers, FAILURES - 1)

    assert "failures" not in breakers.paused()["GitHub"]


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        (timedelta(days=365), LONGEST_LIMIT),
        (timedelta(days=-1), timedelta()),
        (timedelta(seconds=1), timedelta(seconds=1)),
    ],
)
def test_a_rate_limit_that_nobody_can_mean_is_shortened(asked: timedelta, left: timedelta) -> None:
    """A service with a wrong clock must not stop us for a year."""
    limited = Breaker().slowed("Slow down.", asked, NOW).limited

    assert limited == NOW + left


async def sick() -> Thing:
    """Call a service that fails, as a client does."""
    raise permit(write=False, to="github").failed("github", Transient("GitHub is away."))


async def well() -> Thing:
    """Call a service that answers, as a client does."""
    meter = permit(write=False, to="github")
    meter.count("github", 10)
    meter.answered("github")
    return Thing("desk", 4)


async def unwilling() -> Thing:
    """Call a service that says no, as a client does."""
    raise permit(write=False, to="github").failed("github", Refused("GitHub says no."))


@pytest.fixture
def barred(stage: Stage, breakers: Breakers) -> Stage:
    """Return a run whose worker leaves GitHub alone."""
    stage.tools = replace(stage.tools, breakers=breakers)
    fail(breakers)
    return stage


async def look(run: ReadRun) -> Report:
    """Take one step that calls GitHub."""
    return Report((await run.step("Look", well)).name)


async def test_a_barred_step_is_put_off_and_uses_up_no_attempt(barred: Stage, clock: Clock) -> None:
    """However often it is put off; it says why, and goes on as soon as GitHub answers again."""
    why = "GitHub has been failing; trying again at 15:30:05 UTC."
    for _ in range(ATTEMPTS * 2):
        outcome = await barred.look(look)
        assert (outcome.ending, outcome.line) == ("later", why)
        assert FIRST_PAUSE <= outcome.after <= FIRST_PAUSE + FIRST_DELAY
    entry = barred.memory.entries["Look"]
    assert (entry.state, entry.attempt, entry.error) == ("retrying", 0, why)
    assert barred.memory.used["Look"].calls == {}

    clock.forward(FIRST_PAUSE)

    assert (await barred.look(look)).report == Report("desk")
    assert barred.memory.entries["Look"].attempt == 1
    assert barred.tools.breakers.paused() == {}


async def test_attempts_that_were_made_stay_counted(barred: Stage, clock: Clock) -> None:
    """A step that failed on trial and is barred again has used up one attempt, not two."""

    async def body(run: ReadRun) -> Report:
        return Report((await run.step("Look", sick)).name)

    clock.forward(FIRST_PAUSE)
    assert (await barred.look(body)).line == "Trying again soon: GitHub is away."
    assert (await barred.look(body)).line.startswith("GitHub has been failing")

    assert barred.memory.entries["Look"].attempt == 1


async def test_a_step_of_many_calls_is_stopped_in_the_middle(
    stage: Stage, breakers: Breakers
) -> None:
    """What other runs learn meanwhile holds for it as well."""
    stage.tools = replace(stage.tools, breakers=breakers)

    async def long() -> Thing:
        await well()
        fail(breakers, by="another run")
        return await well()

    async def body(run: ReadRun) -> Report:
        return Report((await run.step("Look", long)).name)

    assert (await stage.look(body)).ending == "later"
    assert stage.memory.used["Look"].calls == {"github": 1}


async def test_an_answer_that_says_no_is_an_answer(barred: Stage, clock: Clock) -> None:
    """The service is well: the others may call again."""

    async def body(run: ReadRun) -> Report:
        return Report((await run.step("Look", unwilling)).name)

    clock.forward(FIRST_PAUSE)

    assert (await barred.look(body)).ending == "stopped"
    assert let_in(barred.tools.breakers, by="another")


async def test_a_cancelled_trial_does_not_bar_the_others(barred: Stage, clock: Clock) -> None:
    """It leaves without a result."""

    async def lost() -> Thing:
        permit(write=False, to="github")
        raise Lost

    async def body(run: ReadRun) -> Report:
        return Report((await run.step("Look", lost)).name)

    clock.forward(FIRST_PAUSE)
    with pytest.raises(Lost):
        await barred.look(body)

    assert let_in(barred.tools.breakers, by="another")


async def test_an_effect_whose_answer_was_lost_is_made_once_across_a_pause(
    stage: Stage, breakers: Breakers, clock: Clock
) -> None:
    """It was made, nobody heard of it, then GitHub was barred: in the end it is there once."""
    stage.tools = replace(stage.tools, breakers=breakers)
    stage.approvals = 0
    made: list[str] = []

    async def ensure_tag(name: str) -> Thing:
        meter = permit(write=True, to="github")
        if name not in made:  # the natural key is looked up first
            made.append(name)
            fail(breakers, by=meter)
            raise meter.failed("github", Transient("GitHub took too long to answer."))
        meter.answered("github")
        return Thing(name, len(made))

    async def body(run: Run) -> Report:
        tag = effect("Tag v1", do=partial(ensure_tag, "v1"))
        return Report((await run.apply(tag))[tag].name)

    assert (await stage.play(body)).line.endswith("GitHub took too long to answer.")
    for _ in range(3):
        assert (await stage.play(body)).line.startswith("GitHub has been failing")
    clock.forward(LONGEST_PAUSE)

    assert (await stage.play(body)).report == Report("v1")
    assert made == ["v1"]
    assert stage.memory.entries["Tag v1"].attempt == 2


async def test_a_wait_that_nobody_can_mean_is_shortened_and_said(stage: Stage) -> None:
    """The run comes back after two hours, and people read what the service had asked for."""
    stage.world.fail("desk", Transient("Too many calls.", timedelta(days=30)))

    async def body(run: ReadRun) -> Report:
        return Report((await run.step("Look", stage.world.thing, "desk")).name)

    outcome = await stage.look(body)

    assert LONGEST_LIMIT <= outcome.after <= LONGEST_LIMIT + FIRST_DELAY
    assert outcome.line == (
        "Too many calls. It asks for a pause of 30 days, 0:00:00; trying again in 2 hours."
    )
