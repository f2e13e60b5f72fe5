"""What is known about a bug before anybody works on it: issues like it, and who knows the code."""

from datetime import datetime, timedelta

from flows.analysis.bugs import Suspect, Twin
from flows.analysis.similar import most_similar
from flows.analysis.traces import files_of, frames_of
from integrations.git import Workspaces
from integrations.trackers import Ticket, TrackerReader

RECENT = timedelta(days=365)
MOST_FILES, MOST_CHANGES = 5, 2


async def twins_of(tracker: TrackerReader, what: str, known: Ticket | None) -> list[Twin]:
    """Return the open issues that may be about the same; the title of one counts twice."""
    every = [each for each in await tracker.open_issues() if not known or each.key != known.key]
    found = most_similar(what, [f"{each.title}\n{each.title}\n{each.body}" for each in every])
    return [Twin(every[each.index], round(each.score, 3)) for each in found]


async def suspects_of(
    git: Workspaces, repo: str, sha: str, what: str, now: datetime
) -> list[Suspect]:
    """Return the last commits to the files of a stack trace, where it broke first."""
    frames = frames_of(what)
    if not frames:
        return []
    async with git.checkout(repo, sha, history=now - RECENT) as tree:
        files = files_of(frames, [each.path for each in tree.files])
        history = await tree.history(now - RECENT)
    found: list[Suspect] = []
    for path, frame in list(files.items())[:MOST_FILES]:
        touched = [each for each in history if path in each.paths][:MOST_CHANGES]
        found += [
            Suspect(path, frame.line, each.sha, each.author, each.subject, each.at)
            for each in touched
        ]
    return found
