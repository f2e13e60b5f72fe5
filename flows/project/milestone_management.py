"""Say how far milestones are and by when they are done; move, date and close them."""

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from msgspec import structs
from pydantic import Field

from flows import Block, Figure, FlowError, Params, Report, Role, Run, effect, facts, flow
from flows.analysis.milestones import kept_for_next, standings_of
from flows.analysis.pictures import trend_picture
from flows.analysis.roadmap import lines_of, plan, road, said_burn_up
from flows.engine.effects import Effect
from integrations.trackers import GitHubGoals, Goal, Goals, LinearGoals

MOST_MOVED = 50


class Milestones(Params):
    repo: str = Field(description="Repository to look at", examples=["acme/shop"])
    milestone: str = Field("", description="One of them by its name; needed to change it")
    move_to: str = Field("", description="Milestone that its open issues go to")
    due: date | None = Field(None, description="Day on which it is due from now on")
    close: bool = Field(default=False, description="Close it")


@flow(
    alias="milestones",
    role=Role.OPERATOR,
    budget=80,
    examples=[
        "milestones acme/shop",
        "milestones acme/shop milestone=1.4 due=2026-05-29",
        "milestones acme/shop milestone=1.4 move_to=2.0 close=yes",
    ],
    phrases=[
        "how far is {milestone} of {repo}?",
        "how far are the milestones of {repo}?",
        "when is {milestone} of {repo} done?",
        "are we on track with {repo}?",
    ],
)
async def milestone_management(run: Run, params: Milestones) -> Report:
    """Forecast by the weeks behind; what is changed is shown before, issue by issue."""
    repo, team = params.repo, run.settings.linear_team
    on_github = GitHubGoals(run.github, repo)
    places: dict[str, Goals] = {on_github.name: on_github}
    goals = await run.step("Read the milestones on GitHub", on_github.goals)
    if team:
        in_linear = LinearGoals(run.linear, team)
        places[in_linear.name] = in_linear
        goals += await run.step("Read the projects in Linear", in_linear.goals)
    chosen = _called(params.milestone, goals) if params.milestone else None

    told: Block | None = None
    changes, what = _changes(params, places, chosen, goals)
    if chosen and changes:
        done = await run.apply(*changes, show=plan(chosen, repo, what))
        told = facts("Changed", changed=f"{chosen.name}: {', '.join(what)}", approved_by=done.by)
        again = await run.step("Look at the milestones again", places[chosen.source].goals)
        goals = [*again, *(each for each in goals if each.source != chosen.source)]
    every = await run.step("Forecast by chance", standings_of, goals, run.identity.id, run.started)
    found = [each for each in every if not chosen or changes or each.goal == chosen]
    before = await run.baseline()
    picture: tuple[Block, ...] = ()
    drawn = next((each.goal for each in found if each.scope), None)
    if drawn and len(lines_of(drawn, run.started)[0].points) > 1:
        lines, title = lines_of(drawn, run.started), f"Burn-up of {drawn.name}"
        png = await run.step("Draw the burn-up", trend_picture, title, lines, "issues")
        picture = (Figure(title, said_burn_up(drawn, run.started), png),)
    report = road(repo, found, before.data if before else None, told, *picture)
    return structs.replace(report, data=kept_for_next(every))


def _changes(
    params: Milestones, places: dict[str, Goals], chosen: Goal | None, goals: list[Goal]
) -> tuple[list[Effect[Any]], list[str]]:
    """Return what is to be changed, and what that is in words; raises FlowError if it cannot."""
    if not (params.move_to or params.due or params.close):
        return [], []
    if chosen is None:
        raise FlowError("Say which one to change, such as milestone=1.4.")
    at, effects, what = places[chosen.source], [], []
    if params.move_to:
        to = _called(params.move_to, goals)
        _check_move(chosen, to)
        what.append(f"{len(chosen.open_tickets)} issues move to {to.name}")
        effects += [
            effect(
                f"Move {each.key} to {to.name}"[:60],
                do=partial(at.ensure_in, each.key, to.id),
                undo=partial(at.ensure_in, each.key, chosen.id),
            )
            for each in chosen.open_tickets
        ]
    if params.due and params.due != chosen.due_on:
        what.append(f"due {params.due} instead of {chosen.due_on or 'on no day'}")
        effects.append(
            effect(
                f"Let {chosen.name[:30]} be due {params.due}",
                do=partial(at.ensure_due, chosen.id, params.due),
                undo=partial(at.ensure_due, chosen.id, chosen.due_on),
            )
        )
    if params.close:
        if not chosen.has_state:
            raise FlowError(f"{chosen.source} closes {chosen.name} itself, once its issues are.")
        if chosen.open_tickets and not params.move_to:
            raise FlowError(f"{chosen.name} has open issues: say where they go, with move_to=…")
        what.append("it is closed")
        effects.append(
            effect(
                f"Close {chosen.name[:50]}",
                do=partial(at.ensure_closed, chosen.id),
                undo=partial(at.ensure_opened, chosen.id),
            )
        )
    # All of it relies on what belongs to it: who adds an issue meanwhile is asked again.
    still = partial(at.open_keys, chosen.id)
    return [replace(each, still=still) for each in effects[:1]] + effects[1:], what


def _check_move(chosen: Goal, to: Goal) -> None:
    if to.id == chosen.id or to.source != chosen.source:
        raise FlowError(f"Issues of {chosen.name} cannot move to {to.name}: name another.")
    if not chosen.has_state and "/" not in chosen.id:
        raise FlowError(f"{chosen.name} is a project: name one of its milestones to move from.")
    if len(chosen.open_tickets) > MOST_MOVED:
        raise FlowError(f"{chosen.name} has more than {MOST_MOVED} open issues: move some by hand.")


def _called(name: str, goals: list[Goal]) -> Goal:
    """Return the goal of this name; raises FlowError with those that there are."""
    wanted = name.strip().casefold()
    for each in goals:
        if wanted in (each.name.casefold(), each.name.rpartition(": ")[2].casefold()):
            return each
    known = ", ".join(each.name for each in goals) or "none that is open"
    raise FlowError(f"There is no open milestone {name}; there is: {known}.")
