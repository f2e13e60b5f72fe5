"""Work reports to the meter that is nearest, wherever it runs."""

import asyncio
import time

import pytest

from integrations.errors import Barred, Refused, Transient
from integrations.meter import Meter, in_thread, meter, metered, permit, spelled
from tests.integrations.doorkeeper import Doorkeeper


def busy(seconds: float) -> str:
    """Use the CPU for at least so long."""
    began = time.thread_time()
    while time.thread_time() - began < seconds:
        pass
    return "done"


def broken() -> None:
    """Use the CPU, then fail."""
    busy(0.01)
    raise LookupError("gone")


async def test_the_cpu_time_of_a_thread_counts_for_who_asked() -> None:
    """Also where it fails, and only there."""
    mine, other = Meter(), Meter()
    with metered(mine):
        assert await in_thread(busy, 0.02) == "done"
        with pytest.raises(LookupError):
            await in_thread(broken)
    with metered(other):
        await asyncio.sleep(0)

    assert 0.03 <= mine.cpu < 20
    assert other.cpu == 0


async def test_without_a_meter_nothing_is_kept() -> None:
    """What web and delivery use belongs to no run."""
    await in_thread(busy, 0.001)
    permit(write=True, to="github").count("github", 10)

    assert meter().calls == {}
    assert meter().cpu == 0


def test_a_call_passes_the_gate_before_it_is_made() -> None:
    """Only calls that name their integration: the gate knows nothing else."""
    gate = Doorkeeper()
    gate.barred.add("github")
    with metered(Meter(gate=gate)):
        with pytest.raises(Barred):
            permit(write=False, to="github")
        permit(write=False, to="linear")
        permit(write=False)

    assert gate.heard == [("linear", "entered")]


def test_the_gate_hears_whether_an_integration_works() -> None:
    """To say no is to work; only what may work later is a failure."""
    gate = Doorkeeper()
    used = Meter(gate=gate)

    used.answered("github")
    assert str(used.failed("github", Refused("No."))) == "No."
    assert str(used.failed("github", Transient("Away."))) == "Away."
    Meter().answered("github")
    Meter().failed("github", Transient("Away."))

    assert [what for _, what in gate.heard] == [
        "answered Meter",
        "answered Meter",
        "Transient Meter",
    ]


def test_integrations_are_spelled_as_they_spell_themselves() -> None:
    """Capital letters where they belong."""
    assert [spelled(each) for each in ("github", "git", "slack", "osv")] == [
        "GitHub",
        "Git",
        "Slack",
        "OSV",
    ]
