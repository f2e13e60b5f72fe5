"""Keep one comment on a pull request true: what it would release, and how its note reads."""

from functools import partial

from pydantic import Field

from flows import Params, Report, Role, Run, effect, flow
from flows.analysis import previews


class Commented(Params):
    repo: str = Field(description="Repository of the pull request", examples=["acme/shop"])
    pull: int = Field(ge=1, description="Number of the pull request", examples=[12])


@flow(
    alias="preview-comment",
    budget=40,
    role=Role.OPERATOR,
    examples=["preview-comment acme/shop 12"],
    phrases=["comment on {pull} of {repo} what it releases"],
    on=(
        "github:pull_request.opened",
        "github:pull_request.reopened",
        "github:pull_request.edited",
        "github:pull_request.labeled",
        "github:pull_request.unlabeled",
        "github:pull_request.synchronize",
    ),
    lock="preview:{repo}#{pull}",
    free=("Say on #* what it would release", "Take back what #* would release"),
)
async def version_comment(run: Run, params: Commented) -> Report:
    """Say it once, edit it where it changes, and take it away where a label leaves it out."""
    repo, number, github, team = params.repo, params.pull, run.github, run.settings.linear_team
    found = await run.step(
        f"Work out what #{number} would release",
        previews.preview_of, github, run.linear if team else None, run.tracker,
        repo=repo, number=number, team=team, path=run.settings.version_file,
    )  # fmt: skip
    show = previews.report(repo, found)
    if found.pull.state != "open":
        return previews.quietly(show, f"#{number} is {found.pull.state}, so it says no more.")
    before = await run.step("Read what it says so far", previews.said_before, github, repo, number)
    words = previews.comment(found) if found.is_noted else ""
    if words == before:
        return previews.quietly(show, f"The comment on #{number} is as it should be.")
    say = partial(github.ensure_comment, repo, number, previews.KEY)
    hush = partial(github.delete_comment, repo, number, previews.KEY)
    back = partial(say, before) if before else hush
    saying = effect(f"Say on #{number} what it would release", do=partial(say, words), undo=back)
    hushing = effect(f"Take back what #{number} would release", do=hush, undo=back)
    await run.apply(saying if words else hushing, show=show)
    return previews.quietly(show, show.summary)
