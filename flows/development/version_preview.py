"""Say what a pull request would release: the version, why, and how its note reads."""

from pydantic import Field

from flows import Params, ReadRun, Report, flow
from flows.analysis import previews


class Previewed(Params):
    repo: str = Field(description="Repository of the pull request", examples=["acme/shop"])
    pull: int = Field(ge=1, description="Number of the pull request", examples=[12])


@flow(
    alias="preview",
    budget=30,
    examples=["preview acme/shop 12"],
    phrases=[
        "what does {pull} release?",
        "what does {pull} of {repo} release?",
        "which version does {pull} of {repo} make?",
    ],
)
async def version_preview(run: ReadRun, params: Previewed) -> Report:
    """Count it in with what is merged since the last release of its branch."""
    repo, number, team = params.repo, params.pull, run.settings.linear_team
    found = await run.step(
        f"Work out what #{number} would release",
        previews.preview_of, run.github, run.linear if team else None, run.tracker,
        repo=repo, number=number, team=team, path=run.settings.version_file,
    )  # fmt: skip
    return previews.report(repo, found)
