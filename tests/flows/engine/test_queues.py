"""A run waits in the queue of its weight: the declared one, or what it was measured to be."""

from datetime import timedelta

import pytest

from flows.engine.queues import Weight, queue_for

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("declared", "typical", "queue"),
    [
        ("interactive", None, "interactive"),
        ("interactive", MINUTE, "interactive"),
        ("interactive", 1.1 * MINUTE, "batch"),
        ("interactive", 11 * MINUTE, "heavy"),
        ("batch", None, "batch"),
        ("batch", timedelta(seconds=1), "batch"),
        ("batch", 11 * MINUTE, "heavy"),
        ("heavy", timedelta(seconds=1), "heavy"),
    ],
)
def test_what_was_measured_can_only_make_it_heavier(
    declared: Weight, typical: timedelta | None, queue: Weight
) -> None:
    """An author knows what is still to come; the clock knows what the author forgot."""
    assert queue_for(declared, typical) == queue
