"""Check the bot itself, the services it uses, and the endpoints of each project."""

from flows import Line, Params, ReadRun, Report, bullets, flow, table, text
from flows.analysis.health import endpoint, turned
from flows.engine.tools import Vital


class Health(Params):
    pass


@flow(
    alias="health",
    budget=5,
    examples=["health"],
    phrases=[
        "how are you?",
        "are you well?",
        "are you ok?",
        "is everything up?",
        "is anything down?",
    ],
)
async def health_check(run: ReadRun, params: Health) -> Report:  # noqa: ARG001 - it takes no inputs
    """Measure everything now; compare with the last check, so that only changes stand out.

    The report is quiet while nothing changes: scheduled for news alone, it tells each change once.
    """
    vitals = await run.step("Measure the bot", run.system.vitals)
    services = await run.step("Ask the services", run.system.services)
    probed = [
        endpoint(
            project,
            await run.step(f"Probe endpoint {number} of {project}"[:60], run.probes.probe, url),
            run.started,
        )
        for project, urls in sorted(vitals.endpoints.items())
        for number, url in enumerate(urls, 1)
    ]
    everything = [*vitals.items, *services, *probed]
    before = await run.baseline()

    ill = [each for each in everything if not each.ok]
    states = {each.name: each.ok for each in everything}
    news = turned(before.data if before else {}, everything)
    changed = (
        bullets(news, "Changed since the last check")
        if news
        else text("Nothing changed since the last check." if before else "This is the first check.")
    )
    return Report(
        "Health",
        f"{len(ill)} of {len(everything)} checks need a look."
        if ill
        else f"All {len(everything)} checks are well.",
        "bad" if ill else "good",
        (
            *([bullets(map(_remedy, ill), "What to do")] if ill else []),
            changed,
            table(["", "What", "State"], map(_row, everything)),
        ),
        data=states,
        quiet=before is not None and before.data == states,
    )


def _row(vital: Vital) -> tuple[str, str, str]:
    return "✓" if vital.ok else "✗", vital.name, vital.value


def _remedy(vital: Vital) -> Line:
    return (f"{vital.name}: {vital.value}. {vital.remedy}",)
