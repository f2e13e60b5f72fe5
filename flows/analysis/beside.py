"""GitHub and Linear beside each other: what is read of both before they are compared."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from flows.analysis.merging import Choice
from flows.analysis.sides import Words
from flows.analysis.twins import numbers_in, twin_id
from flows.engine.pairs import Pair, Pairs
from flows.engine.tools import SyncSettings
from integrations.github import GitHubReader
from integrations.github.threads import Thread as GitHubThread
from integrations.linear import LinearReader, State
from integrations.linear.threads import Thread as LinearThread

OPEN = ("triage", "backlog", "unstarted", "started")
CLOSED = ("completed", "canceled")
# The types of states that stand for one, the most fitting first.
KINDS = {"open": OPEN[2::-1], "done": CLOSED[:1], "canceled": CLOSED[1:]}
MOST_SINGLE = 50  # more issues of GitHub than that are not read one by one


class Ask(msgspec.Struct, frozen=True):
    """What is to be compared: one `issue`, what changed `since`, or all; at most `most` of them.

    Without `since` that is what is open, and what was closed or changed `lately`. `choices` are
    what people said about conflicts, by number and field.
    """

    repo: str
    team: str
    settings: SyncSettings
    lately: datetime
    issue: str = ""
    since: datetime | None = None
    most: int = 200
    choices: Mapping[str, Mapping[str, Choice]] = {}


async def words_of(github: GitHubReader, linear: LinearReader, pairs: Pairs, ask: Ask) -> Words:
    """Return what both sides have words for."""
    repo, team, settings = ask.repo, ask.team, ask.settings
    ours = {each.name.lower(): each.name for each in await github.labels(repo)}
    labels = [each for each in await linear.labels(team) if not each.is_group]
    theirs = {each.name.lower(): each.id for each in labels}
    ranks = {name.lower(): rank for name, rank in settings.priorities.items()}
    states = await linear.states(team)
    names: dict[str, str] = {f"{kind}": name for kind, name in settings.states.items()}
    kinds = {kind: _fitting(states, types, names.get(kind, "")) for kind, types in KINDS.items()}
    return Words(
        labels={name: (ours[name], theirs[name]) for name in ours.keys() & theirs.keys() - ranks},
        states={each.name.lower(): each.id for each in states},
        kinds={kind: found for kind, found in kinds.items() if found},
        priorities={ours[name]: rank for name, rank in ranks.items() if name in ours},
        people=await pairs.people(await github.assignable(repo)),
    )


async def one_of(
    github: GitHubReader, linear: LinearReader, known: Sequence[Pair], ask: Ask
) -> tuple[list[GitHubThread], list[LinearThread]]:
    """Return one issue, by its number or by its key, and its twin."""
    repo, issue = ask.repo, ask.issue
    if not issue.lstrip("#").isdecimal():
        twin = await linear.thread(issue.upper())
        if twin is None:
            return [], []
        numbers = [each.number for each in known if each.issue == twin.id]
        for number in [*numbers, *numbers_in(twin.links, repo)]:
            if found := await github.issue_thread(repo, number):
                return [found], [twin]
        return [], [twin]
    number = int(issue.lstrip("#"))
    found = await github.issue_thread(repo, number)
    ids = [each.issue for each in known if each.number == number]
    if found and not ids:
        ids = [twin_id(repo, number), *(each.id for each in await linear.linked_issues(found.url))]
    return [found] if found else [], await linear.threads_named(ids)


async def both_of(
    github: GitHubReader, linear: LinearReader, known: Sequence[Pair], ask: Ask
) -> tuple[list[GitHubThread], list[LinearThread]]:
    """Return what is open, and what changed since then, or lately; each with its twin."""
    if ask.since:
        issues = await github.issue_threads(ask.repo, ask.since)
        twins = await linear.threads(ask.team, ask.since)
        talked = await linear.talked(ask.team, ask.since)
        twins += await linear.threads_named(_others(talked, twins))
    else:
        issues = await github.issue_threads(ask.repo, state="OPEN")
        issues += await github.issue_threads(ask.repo, ask.lately, state="CLOSED")
        twins = await linear.threads(ask.team, kinds=OPEN)
        twins += await linear.threads(ask.team, ask.lately, kinds=CLOSED)
    by_number = {each.number: each for each in known}
    pairs = [by_number[each.number] for each in issues if each.number in by_number]
    twins += await linear.threads_named(_others((each.issue for each in pairs), twins))
    twins += await _twins_of(linear, [each for each in issues if each.number not in by_number],
                             twins, ask.repo)  # fmt: skip
    by_issue = {each.issue: each.number for each in known}
    numbers = {by_issue[each.id] for each in twins if each.id in by_issue}
    numbers |= {number for each in twins for number in numbers_in(each.links, ask.repo)[:1]}
    missing = sorted(numbers - {each.number for each in issues})
    if len(missing) > MOST_SINGLE:
        return await github.issue_threads(ask.repo), twins
    more = [await github.issue_thread(ask.repo, number) for number in missing]
    return issues + [each for each in more if each], twins


async def _twins_of(
    linear: LinearReader,
    alone: Sequence[GitHubThread],
    twins: Sequence[LinearThread],
    repo: str,
) -> list[LinearThread]:
    """Return the twins of issues that nobody remembers: those of our making, and linked ones."""
    linked = {number for each in twins for number in numbers_in(each.links, repo)}
    left = {each.url: each for each in alone if each.number not in linked and each.state == "open"}
    found = await linear.issues_linked_to(list(left)) if left else {}
    ids = [twin_id(repo, each.number) for each in left.values()]
    ids += [one.id for some in found.values() for one in some]
    return await linear.threads_named(_others(ids, twins))


def _others(ids: Iterable[str], known: Sequence[LinearThread]) -> list[str]:
    return sorted(set(ids) - {each.id for each in known})


def _fitting(states: Sequence[State], types: Sequence[str], name: str) -> str:
    """Return the id of the state that stands for one of these types; the one of this name."""
    fitting = [each for each in states if each.kind in types]
    fitting.sort(key=lambda each: (each.name.lower() != name.lower(), types.index(each.kind)))
    return fitting[0].id if fitting else ""
