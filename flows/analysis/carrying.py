"""Carrying what one side says to the other: safe to repeat, and nothing over what is new there."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from flows.analysis import sides
from flows.analysis.echoes import Echo, clean, digest, marks_in
from flows.analysis.syncing import Work
from flows.analysis.twins import key_of
from flows.engine.effects import Effect, effect
from flows.engine.pairs import Pair, Pairs
from flows.engine.run import Run
from integrations.github import GitHub
from integrations.github import Issue as GitHubIssue
from integrations.github.threads import IssueFields
from integrations.linear import Issue as LinearIssue
from integrations.linear import Linear
from integrations.linear.threads import Parts

BEGIN = "Begin to keep the issues of {} in step"
# What carries on a sync that somebody has let begin; the beginning itself is none of these.
FREE = ("Sync *", "Settle *")
# What an issue of Linear has, by the words of both sides and by its own.
PARTS = {"title": "title", "body": "description", "state": "state_id", "person": "assignee_id"}
Pending: TypeAlias = Any  # a value, or what stands for it until it is there
SOURCE = 8  # letters of a comment's name that tell it from the others of an issue


class Made(msgspec.Struct, frozen=True):
    """A twin that is there now, and digests of what it says."""

    number: int
    issue: str
    key: str
    url: str
    digests: Mapping[str, str]


def beginning(run: Run, repo: str, team: str) -> Effect[None]:
    """Return what lets the sync of a project begin; from then on it needs no yes."""
    return effect(
        BEGIN.format(team),
        do=partial(run.pairs.ensure_begun, repo, run.started),
        undo=partial(run.pairs.delete_begun, repo),
    )


def effects_of(
    run: Run, repo: str, work: Work, team_id: str, since: datetime, begin: str = "Sync"
) -> list[Effect[Any]]:
    """Return everything that brings one pair in step; it stands or falls together.

    A twin on GitHub was not made before `since`. Each title begins with `begin`.
    """
    name = f"{begin} {work.name}"
    if work.made:
        return [*_making(run, repo, work, name, team_id, since)]
    return [*_updating(run, repo, work, name)] if work.needs else []


def _making(
    run: Run, repo: str, work: Work, name: str, team_id: str, since: datetime
) -> Iterator[Effect[Any]]:
    """Yield what gives an issue its twin, and the twin its link and its comments."""
    carrier, linear, pair = _carrier(run), run.linear, work.pair
    making: Effect[Made]
    if work.linear:
        making = effect(
            f"{name}: make its twin in Linear",
            do=partial(carrier.make_in_linear, team_id, pair, work.linear, work.at, work.url),
            undo=partial(linear.delete_issue, pair.issue),
            part=work.name,
        )
    else:
        fields = work.github or IssueFields()
        making = effect(
            f"{name}: make its twin on GitHub",
            do=partial(carrier.make_on_github, repo, pair, fields, since),
            undo=partial(carrier.unmake_on_github, repo, pair.issue, since),
            part=work.name,
        )
    made = making.result
    url = work.url if work.made == "linear" else made.url
    yield making
    yield effect(
        f"{name}: link its twin to GitHub",
        do=partial(run.linear.ensure_linked, pair.issue, url, f"{repo} on GitHub"),
        undo=partial(run.linear.delete_linked, pair.issue, url),
        part=work.name,
    )
    for act in work.acts:
        yield _echo(run, repo, work, name, act, made.number)
    yield _remembering(run, repo, work, name, made, None, None)


def _updating(run: Run, repo: str, work: Work, name: str) -> Iterator[Effect[Any]]:
    """Yield what each side is told, and what is remembered of it."""
    carrier, linear, pair = _carrier(run), run.linear, work.pair
    told_github: Pending = None
    told_linear: Pending = None
    if work.linear and work.linear_again:
        seen, aim = work.linear_seen, {**work.linear_seen, **pair.linear}
        # Linear writes Markdown in its own way, so what it says by then cannot be foretold.
        told = {field: value for field, value in aim.items() if field != "body"}
        telling = effect(
            f"{name}: bring {pair.key} up to date",
            do=partial(carrier.tell_linear, pair.issue, work.linear, seen, aim),
            undo=partial(carrier.tell_linear, pair.issue, work.linear_again, told, seen),
            part=work.name,
        )
        told_linear = telling.result
        yield telling
    if work.github and work.github_again:
        seen, aim = work.github_seen, {**work.github_seen, **pair.github}
        telling = effect(
            f"{name}: bring it up to date with {pair.key}",
            do=partial(carrier.tell_github, repo, pair.number, work.github, seen, aim),
            undo=partial(carrier.tell_github, repo, pair.number, work.github_again, aim, seen),
            part=work.name,
        )
        told_github = telling.result
        yield telling
    if work.link:
        yield effect(
            f"{name}: link its twin to GitHub",
            do=partial(linear.ensure_linked, pair.issue, work.url, f"{repo} on GitHub"),
            undo=partial(linear.delete_linked, pair.issue, work.url),
            part=work.name,
        )
    for act in work.acts:
        yield _echo(run, repo, work, name, act, pair.number)
    yield _remembering(run, repo, work, name, None, told_github, told_linear)


def _echo(
    run: Run,
    repo: str,
    work: Work,
    name: str,
    act: Echo,
    number: Pending,
) -> Effect[Any]:
    """Return what makes, edits or takes away the mirror of a comment."""
    source = act.source[:SOURCE]
    title = {
        "say": f"{name}: carry a comment over ({source})",
        "edit": f"{name}: follow an edited comment ({source})",
        "unsay": f"{name}: take a comment away ({source})",
    }[act.act]
    say: Any
    unsay: Any
    if act.on == "linear":
        say = partial(run.linear.ensure_said, work.pair.issue, act.id)
        unsay = partial(run.linear.delete_comment, act.id)
        saying = partial(say, act.body, act.at)
    else:
        say = partial(run.github.ensure_comment, repo, number, act.id)
        unsay = partial(run.github.delete_comment, repo, number, act.id)
        saying = partial(say, act.body)
    if act.act == "unsay":
        return effect(title, do=unsay, part=work.name)
    undo = partial(say, act.before) if act.act == "edit" else unsay
    return effect(title, do=saying, undo=undo, part=work.name)


def _remembering(
    run: Run,
    repo: str,
    work: Work,
    name: str,
    made: Pending,
    on_github: Pending,
    in_linear: Pending,
) -> Effect[None]:
    pair, before = work.pair, work.before
    undo: Any = partial(run.pairs.delete, repo, made.number if made else pair.number)
    if before:
        undo = partial(run.pairs.ensure, repo, before)
    return effect(
        f"{name}: remember that it is in step",
        do=partial(_carrier(run).remember, repo, pair, before, made, on_github, in_linear),
        undo=undo,
        part=work.name,
    )


class Carrier:
    """Writes on both sides; every write can be repeated, and none covers what is new there."""

    def __init__(self, github: GitHub, linear: Linear, pairs: Pairs) -> None:
        self._github = github
        self._linear = linear
        self._pairs = pairs

    async def make_in_linear(
        self, team_id: str, pair: Pair, parts: Parts, at: datetime, url: str
    ) -> Made:
        """Make the twin of an issue of GitHub, or return the one that is there."""
        made = await self._linear.ensure_made(pair.issue, team_id, parts, at)
        return Made(pair.number, made.id, made.identifier, url, {**pair.linear, **_in_linear(made)})

    async def make_on_github(
        self, repo: str, pair: Pair, fields: IssueFields, since: datetime
    ) -> Made:
        """Make the twin of an issue of Linear, or return the one that is there."""
        made = await self._github.ensure_issue(
            repo,
            key_of(pair.issue),
            fields.title or "",
            fields.body or "",
            since=since,
            labels=fields.add_labels,
            assignees=fields.assignees or (),
        )
        return Made(
            made.number, pair.issue, pair.key, made.url, {**pair.github, **_on_github(made)}
        )

    async def unmake_on_github(self, repo: str, issue: str, since: datetime) -> None:
        """Close a twin as not planned: GitHub lets only admins delete."""
        if found := await self._github.issue_of_key(repo, key_of(issue), since):
            await self._github.ensure_issue_closed(repo, found.number, "not_planned")

    async def tell_github(
        self,
        repo: str,
        number: int,
        wanted: IssueFields,
        seen: Mapping[str, str],
        aim: Mapping[str, str],
    ) -> dict[str, str]:
        """Let an issue of GitHub have what is wanted, save what is neither as seen nor as aimed.

        Return digests of what it says now; of what somebody else changed meanwhile, an empty one.
        """
        now = await self._github.issue(repo, number)
        there = _on_github(now)
        moved = [
            name for name in there if there[name] not in (seen.get(name, there[name]), aim[name])
        ]
        kept: dict[str, Any] = dict.fromkeys(moved, UNSET)
        if wanted.body is not UNSET and "body" not in moved:
            kept["body"] = f"{wanted.body}{marks_in(now.body)}"
        after = await self._github.ensure_issue_fields(repo, number, replace(wanted, **kept))
        if wanted.assignees is not UNSET and set(wanted.assignees) - set(after.assignees):
            moved.append("person")  # GitHub leaves out whom it may not assign
        told = {name: value for name, value in _on_github(after).items()
                if getattr(wanted, name) is not UNSET}  # fmt: skip
        return told | dict.fromkeys(moved, "")

    async def tell_linear(
        self, issue: str, wanted: Parts, seen: Mapping[str, str], aim: Mapping[str, str]
    ) -> dict[str, str]:
        """Let an issue of Linear have what is wanted, save what is neither as seen nor as aimed.

        Return digests of what it says now; of what somebody else changed meanwhile, an empty one.
        """
        now = await self._linear.issue(issue)
        there = _in_linear(now)
        moved = [
            name for name in there if there[name] not in (seen.get(name, there[name]), aim[name])
        ]
        kept: dict[str, Any] = {PARTS[name]: UNSET for name in moved}
        after = await self._linear.ensure_parts(now.id, replace(wanted, **kept))
        told = {name: value for name, value in _in_linear(after).items()
                if getattr(wanted, PARTS[name]) is not UNSET}  # fmt: skip
        return told | dict.fromkeys(moved, "")

    async def remember(
        self,
        repo: str,
        pair: Pair,
        before: Pair | None,
        made: Made | None,
        on_github: Mapping[str, str] | None,
        in_linear: Mapping[str, str] | None,
    ) -> None:
        """Keep a pair as both sides are now; what could not be told is as far apart as before."""
        # The twin may say it in other words: Linear writes Markdown in its own way.
        if made and pair.number:
            in_linear = made.digests
        elif made:
            on_github = made.digests
        ours, theirs = {**pair.github, **(on_github or {})}, {**pair.linear, **(in_linear or {})}
        untold = [name for each in (ours, theirs) for name, value in each.items() if not value]
        known = before or Pair(pair.number, pair.issue, pair.key)
        for name in untold:
            for now, was in ((ours, known.github), (theirs, known.linear)):
                now.pop(name, None)
                now.update({name: was[name]} if name in was else {})
        number, key = (made.number, made.key) if made else (pair.number, pair.key)
        await self._pairs.ensure(
            repo, replace(pair, number=number, key=key, github=ours, linear=theirs)
        )


def _carrier(run: Run) -> Carrier:
    return Carrier(run.github, run.linear, run.pairs)


def _on_github(issue: GitHubIssue) -> dict[str, str]:
    return {
        "title": digest(sides.titled(issue.title)),
        "body": digest(clean(issue.body)),
        "state": digest(sides.state_of(issue)),
    }


def _in_linear(issue: LinearIssue) -> dict[str, str]:
    return {
        "title": digest(sides.titled(issue.title)),
        "body": digest(clean(issue.description)),
        "state": digest(sides.kind_of(issue)),
        "person": digest(issue.assignee_id),
    }
