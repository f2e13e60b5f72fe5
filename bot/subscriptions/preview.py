"""What a subscription would have sent over the last week: from what was told, or is asked."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

import msgspec

from bot.followed import alert, deployment, issue, linear, pull, push, release, saying, workflow
from bot.followed.things import NOTHING, Reply, known, yes_no
from bot.subscriptions import builds
from bot.subscriptions.filters import Facts, fields_of, read
from bot.subscriptions.hints import thing_of
from bot.subscriptions.wishes import FEATURES, Rule, fits, is_team
from flows.report import Line
from integrations.errors import NotFound, OutsideError
from integrations.github import (
    Deployment,
    GitHubReader,
    IssueState,
    Pull,
    Release,
    RunState,
    sayings,
)
from integrations.github.objects import Object, object_in
from integrations.linear import LinearReader
from storage import deliveries, projects
from storage.database import Database
from storage.records import DeliveryRecord

BACK = timedelta(days=7)
BEGINNING = timedelta(days=1)
PATIENCE = 30.0  # seconds that somebody waits for a preview
MOST_REPOSITORIES = 5
MOST_PULLS = 30
FULL_LOOK = frozenset({"path", "assignee", "reviewer", "team"})
"""What only a look at each pull request tells."""


class Sent(NamedTuple):
    """A message that would have been sent, and what is known of what it is about."""

    feature: str
    line: Line
    at: datetime
    facts: Facts = NOTHING


class Preview(NamedTuple):
    """What would have been sent, newest first, how far that was looked at, and what went wrong."""

    sent: tuple[Sent, ...]
    repositories: int
    note: str = ""
    is_missing: bool = False  # nobody knows what it is about

    def counts(self, features: Iterable[str]) -> Mapping[str, int]:
        """Return how many messages each feature would have sent."""
        return {each: sum(one.feature == each for one in self.sent) for each in features}


class Previews:
    """Looks back; asks GitHub only about repositories that it has not told of all that time.

    Linear is asked in one call which issues of a team have changed.
    """

    def __init__(
        self,
        database: Database,
        github: GitHubReader,
        clock: Callable[[], datetime],
        linear: LinearReader | None = None,
    ) -> None:
        self._database = database
        self._github = github
        self._clock = clock
        self._linear = linear

    async def of(self, pattern: str, rule: Rule) -> Preview:
        """Return what a subscription would have sent."""
        since = self._clock() - BACK
        if is_team(pattern):
            return await self._of_team(pattern, rule, since)
        repos = await self._repositories(pattern)
        sent: list[Sent] = []
        note, is_missing = "", False
        try:
            async with asyncio.timeout(PATIENCE):
                for repo in repos[:MOST_REPOSITORIES]:
                    await self._of_repository(repo, rule, since, sent)
        except TimeoutError:
            note = "GitHub took too long, so this is not all of it."
        except OutsideError as error:
            note, is_missing = str(error), isinstance(error, NotFound)
        if not repos:
            note = "I know no such repository yet: it works as soon as GitHub tells of one."
        elif len(repos) > MOST_REPOSITORIES and not note:
            note = f"Only {MOST_REPOSITORIES} of {len(repos)} repositories were looked at."
        ordered = sorted(sent, key=lambda each: each.at, reverse=True)
        return Preview(tuple(ordered), min(len(repos), MOST_REPOSITORIES), note, is_missing)

    async def _of_team(self, team: str, rule: Rule, since: datetime) -> Preview:
        if self._linear is None:
            return Preview((), 0, "Linear is not connected: nothing can be looked back at.")
        try:
            async with asyncio.timeout(PATIENCE):
                found = await self._linear.issues(team, updated_since=since)
        except TimeoutError:
            return Preview((), 0, "Linear took too long: nothing was looked back at.")
        except OutsideError as error:
            return Preview((), 0, str(error))
        sent = [
            Sent("linear", (f"{each.identifier} {each.title}: {each.state}",), each.updated_at)
            for each in found
            if rule.lets("linear", linear.facts_of(each))
        ]
        return Preview(tuple(sorted(sent, key=lambda each: each.at, reverse=True)), 1)

    async def _repositories(self, pattern: str) -> list[str]:
        if not {"*", "?"} & set(pattern):
            return [pattern]
        async with self._database.read() as connection:
            every = [each.name for each in await projects.every(connection)]
            every += await deliveries.projects_since(connection, self._clock() - BACK)
        return [each for each in dict.fromkeys(every) if each and fits(pattern, each)]

    async def _of_repository(
        self, repo: str, rule: Rule, since: datetime, sent: list[Sent]
    ) -> None:
        """Add what a repository would have sent; what is known, also where GitHub is away."""
        async with self._database.read() as connection:
            told = await deliveries.of_project(connection, repo, since)
        sent += _spoken(repo, told, rule)
        # Where webhooks began to come within this time, what was before only GitHub knows.
        is_whole = bool(told) and told[-1].received_at <= since + BEGINNING
        try:
            objects = _objects(told) if is_whole else await self._asked(repo, rule, since)
        except OutsideError:
            sent += await self._of_objects(repo, _objects(told), rule)
            raise
        sent += await self._of_objects(repo, objects, rule)

    async def _of_objects(self, repo: str, objects: Sequence[Object], rule: Rule) -> list[Sent]:
        sent = _builds(repo, [each for each in objects if isinstance(each, RunState)], rule)
        for each in objects:
            if isinstance(each, Pull):
                sent += await self._pull(repo, each, rule)
            elif found := _sent(repo, each, rule):
                sent.append(found)
        return sent

    async def _pull(self, repo: str, found: Pull, rule: Rule) -> list[Sent]:
        wanted = rule.features.get("prs")
        if wanted is None:
            return []
        if fields_of(read(wanted)) & FULL_LOOK:
            facts = pull.facts_of(repo, await self._github.pull_state(repo, found.number))
        else:
            facts = _pull_facts(repo, found)
        line = (f"{repo}#{found.number} {found.title}",)
        at = found.merged_at or found.created_at
        return [Sent("prs", line, at)] if rule.lets("prs", facts) else []

    async def _asked(self, repo: str, rule: Rule, since: datetime) -> list[Object]:
        github = self._github
        reads: dict[str, Callable[[], Awaitable[Sequence[Object]]]] = {
            "prs": lambda: self._pulls(repo, since),
            "ci": lambda: _runs(github, repo, since),
            "deployments": lambda: github.deployments(repo, since),
            "releases": lambda: _releases(github, repo, since),
            "issues": lambda: _issues(github, repo, since),
        }
        found: list[Object] = []
        for feature, ask in reads.items():
            if feature in rule.features:
                found += await ask()
        return found

    async def _pulls(self, repo: str, since: datetime) -> Sequence[Object]:
        """Return what was open or merged within the time; each is one card."""
        merged = await self._github.merged_pulls(repo, since)
        still = [each for each in await self._github.open_pulls(repo) if each.created_at >= since]
        return [*merged, *still][:MOST_PULLS]


def happened(repo: str, told: Sequence[DeliveryRecord]) -> list[Sent]:
    """Return everything that could be told of what GitHub has told, whoever wants it."""
    everything = Rule(dict.fromkeys(FEATURES, ""))
    objects = _objects(told)
    runs = [each for each in objects if isinstance(each, RunState)]
    found = [*_spoken(repo, told, everything), *_builds(repo, runs, everything)]
    for each in objects:
        if isinstance(each, Pull):
            line = (f"{repo}#{each.number} {each.title}",)
            found.append(Sent("prs", line, each.created_at, _pull_facts(repo, each)))
        elif one := _sent(repo, each, everything):
            found.append(one)
    return found


async def _runs(github: GitHubReader, repo: str, since: datetime) -> list[Object]:
    found = await github.workflow_runs(repo, since)
    return [RunState(**msgspec.structs.asdict(each)) for each in found]


async def _releases(github: GitHubReader, repo: str, since: datetime) -> list[Object]:
    found = await github.releases(repo)
    return [each for each in found if each.published_at and each.published_at >= since]


async def _issues(github: GitHubReader, repo: str, since: datetime) -> list[Object]:
    found = await github.open_issues(repo)
    return [
        IssueState(**msgspec.structs.asdict(each)) for each in found if each.created_at >= since
    ]


def sent_of(told: DeliveryRecord, rule: Rule) -> list[Sent]:
    """Return what a delivery alone would send, as far as it can be told without a look."""
    repo, found = told.project, object_in(told.event, told.body)
    sent = _spoken(repo, [told], rule)
    if isinstance(found, RunState) and not builds.is_of_pull(found):
        sent += _of_branch(repo, [found], rule)
    elif isinstance(found, Pull) and rule.lets("prs", _pull_facts(repo, found)):
        line = (f"{repo}#{found.number} {found.title}",)
        sent.append(Sent("prs", line, found.merged_at or found.created_at))
    elif found is not None and (one := _sent(repo, found, rule)):
        sent.append(one)
    return sent


def _objects(told: Sequence[DeliveryRecord]) -> list[Object]:
    """Return each thing as it was told last."""
    found: dict[tuple[str, object], Object] = {}
    for each in told:  # the newest first
        it = object_in(each.event, each.body)
        if it is not None:
            key = getattr(it, "number", None) or getattr(it, "id", None)
            found.setdefault((type(it).__name__, key), it)
    return list(found.values())


def _sent(repo: str, it: Object, rule: Rule) -> Sent | None:
    """Return the card that a thing would have had; runs and pull requests have their own ways."""
    match it:
        case IssueState():
            feature, facts = "issues", issue.facts_of(repo, it)
            line: Line = (f"{repo}#{it.number} {it.title}",)
            at = it.created_at
        case Deployment():
            feature, facts = "deployments", deployment.facts_of(repo, it)
            line, at = (f"{repo} → {it.environment}: {it.state}",), it.created_at
        case Release():
            feature, facts = "releases", release.facts_of(repo, it)
            line, at = (f"{repo} {it.tag} is out",), it.published_at or it.created_at
        case _:
            return None
    return Sent(feature, line, at, facts) if rule.lets(feature, facts) else None


def _builds(repo: str, runs: Sequence[RunState], rule: Rule) -> list[Sent]:
    """Return what the runs of branches would have sent."""
    ordered = sorted(runs, key=lambda each: (builds.topic_of(repo, each), each.id, each.attempt))
    own = [each for each in ordered if not builds.is_of_pull(each)]
    return [
        each
        for _, some in groupby(own, key=lambda run: builds.topic_of(repo, run))
        for each in _of_branch(repo, some, rule)
    ]


def _of_branch(repo: str, runs: Iterable[RunState], rule: Rule) -> list[Sent]:
    """Return what the runs of one workflow on one branch would have sent, in their order."""
    sent: list[Sent] = []
    broken: list[Sent] = []  # what would be told of this failure, unless it recovers in time
    health: workflow.Health | None = None
    for run in runs:
        after = workflow.health_after(run, health)
        if after is None:
            continue
        health = after
        too_short = (run.updated_at - health.since).total_seconds() < rule.lasts
        words = "works again" if health.turn == "works" else "fails"
        line = (f"{repo}: {run.name} {words} on {run.branch}",)
        facts = workflow.facts_of(repo, run)
        is_wanted = rule.lets("ci", facts)
        if health.turn == "works" and not too_short and broken:
            sent += [*broken, Sent("ci", line, run.updated_at, facts)]
        elif (health.turn == "broke" and is_wanted) or (
            health.turn == "still" and broken and not too_short and not rule.changes_only
        ):
            broken.append(Sent("ci", line, run.updated_at, facts))
            continue
        if health.turn == "works":
            broken = []
    return sent + broken


def _spoken(repo: str, told: Sequence[DeliveryRecord], rule: Rule) -> list[Sent]:
    """Return what was said and would have been told: pushes, alerts, reviews and comments."""
    sent: dict[str, Sent] = {}
    for each in reversed(told):
        found = object_in(each.event, each.body)
        facts = _pull_facts(repo, found) if isinstance(found, Pull) else known(repo=repo)
        for topic, said in sayings.sayings(each.event, each.body):
            thing = thing_of(topic)
            if thing is None:
                continue
            if said["kind"] == "push":
                seen = push.seen(repo, said)
                feature, line, facts = seen.features[0], seen.card.title, seen.facts
            elif said["kind"] == "alert":
                feature, line = "security", alert.card(repo, [said]).title
                facts = alert.facts_of(repo, said)
            else:
                replies: list[Reply] = [*saying.replies([said])]
                if not replies or replies[0].features[-1] not in rule.features:
                    continue
                reply = replies[0]
                feature, facts = reply.features[-1], {**facts, **reply.facts}
                line = (f"{thing.home}#{thing.name} ", *reply.posting.title)
            if rule.lets(feature, facts):
                key = topic if said["kind"] == "alert" else f"{topic} {said['id']}"
                sent[key] = Sent(feature, line, each.received_at, facts)
    return list(sent.values())


def _pull_facts(repo: str, found: Pull) -> Facts:
    return known(
        repo=repo,
        branch=found.base_ref,
        head=found.head_ref,
        author=found.author,
        label=found.labels,
        state=found.state,
        title=found.title,
        draft=yes_no(found.draft),
    )
