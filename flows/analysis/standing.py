"""Where a pull request stands: what it waits for, told from its reviews and its checks."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec

from flows.analysis.fixes import GREEN
from flows.report import Inline, Line, Person, Report, Tone, text
from integrations.github import GitHubReader, PullState

Stage: TypeAlias = Literal["coding", "red", "review", "rework", "approved", "merged", "closed"]
AWAITED: dict[Stage, str] = {
    "coding": "the end of the draft",
    "red": "green checks",
    "review": "a review",
    "rework": "changes",
    "approved": "the merge",
}
SAID: dict[Stage, str] = {
    "coding": "Coding",
    "red": "Red checks",
    "review": "Waiting for a review",
    "rework": "Changing what was asked for",
    "approved": "Approved, waiting for the merge",
    "merged": "Merged",
    "closed": "Closed",
}
NEWS: dict[Stage, str] = {
    "coding": "is worked on",
    "red": "has red checks",
    "review": "waits for a review",
    "rework": "is to be changed",
    "approved": "is approved",
    "merged": "is merged",
}
_TONES: dict[Stage, Tone] = {"red": "bad", "rework": "warn", "approved": "good", "merged": "good"}
OVER = ("merged", "closed")


class Standing(msgspec.Struct, frozen=True):
    """How a pull request stood after a look: whom or what it waits for, and its last change."""

    stage: Stage
    why: str
    state: PullState

    @property
    def is_over(self) -> bool:
        return self.stage in OVER


class Waits:
    """Names what a run waits for, each time by other words: the second time with a 2."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def named(self, stage: Stage, number: int) -> str:
        """Return what is waited for next, at a stage of a pull request."""
        words = f"{AWAITED[stage]} of #{number}"
        self._seen[words] += 1
        count = self._seen[words]
        return words if count == 1 else f"{words} ({count})"


def stage_of(state: PullState) -> Stage:
    """Return what a pull request waits for; who was asked again has taken back the objection."""
    if state.state != "open":
        return "merged" if state.state == "merged" else "closed"
    if state.checks == "failure":
        return "red"
    if objectors(state):
        return "rework"
    if state.draft:
        return "coding"
    return "approved" if state.decision == "approved" else "review"


def objectors(state: PullState) -> tuple[str, ...]:
    """Return who asked for changes and has not been asked to look again."""
    return tuple(
        each.author
        for each in state.reviews
        if each.state == "changes_requested" and each.author not in state.reviewers
    )


def news(before: Standing, now: Standing) -> Report | None:
    """Return what a thread is told of a change, with whose turn it is; None at the very end.

    How a closed one ended is in the report, which comes at once.
    """
    if now.stage == "closed":
        return None
    number = now.state.number
    title = f"#{number} {NEWS[now.stage]}"
    if before.stage == "red" and now.stage in ("coding", "review"):
        title = f"#{number} is green again and {NEWS[now.stage]}"
    line = _turn(now)
    tone = _TONES.get(now.stage, "neutral")
    return Report(title, tone=tone, blocks=(text(*line),) if line else ())


def _turn(now: Standing) -> Line:
    """Return whose turn it is; the author of a draft that we opened is nobody."""
    state, owners = now.state, _people(now.state.assignees)
    to = (" · ", *owners) if owners else ()
    turns: dict[Stage, Line] = {
        "red": (now.why or "A check", *to),
        "review": _people([*state.reviewers, *state.teams]),
        "rework": (*_people(objectors(state)), " asked for it", *to),
        "approved": ("It can be merged", *to),
        "merged": ("I say which release it goes out in.",),
    }
    return turns.get(now.stage, ())


def _people(logins: Sequence[str]) -> Line:
    made: list[Inline] = []
    for login in logins:
        made += [", ", Person(login)] if made else [Person(login)]
    return tuple(made)


async def standing(github: GitHubReader, repo: str, number: int) -> Standing:
    """Look at a pull request; where its checks are red, a second look says which."""
    state = await github.pull_state(repo, number)
    stage, why = stage_of(state), ""
    if stage == "red":
        checks = await github.checks(repo, state.head_sha)
        red = [run.name for run in checks.runs if run.conclusion and run.conclusion not in GREEN]
        why = ", ".join(red[:5])
    elif stage == "rework":
        why = ", ".join(objectors(state))
    elif stage == "review":
        why = ", ".join((*state.reviewers, *state.teams))
    return Standing(stage, why, state)


async def moved(github: GitHubReader, repo: str, number: int, stage: Stage) -> Standing | None:
    """Return how a pull request stands once it waits for something else."""
    found = await standing(github, repo, number)
    return None if found.stage == stage else found


def topics_of(repo: str, found: Standing) -> tuple[str, ...]:
    """Return what to listen to for news of a pull request: itself, and its last commit."""
    return (
        f"github:pull:{repo}#{found.state.number}",
        f"github:commit:{repo}@{found.state.head_sha}",
    )
