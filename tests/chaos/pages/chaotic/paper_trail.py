"""Write a page on a branch of its own and tag it, with a look before and after."""

from functools import partial

from pydantic import Field

from flows import Params, Report, Role, Run, effect, facts, flow


class PaperTrail(Params):
    repo: str = Field(description="Repository that takes the page", examples=["acme/paper"])
    name: str = Field(description="Name of the branch and of the page", examples=["r1"])


@flow(alias="trail", role=Role.VIEWER, examples=["trail acme/paper r1"])
async def paper_trail(run: Run, params: PaperTrail) -> Report:
    """Leave three changes that belong to this run alone, so that each can be counted."""
    repo, name, github = params.repo, params.name, run.github
    head = await run.step("Pin the commit", github.head, repo)
    before = await run.step("Look for the branch", github.branch, repo, name)
    tag = await run.step("Look for the tag", github.tag, repo, f"v-{name}")

    cutting = effect(
        f"Cut {name}",
        do=partial(github.ensure_branch, repo, name, head.sha),
        undo=partial(github.delete_branch, repo, name),
    )
    writing = effect(
        f"Write {name}.md",
        do=partial(github.ensure_file, repo, name, f"{name}.md", f"{name}\n", f"Add {name}"),
    )
    tagging = effect(
        f"Tag v-{name}",
        do=partial(github.ensure_tag, repo, f"v-{name}", writing.result.sha),
        undo=partial(github.delete_tag, repo, f"v-{name}"),
    )
    news = facts(branch="there" if before else "new", tag="there" if tag else "new")
    draft = Report(f"Trail {name}", "Three changes", blocks=(news,))
    done = await run.apply(cutting, writing, tagging, show=draft)

    tip = await run.step("Read it back", github.head, repo, name)
    kept = facts(commit=tip.sha, tagged=done[tagging].sha, approved_by=done.by)
    return Report(f"Trail {name}", "The page is written.", "good", (kept,))
