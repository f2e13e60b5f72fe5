"""What somebody hears whose commit broke a workflow of the default branch; pure."""

import hashlib
from datetime import datetime

from bot.followed import workflow
from bot.news.turns import Turn, message
from bot.wording import duration
from integrations.github import RunState
from storage import notices

WHY = "you wrote the commit"


def about(repo: str, run: RunState) -> str:
    """Return the begin of the topics of all who hear of this workflow on this branch."""
    named = hashlib.sha256(f"{run.name}\n{run.branch}".encode()).hexdigest()[:16]
    return f"{notices.NEWS}build:{repo}/{named}"


def broken(repo: str, run: RunState, commits: int = 1, *, alone: bool = True) -> Turn:
    """Return what the author of a commit is told that newly broke a workflow.

    Who is not alone has written some of the `commits` of which nobody knows which one it was.
    """
    what = f"Your commit broke {run.name} on {run.branch} of {repo}."
    if not alone:
        some = f"{commits} commits came together, yours among them"
        what = f"{run.name} broke on {run.branch} of {repo}: {some}."
    title = (f" The commit: {run.title}.",) if run.title and commits == 1 else ()
    why = (*workflow.failed(run), *title)
    return Turn(f"broke:{run.id}", message(what, "bad", why, run.url, WHY))


def works(repo: str, run: RunState, since: datetime) -> str:
    """Say in one line that it works again."""
    lasted = duration((run.updated_at - since).total_seconds())
    return f"{run.name} works again on {run.branch} of {repo}, after {lasted}."
