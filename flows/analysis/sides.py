"""An issue on GitHub and its twin in Linear, each in words that both have, and back; pure."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

import msgspec
from msgspec import UNSET

from flows.analysis.echoes import LONGEST, clean, quieted
from flows.analysis.merging import Merged, Side
from flows.engine.tools import SyncSettings
from integrations.github import Issue as GitHubIssue
from integrations.github.threads import IssueFields, Outcome
from integrations.linear import Issue as LinearIssue
from integrations.linear.threads import Parts

LONGEST_TITLE = 255  # Linear's; GitHub takes one more
OUTCOMES: Mapping[str, Outcome] = {
    "open": "open",
    "done": "completed",
    "canceled": "not_planned",
}
CALLED_OFF = ("not_planned", "duplicate")


class Words(msgspec.Struct, frozen=True):
    """What both sides have words for: `labels` by small letters, as GitHub spells them and by id.

    `states` and `kinds` are ids of states in Linear by their names and by what they mean;
    `priorities` the labels of the repository that stand for one; `people` ids by login.
    """

    labels: Mapping[str, tuple[str, str]] = {}
    states: Mapping[str, str] = {}
    kinds: Mapping[str, str] = {}
    priorities: Mapping[str, int] = {}
    people: Mapping[str, str] = {}

    @property
    def ranks(self) -> dict[str, int]:
        """The labels that stand for a priority, in small letters."""
        return {name.lower(): rank for name, rank in self.priorities.items()}

    @property
    def logins(self) -> dict[str, str]:
        """The logins of people by their ids in Linear."""
        return {each: login for login, each in self.people.items()}


def is_wanted(labels: Iterable[str], settings: SyncSettings) -> bool:
    """Say whether an issue with these labels is one that is synced."""
    globs = [each.lower() for each in settings.only]
    return not globs or any(fnmatchcase(name.lower(), glob) for name in labels for glob in globs)


def state_of(issue: GitHubIssue) -> str:
    """Return what an issue on GitHub is: open, done or canceled."""
    if issue.state == "open":
        return "open"
    return "canceled" if issue.reason in CALLED_OFF else "done"


def kind_of(issue: LinearIssue) -> str:
    """Return what an issue in Linear is: open, done or canceled."""
    if issue.kind == "completed":
        return "done"
    return "canceled" if issue.kind in ("canceled", "duplicate") else "open"


def on_github(words: Words, issue: GitHubIssue, other: LinearIssue | None = None) -> Side:
    """Return an issue of GitHub; of several people the one counts whom the `other` side names."""
    known = [words.people.get(login.lower(), "") for login in issue.assignees]
    people = [each for each in known if each]
    person: str | None = people[0] if people else None if known else ""
    if other and other.assignee_id in people:
        person = other.assignee_id
    ranks = words.ranks
    given = [ranks[name] for name in _small(issue.labels) if name in ranks]
    return Side(
        at=issue.updated_at,
        title=titled(issue.title),
        body=_body(issue.body),
        state=state_of(issue),
        person=person,
        priority=min(given, default=0) if words.priorities else None,
        labels=frozenset(_small(issue.labels)) & words.labels.keys(),
    )


def in_linear(words: Words, issue: LinearIssue) -> Side:
    """Return an issue of Linear."""
    known = {"", *words.people.values()}
    may = {0, *words.priorities.values()} if words.priorities else set()
    return Side(
        at=issue.updated_at,
        title=titled(issue.title),
        body=_body(issue.description),
        state=kind_of(issue),
        person=issue.assignee_id if issue.assignee_id in known else None,
        priority=issue.priority if issue.priority in may else None,
        labels=frozenset(_small(issue.labels)) & words.labels.keys(),
    )


def to_github(words: Words, issue: GitHubIssue, side: Side, made: Merged) -> IssueFields:
    """Return what an issue of GitHub is told to become."""
    wanted = made.github
    add = [words.labels[name][0] for name in sorted(made.labels - side.labels)]
    remove = [words.labels[name][0] for name in sorted(side.labels - made.labels)]
    if "priority" in wanted:
        remove += [name for name in issue.labels if name.lower() in words.ranks]
        add += [name for name, rank in words.priorities.items() if rank == wanted["priority"]][:1]
    return IssueFields(
        title=str(wanted["title"]) if "title" in wanted else UNSET,
        body=quieted(str(wanted["body"])) if "body" in wanted else UNSET,
        state=OUTCOMES[str(wanted["state"])] if "state" in wanted else UNSET,
        assignees=_assigned(words, issue, str(wanted["person"])) if "person" in wanted else UNSET,
        add_labels=tuple(add),
        remove_labels=tuple(name for name in remove if name not in add),
    )


def to_linear(words: Words, side: Side, made: Merged) -> Parts:
    """Return what an issue of Linear is told to become."""
    wanted = made.linear
    add, remove = sorted(made.labels - side.labels), sorted(side.labels - made.labels)
    return Parts(
        title=str(wanted["title"]) if "title" in wanted else UNSET,
        description=quieted(str(wanted["body"])) if "body" in wanted else UNSET,
        state_id=words.kinds.get(str(wanted.get("state")), UNSET),
        assignee_id=str(wanted["person"]) if "person" in wanted else UNSET,
        priority=int(wanted["priority"] or 0) if "priority" in wanted else UNSET,
        add_labels=tuple(words.labels[name][1] for name in add),
        remove_labels=tuple(words.labels[name][1] for name in remove),
    )


def github_again(issue: GitHubIssue, told: IssueFields) -> IssueFields:
    """Return what takes a change of an issue of GitHub back."""
    return IssueFields(
        title=UNSET if told.title is UNSET else issue.title,
        body=UNSET if told.body is UNSET else issue.body,
        state=UNSET if told.state is UNSET else OUTCOMES[state_of(issue)],
        assignees=UNSET if told.assignees is UNSET else issue.assignees,
        add_labels=told.remove_labels,
        remove_labels=told.add_labels,
    )


def linear_again(words: Words, issue: LinearIssue, told: Parts) -> Parts:
    """Return what takes a change of an issue of Linear back."""
    state = words.states.get(issue.state.lower(), "")
    return Parts(
        title=UNSET if told.title is UNSET else issue.title,
        description=UNSET if told.description is UNSET else issue.description,
        state_id=state if told.state_id is not UNSET and state else UNSET,
        assignee_id=UNSET if told.assignee_id is UNSET else issue.assignee_id,
        priority=UNSET if told.priority is UNSET else issue.priority,
        add_labels=told.remove_labels,
        remove_labels=told.add_labels,
    )


def titled(title: str) -> str:
    """Return a title that both sides take."""
    return title.strip()[:LONGEST_TITLE]


def _assigned(words: Words, issue: GitHubIssue, person: str) -> tuple[str, ...]:
    """Return who is assigned; people who are unknown in Linear stay."""
    strangers = [login for login in issue.assignees if login.lower() not in words.people]
    return (*strangers, *([words.logins[person]] if person else []))


def _body(text: str) -> str | None:
    body = clean(text)
    return body if len(body) <= LONGEST else None


def _small(names: Iterable[str]) -> list[str]:
    return [name.lower() for name in names]
