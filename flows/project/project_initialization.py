"""Set a project up, or repair its set-up: repository, labels, milestones, rules, templates, CI."""

from functools import partial
from typing import Annotated

from pydantic import AfterValidator, Field

from flows import FlowError, Params, Report, Role, Run, bullets, effect, facts, flow
from flows.analysis.founding import in_linear, on_github
from flows.analysis.setups import (
    SET_UP,
    contents,
    differing,
    goal_from,
    goals_of,
    linear_project,
    missing,
    owner_from,
    present_in,
    repository_of,
    unset,
)
from flows.analysis.words import counted


class Init(Params):
    repo: str = Field(description="Repository to set up; made if missing", examples=["acme/new"])
    template: str = Field("", description="Template that a new repository is made from")
    description: str = Field("", description="What a new repository is about, in one sentence")
    public: bool = Field(default=False, description="Let everybody see a new repository")
    milestones: list[Annotated[str, AfterValidator(goal_from)]] = Field(
        [], description="Milestones it should have, such as 1.0=2026-06-01, 2.0"
    )
    owners: list[Annotated[str, AfterValidator(owner_from)]] = Field(
        [], description="Who owns the code, such as @acme/web"
    )
    approvals: int = Field(1, ge=0, le=6, description="Approvals that a pull request needs")
    project: str = Field("", description="Project in Linear; empty: none is made")


@flow(
    alias="init",
    role=Role.MAINTAINER,
    budget=60,
    examples=[
        "init acme/new template=acme/starter",
        "init acme/shop milestones=1.0=2026-06-01,2.0 owners=@acme/web",
    ],
    phrases=["set up {repo}", "set up {repo} from {template}", "repair the set up of {repo}"],
)
async def project_initialization(run: Run, params: Init) -> Report:
    """Compare what is wanted with what is there: only what is missing is made, nothing twice."""
    repo, github, team = params.repo, run.github, run.settings.linear_team
    if params.project and not team:
        raise FlowError(f"Say which team in Linear first: project link {repo} linear=ENG")
    client = run.linear if params.project else None
    about = await run.step("Look for the repository", repository_of, github, repo)
    made: list[str] = []
    if about is None:
        making = effect(
            f"Make {repo}"[:60],
            do=partial(
                github.ensure_repository,
                repo,
                template=params.template,
                description=params.description,
                private=not params.public,
            ),
        )
        origin = f"from {params.template}" if params.template else "with nothing in it"
        said = f"It is made {origin}; then what is still missing is shown, and asked about."
        about = (await run.apply(making, show=Report(f"Make {repo}", said)))[making]
        made.append(f"repository, {origin}")
    branch = about.default_branch
    present = await run.step("Look at what is there", present_in, github, repo, branch)
    goals, linear = goals_of(params.milestones), None
    if client:
        linear = await run.step(
            "Look for the project in Linear", linear_project, client, team, params.project
        )
    lacks = missing(present, linear, goals, params.owners, params.approvals, branch)
    effects = on_github(github, repo, branch, present, lacks)
    if client and linear:
        effects += in_linear(client, repo, team, params.project, linear, lacks)
    could_not, differs = unset(present, params.owners), differing(present)
    rest = [bullets(could_not, "Could not be set up")] if could_not else []
    rest += [bullets(differs, "Differs, and stays")] if differs else []
    by = run.actor
    if effects:
        said = f"{counted(len(effects), 'thing')} missing; what is there stays as it is."
        shown = Report(f"Set {repo} up", said, blocks=(*contents(lacks), *rest))
        by = (await run.apply(*effects, show=shown)).by
        made += [each.title for each in effects]
    summary = f"{counted(len(made), 'thing')} made." if made else "Nothing was missing."
    numbers = facts(
        made=f"{len(made)}", not_possible=f"{len(could_not)}", differing=f"{len(differs)}"
    )
    done = [bullets(made, f"Made, approved by {by}")] if made else []
    if lacks.files or present.waiting:
        done.append(bullets([f"Merge the pull request of {SET_UP}."], "Still to do"))
    return Report(
        f"{repo} is set up",
        summary,
        "warn" if could_not else "good",
        (numbers, *done, *rest),
        {"made": len(made), "could_not": len(could_not)},
        _next(repo),
        quiet=not made and not could_not,
    )


def _next(repo: str) -> tuple[str, ...]:
    """Return what only people can say to the bot, in the channel that is to hear of it."""
    return (
        f"project create {repo}",
        f"subscribe {repo} prs,ci",
        f'schedule "Mon 9:00 UTC" digest {repo}',
        f"milestones {repo}",
    )
