"""In which queue a run waits: by the weight that its flow declares, or by what it really takes."""

from datetime import timedelta
from typing import Literal, TypeAlias, get_args

Weight: TypeAlias = Literal["interactive", "batch", "heavy"]

QUEUES: tuple[Weight, ...] = get_args(Weight)  # the lightest first
LONG: tuple[tuple[Weight, timedelta], ...] = (
    ("heavy", timedelta(minutes=10)),
    ("batch", timedelta(minutes=1)),
)


def queue_for(declared: Weight, typical: timedelta | None) -> Weight:
    """Return the queue of a flow whose runs typically take this long to play (None: not known).

    What was measured can only make it heavier: an author knows what is still to come.
    """
    measured: Weight = "interactive"
    if typical is not None:
        measured = next((weight for weight, span in LONG if typical > span), measured)
    return max(declared, measured, key=QUEUES.index)
