"""Get a pull request reviewed: size, risk, remarks, who should look, and reminders to do so."""

from datetime import timedelta
from functools import partial
from typing import Any

from pydantic import Field

from flows import Params, Report, Role, Run, effect, flow
from flows.analysis import reviewing, reviews
from flows.analysis.ownership import codeowners_from
from flows.analysis.reviewers import chosen
from flows.analysis.reviews import Case
from flows.analysis.standing import Waits, standing, topics_of
from flows.analysis.words import counted
from flows.analysis.workdays import ZoneName, hours_after
from flows.engine.effects import Effect
from flows.engine.waiting import TITLE_LENGTH

EVERY, PATIENCE, SHORT = timedelta(hours=12), timedelta(hours=4), timedelta(hours=1)
QUIET, AGAIN = "Do not remind anybody", "Remind again later"
MOST = 300  # looks at one pull request


class Review(Params):
    repo: str = Field(description="Repository of the pull request", examples=["acme/shop"])
    pull: int = Field(ge=1, description="Number of the pull request", examples=[12])
    reviewers: int = Field(1, ge=0, le=5, description="How many people are to look at it")
    remind: int = Field(8, ge=1, le=80, description="Hours of work until I remind them")
    follow: int = Field(14, ge=1, le=90, description="Days to live with it, at most")
    drafts: bool = Field(default=False, description="Look at a draft as well")
    zone: ZoneName = Field("UTC", description="Time zone of the hours of work")


@flow(
    alias="review",
    role=Role.OPERATOR,
    budget=50,
    examples=["review acme/shop 12", "review acme/shop 12 reviewers=2"],
    phrases=["look at pull request {pull} of {repo}", "who should review {pull} in {repo}?"],
    on=("github:pull_request.opened", "github:pull_request.ready_for_review"),
    lock="review:{repo}#{pull}",
    free=reviews.FREE,
)
async def code_review_automation(run: Run, params: Review) -> Report:
    """One comment that stays true, and one thread that knows whose turn it is."""
    repo, number, github = params.repo, params.pull, run.github
    now = await run.step(f"Look at #{number}", standing, github, repo, number)
    if now.is_over or (now.state.draft and not params.drafts):
        return reviews.idle(now)
    base, at = now.state.base_ref, run.started
    pull = await run.step("Read what it says", github.pull, repo, number)
    files = await run.step("Read what it changes", github.pull_changes, repo, number)
    paths = [each.path for each in files]
    rules = await run.step("Read who owns the code", reviewing.owners, github, repo, base)
    touches = await run.step(
        "Look who knows the code", reviewing.touches, github, repo, base, files, at
    )
    people = await run.step("Look who has time", reviewing.known, github, run.system, repo, at)
    hot = await run.step(
        "Look what changes often", reviewing.hotspots, run.git, repo, base, paths, at
    )
    owners = codeowners_from(rules)
    choice = chosen(pull.author, number, paths, owners, touches, people, at)
    case = Case(pull, now, files, hot, choice, run.settings.linear_team, repo)
    asked = case.wanted(params.reviewers)
    effects: list[Effect[Any]] = [_asking(run, params, each.login) for each in asked]
    if params.reviewers and choice.teams and not (asked or now.state.reviewers or now.state.teams):
        effects.append(_asking(run, params, "", choice.teams[0]))
    if not case.is_clean:
        effects.append(_comment(run, params, case, f"Comment on #{number} with what was found"))
    show = reviews.opening(case, asked)
    if effects:
        await run.apply(*effects, show=show)
    elif run.identity.dry_run:
        return show
    return await _lived(run, params, case)


async def _lived(run: Run, params: Review, case: Case) -> Report:
    """Wait for news; say on each new commit what is left; remind whoever's turn it is."""
    repo, number, github, zone = params.repo, params.pull, run.github, params.zone
    ends, rounds, wants = run.started + timedelta(params.follow), 0, True
    now, quiet = case.now, max(case.now.state.updated_at, run.started)
    days, waits = counted(params.follow, "day"), Waits()
    for turn in range(1, MOST):
        if now.is_over:
            last = await run.baseline()
            return reviews.finished(case, zone, rounds, "It needs no review any more.", last)
        soon = hours_after(quiet, params.remind, zone)
        until = min(soon, ends) if now.stage == "review" and wants else ends
        found = await run.until(
            waits.named(now.stage, number),
            reviewing.news, github, repo, number, now.stage, now.state.head_sha,
            on=topics_of(repo, now), within=max(until - quiet, SHORT), every=EVERY,
        )  # fmt: skip
        if found is None and until >= ends:
            break
        if found is None:
            title = f"Look who is asked by now ({turn})"
            now = await run.step(title, standing, github, repo, number)
            case, quiet = case._replace(now=now), until
            wants = wants and await _reminded(run, params, case, turn)
            continue
        rounds += found.stage == "rework" and now.stage != "rework"
        case, quiet = case._replace(now=found), max(found.state.updated_at, quiet)
        if found.state.head_sha != now.state.head_sha and not found.is_over:
            title = f"Read what it changes now ({turn})"
            files = await run.step(title, github.pull_changes, repo, number)
            if files != case.files:
                case = case._replace(files=files)
                title = f"Bring the comment on #{number} up to date ({turn})"
                await run.apply(_comment(run, params, case, title))
        now = found
    return reviews.finished(case, zone, rounds, f"I followed it for {days}, and stop.")


async def _reminded(run: Run, params: Review, case: Case, turn: int) -> bool:
    """Remind who is asked, and ask one more where somebody wants that; say whether to go on."""
    other = case.next_one
    more = f"Ask {other} as well"
    choices = (*((more,) if other else ()), QUIET, AGAIN)
    what = f"#{params.pull} still waits for a review. What now? (reminder {turn})"
    show = reviews.reminder(case, params.remind)
    said = await run.ask(what, choices, within=PATIENCE, show=show)
    if said == more:
        await run.apply(_asking(run, params, other, also=" as well"))
    return said != QUIET


def _asking(run: Run, params: Review, login: str, team: str = "", also: str = "") -> Effect[None]:
    people, teams = ([login], []) if login else ([], [team])
    what = f"Ask {login or team} for a review of #{params.pull}{also}"
    return effect(
        what[:TITLE_LENGTH],
        do=partial(run.github.ensure_reviewers, params.repo, params.pull, people, teams),
        undo=partial(run.github.delete_reviewers, params.repo, params.pull, people, teams),
    )


def _comment(run: Run, params: Review, case: Case, title: str) -> Effect[Any]:
    repo, number, mark = params.repo, params.pull, "review"
    return effect(
        title[:TITLE_LENGTH],
        do=partial(run.github.ensure_comment, repo, number, mark, reviews.comment(case)),
        undo=partial(run.github.delete_comment, repo, number, mark),
    )
