"""What the author of a pull request hears of it, and those who are asked to review it; pure."""

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from bot.followed.pull import listed, obstacles
from bot.followed.things import dotted, people
from bot.news.turns import Turn, called, in_words, message
from flows.report import Line, Tone, spoken
from integrations.github import PullState, Review

NEVER = datetime.min.replace(tzinfo=UTC)
BOT = "[bot]"
GREEN = frozenset({"success", "none"})
YOU_SAID = {
    "approved": "You approved it",
    "changes_requested": "You asked for changes",
    "commented": "You reviewed it",
}
AUTHOR, REVIEWER = "the pull request is yours", "you are asked to review it"


def of_author(repo: str, state: PullState, conflict: str) -> Turn | None:
    """Return what the author is told; None where nothing of it needs them.

    `conflict` is the commit with which the conflicts began.
    """
    if state.state != "open" or state.draft:
        return None
    name, against, yes = called(repo, state.number, state.title), asking(state), approving(state)
    tone: Tone
    if against:
        verb = "asks" if len(against) == 1 else "ask"
        what = f"{in_words([each.author for each in against])} {verb} for changes: {name}."
        turn, tone = f"changes:{max(map(_at, against)).isoformat()}", "warn"
        about = _with(("Also: ",), _unreviewed(state))
    elif state.mergeable == "conflicts":
        seen = "Approved, but it conflicts" if yes else "Conflicts"
        what = f"{seen} with {state.base_ref}: {name}."
        turn, tone = f"conflicts:{conflict}:{'approved' if yes else ''}", "bad"
        about = _with(("Also: ",), replace(state, mergeable="unknown"))
    elif is_ready(state):
        what, tone = f"Ready to merge: {name}.", "good"
        turn = f"ready:{state.head_sha}:{_since(yes)}"
        about = _ready(state, yes)
    elif yes:
        what = f"{in_words([each.author for each in yes])} approved it: {name}."
        turn, tone = f"approved:{_since(yes)}", "good"
        about = _with(("Not ready yet: ",), state)
    else:
        return None
    return Turn(turn, message(what, tone, about, state.url, AUTHOR))


def after_author(repo: str, state: PullState, login: str) -> str:
    """Say in one line what became of what the author was told."""
    name = called(repo, state.number, state.title)
    again = [each for each in state.reviews if each.state == "changes_requested"]
    if end := _end(repo, state, login):
        return end
    if again:
        return f"You asked {in_words([each.author for each in again])} to look again: {name}."
    return f"{name}: {''.join(map(spoken, listed(obstacles(state)))) or 'nothing to do'}."


def of_reviewer(repo: str, state: PullState, login: str, by: str, team: str = "") -> Turn | None:
    """Return what somebody is told who is asked for a review; None where it is not needed."""
    if state.state != "open" or state.draft or is_approved_by_rules(state):
        return None
    name, mine = called(repo, state.number, state.title), _last_of(state, login)
    whom = f"{team} for a review" if team else "for your review"
    again = " again" if mine and mine.state in YOU_SAID else ""
    what = f"{by or state.author} asks {whom}{again}: {name}."
    turn = f"asked:{_at(mine).isoformat() if mine else ''}"
    return Turn(turn, message(what, "neutral", _size(state), state.url, _why(team)))


def after_reviewer(repo: str, state: PullState, login: str) -> str:
    """Say in one line why nobody waits for this reviewer any more."""
    name, mine = called(repo, state.number, state.title), _last_of(state, login)
    if mine and mine.state in YOU_SAID:
        return f"{YOU_SAID[mine.state]}: {name}."
    if end := _end(repo, state, login):
        return end
    others = [each for each in state.reviews if each.state in YOU_SAID and not _is_bot(each)]
    if is_approved_by_rules(state):
        who = in_words([each.author for each in approving(state)]) or "Others"
        return f"{who} approved it, so your review is not needed: {name}."
    if others:
        return f"{max(others, key=_at).author} reviewed it: {name}."
    return f"Your review is not asked for any more: {name}."


def is_ready(state: PullState) -> bool:
    """Say whether it can be merged: approved as the rules of its base ask, with green checks."""
    return (
        is_approved(state)
        and state.state == "open"
        and not state.draft
        and state.checks in GREEN
        and state.mergeable == "clean"
    )


def is_approved(state: PullState) -> bool:
    """Say whether it is approved enough; where no rule asks for it, by a person."""
    if state.decision == "none":
        return bool(approving(state)) and not asking(state)
    return is_approved_by_rules(state)


def is_approved_by_rules(state: PullState) -> bool:
    """Say whether GitHub asks for no more approvals."""
    return state.decision == "approved"


def approving(state: PullState) -> list[Review]:
    """Return the approvals by people."""
    return [each for each in state.reviews if each.state == "approved" and not _is_bot(each)]


def asking(state: PullState) -> list[Review]:
    """Return who asks for changes, and was not asked to look again."""
    again = {each.lower() for each in state.reviewers}
    return [
        each
        for each in state.reviews
        if each.state == "changes_requested" and each.author.lower() not in again
    ]


def _size(state: PullState) -> Line:
    """Return what a reviewer has to expect."""
    files = f"{len(state.paths)} file{'' if len(state.paths) == 1 else 's'}"
    green = ("checks pass",) if state.checks == "success" else ()
    told = dotted((files,) if state.paths else (), green, *obstacles(_unreviewed(state)))
    return (*told, ".") if told else ()


def _ready(state: PullState, yes: Sequence[Review]) -> Line:
    by: Line = (" by ", *people(each.author for each in yes)) if yes else ()
    checks = ", and its checks pass" if state.checks == "success" else ""
    return ("Approved", *by, f"{checks}.")


def _end(repo: str, state: PullState, login: str) -> str:
    name = called(repo, state.number, state.title)
    if state.state == "merged":
        by = "you" if state.merged_by.lower() == login.lower() else state.merged_by
        return f"Merged{f' by {by}' if by else ''}: {name}."
    if state.state == "closed":
        return f"Closed without a merge: {name}."
    return f"A draft again: {name}." if state.draft else ""


def _with(begin: Line, state: PullState) -> Line:
    """Return what else stands in its way; nothing where nothing does."""
    found = listed(obstacles(state))
    return (*begin, *found, ".") if found else ()


def _unreviewed(state: PullState) -> PullState:
    """Return it as it stands without its reviews."""
    return replace(state, reviews=(), reviewers=(), teams=(), decision="none")


def _why(team: str) -> str:
    return f"you are in {team}" if team else REVIEWER


def _last_of(state: PullState, login: str) -> Review | None:
    return next((each for each in state.reviews if each.author.lower() == login.lower()), None)


def _is_bot(review: Review) -> bool:
    return review.author.endswith(BOT)


def _since(approvals: Sequence[Review]) -> str:
    return min(map(_at, approvals), default=NEVER).isoformat()


def _at(review: Review) -> datetime:
    return review.at or NEVER
