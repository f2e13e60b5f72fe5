"""The contests, one module each: who takes part, and what we claim."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from tests.bench.bed import Bed
from tests.bench.contest import Part
from tests.bench.parts import (
    calls,
    crash,
    footprint,
    pages,
    parse,
    runs,
    slack,
    start,
    webhooks,
)

PARTS: Mapping[str, Callable[[Bed], AbstractAsyncContextManager[Part]]] = {
    "webhooks": webhooks.part,
    "slack": slack.part,
    "parse": parse.part,
    "start": start.part,
    "runs": runs.part,
    "crash": crash.part,
    "pages": pages.part,
    "idle": footprint.idle,
    "calls": calls.part,
    "cli": footprint.commands,
}
