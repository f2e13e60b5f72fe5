"""The contests, one module each: who takes part, and what we claim."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from tests.bench.bed import Bed
from tests.bench.contest import Part
from tests.bench.parts import crash, runs, slack, start

PARTS: Mapping[str, Callable[[Bed], AbstractAsyncContextManager[Part]]] = {
    "slack": slack.part,
    "start": start.part,
    "runs": runs.part,
    "crash": crash.part,
}
