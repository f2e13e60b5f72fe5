"""Play a flow from the top; recorded steps return at once."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

import msgspec

from flows.engine.errors import FlowError, Later, Rehearsed, Waiting
from flows.engine.run import ReadRun, Run
from flows.engine.spec import Flow, Params
from flows.report import Report, text
from integrations.errors import OutsideError
from integrations.meter import Meter, metered

log = logging.getLogger(__name__)

Ending: TypeAlias = Literal["done", "waiting", "later", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended; `line` says it in a sentence, `after` when to play again."""

    ending: Ending
    line: str = ""
    report: Report | None = None
    after: timedelta = timedelta()


async def play(flow: Flow, params: Params, run: ReadRun) -> Outcome:
    """Run the flow until it ends, waits, or has to come back later; never raises an error."""
    try:
        with metered(Meter(reads=False, writes=False)):
            report = await flow.body(run, params)
        msgspec.json.encode(report)  # what cannot be stored is the flow's mistake, so it fails here
        return Outcome("done", report.summary, report)
    except Waiting as waiting:
        return Outcome("waiting", f"Waiting for {waiting}")
    except Later as later:
        return Outcome("later", later.why, after=later.after)
    except Rehearsed as rehearsed:
        return Outcome("done", "Dry run: nothing was changed.", rehearsed.report)
    except (FlowError, OutsideError) as error:
        return Outcome("stopped", str(error), Report(f"{flow.alias} stopped", str(error), "warn"))
    except Exception:
        log.exception("run %s of %s broke", run.identity.id, flow.slug)
        sorry = "Something broke on our side; nothing more will happen in this run."
        where = text(
            f"Whoever looks after this bot finds the details in its log: {run.identity.id}."
        )
        return Outcome("failed", sorry, Report(f"{flow.alias} failed", sorry, "bad", (where,)))


def open_run(flow: Flow, run: ReadRun) -> ReadRun:
    """Return the handle that the flow asked for by its type."""
    kind = Run if flow.writes else ReadRun
    return kind(run.identity, run.journal, run.tools)
