"""What somebody hears who was assigned an issue, on GitHub or in Linear; pure."""

from bot.followed import linear as in_linear
from bot.followed.things import dotted
from bot.news.turns import LONGEST_TITLE, Turn, called, message
from bot.wording import fit
from integrations.github import IssueState
from integrations.linear import Issue

WHY = "it is assigned to you"
OVER = frozenset({"completed", "canceled"})


def assigned(repo: str, state: IssueState, by: str, turn: str) -> Turn:
    """Return what an assignee is told of an issue on GitHub."""
    what = _given(by, called(repo, state.number, state.title))
    about = (f"{', '.join(state.labels)}.",) if state.labels else ()
    return Turn(turn, message(what, "neutral", about, state.url, WHY))


def after(repo: str, state: IssueState, login: str) -> str:
    """Say in one line why it needs its assignee no more."""
    name = called(repo, state.number, state.title)
    if state.state == "open":
        return f"Not assigned to you any more: {name}."
    by = "you" if state.closed_by.lower() == login.lower() else state.closed_by
    return f"Closed{f' by {by}' if by else ''}: {name}."


def assigned_in_linear(state: Issue, by: str, turn: str) -> Turn:
    """Return what an assignee is told of an issue in Linear."""
    about = dotted(
        (state.state,),
        (f"{in_linear.priority(state)} priority",) if state.priority else (),
        (f"due {state.due_on:%Y-%m-%d}",) if state.due_on else (),
    )
    return Turn(turn, message(_given(by, _name(state)), "neutral", (*about, "."), state.url, WHY))


def after_in_linear(state: Issue) -> str:
    """Say in one line why it needs its assignee no more."""
    if is_over(state):
        return f"{state.state}: {_name(state)}."
    return f"Not assigned to you any more: {_name(state)}."


def is_over(state: Issue) -> bool:
    """Say whether an issue in Linear needs nobody any more."""
    return state.kind in OVER


def _given(by: str, name: str) -> str:
    return f"{by} assigned you {name}." if by else f"You are assigned {name}."


def _name(state: Issue) -> str:
    return fit(f"{state.identifier} {state.title}", LONGEST_TITLE)
