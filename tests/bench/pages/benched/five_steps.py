"""Walk through five steps that only say that they were there."""

from pydantic import Field

from flows import Params, ReadRun, Report, Role, flow
from tests.bench.notes import END, STEPS, mark, note


class FiveSteps(Params):
    file: str = Field(description="File that hears of every step", examples=["/tmp/notes"])  # noqa: S108 - an example
    name: str = Field(description="Name of the run in that file", examples=["r1"])
    pause: float = Field(0, description="Seconds that each step takes")


@flow(alias="five", role=Role.VIEWER, examples=["five /tmp/notes r1"])
async def five_steps(run: ReadRun, params: FiveSteps) -> Report:
    """Journal what every contestant journals: five results, one after the other."""
    for number in range(STEPS):
        await run.step(f"Step {number}", mark, params.file, params.name, number, params.pause)
    # The one line outside a step: the peers' observer looks at the same moment.
    note(params.file, params.name, END)
    return Report("Five steps", "All were there.")
