"""What it takes to bring GitHub and Linear in step: both are read, paired and merged."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import UNSET

from flows.analysis import sides
from flows.analysis.beside import Ask, both_of, one_of, words_of
from flows.analysis.echoes import Echo, digest, echoes_of, fitted, quieted
from flows.analysis.merging import Conflict, Side, merged
from flows.analysis.sides import Words
from flows.analysis.twins import Couple, couples_of, is_marked, numbers_in, twin_id
from flows.engine.pairs import Pair, Pairs
from integrations.github import GitHubReader
from integrations.github.threads import IssueFields
from integrations.github.threads import Thread as GitHubThread
from integrations.linear import LinearReader
from integrations.linear.threads import Parts
from integrations.linear.threads import Thread as LinearThread

# What people call a field.
WORDS = {"body": "text", "person": "assignee"}
SHOWN = 5  # names of those that are left, each with the same reason


class Work(msgspec.Struct, frozen=True):
    """What one pair needs: `pair` is what is remembered then, `made` the side that gets a twin.

    `…_seen` are digests of what is there now, so that nothing is written over what somebody
    changes meanwhile; `…_again` takes a change back. `fields` are what changes, in words.
    """

    pair: Pair
    title: str
    url: str
    at: datetime
    before: Pair | None = None
    made: str = ""
    link: bool = False
    github: IssueFields | None = None
    github_seen: Mapping[str, str] = {}
    github_again: IssueFields | None = None
    linear: Parts | None = None
    linear_seen: Mapping[str, str] = {}
    linear_again: Parts | None = None
    acts: tuple[Echo, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    fields: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"#{self.pair.number}" if self.pair.number else self.pair.key

    @property
    def needs(self) -> bool:
        """Say whether there is anything to do, if only to remember."""
        told = self.github or self.linear or self.acts
        return bool(told) or self.link or self.pair != self.before

    @property
    def open_conflicts(self) -> tuple[Conflict, ...]:
        return tuple(each for each in self.conflicts if not each.settled)


class Look(msgspec.Struct, frozen=True):
    """What was found: `works` is what there is to do, `more` how many wait for the next run.

    `left` says what is not synced and why; `paired` counts the pairs that were looked at, `known`
    all that are remembered.
    """

    works: tuple[Work, ...] = ()
    more: int = 0
    paired: int = 0
    known: int = 0
    left: tuple[str, ...] = ()
    team_id: str = ""


async def look(github: GitHubReader, linear: LinearReader, pairs: Pairs, ask: Ask) -> Look:
    """Return what there is to do, in few calls however many issues there are."""
    team = await linear.team(ask.team)
    words = await words_of(github, linear, pairs, ask)
    known = await pairs.every(ask.repo)
    if ask.issue:
        here, there = await one_of(github, linear, known, ask)
    else:
        here, there = await both_of(github, linear, known, ask)
    found = couples_of(ask.repo, known, here, there)
    left = _Left()
    works = [work for each in found.couples if (work := _worked(words, each, ask, left))]
    works += [_to_linear(words, each, ask) for each in found.on_github if _is_new(each, ask)]
    new = [each for each in found.in_linear if _is_unknown(each, ask)]
    if new and not (why := await _objection(github, pairs, ask)):
        works += [_to_github(words, each, ask) for each in new]
    elif new:
        left.note(why, *(each.identifier for each in new))
    if found.elsewhere:
        names = (each.identifier for each in found.elsewhere)
        left.note("Linear's own integration with GitHub keeps it in step", *names)
    shown = works[: ask.most]
    more = len(works) - len(shown)
    return Look(tuple(shown), more, len(found.couples), len(known), left.lines, team.id)


class _Left:
    """What is not synced, by the reason."""

    def __init__(self) -> None:
        self._found: dict[str, list[str]] = {}

    def note(self, why: str, *names: str) -> None:
        self._found.setdefault(why, []).extend(names)

    @property
    def lines(self) -> tuple[str, ...]:
        lines = []
        for why, names in self._found.items():
            more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
            lines.append(f"{', '.join(names[:SHOWN])}{more}: {why}")
        return tuple(lines)


def _worked(words: Words, couple: Couple, ask: Ask, left: _Left) -> Work | None:
    """Return what a couple needs, None where it is in step."""
    ours, theirs, known = couple.github, couple.linear, couple.pair
    if ours is None or theirs is None:
        if known and ours is None:
            left.note("it is gone from GitHub, so its twin stays as it is", known.key)
        elif known:
            left.note(
                "its twin is archived or gone in Linear, so it stays as it is", f"#{known.number}"
            )
        return None
    before = known or Pair(ours.number, theirs.id, theirs.identifier)
    here, there = sides.on_github(words, ours, theirs), sides.in_linear(words, theirs)
    choices = ask.choices.get(f"{ours.number}")
    made = merged(before, here, there, ask.settings.wins, choices)
    _strange(words, ours, theirs, here, there, left)
    echoes = echoes_of(ask.repo, ours.comments, theirs.comments, before.echoes)
    to_github = sides.to_github(words, ours, here, made)
    to_linear = sides.to_linear(words, there, made)
    asked = tuple(each.mark for each in made.conflicts if not each.settled)
    pair = msgspec.structs.replace(
        made.pair or before, key=theirs.identifier, echoes=echoes.kept, asked=asked
    )
    is_linked = ours.number in numbers_in(theirs.links, ask.repo)
    fields = [f"{WORDS.get(name, name)} of {theirs.identifier}" for name in made.linear]
    fields += [f"{WORDS.get(name, name)} of #{ours.number}" for name in made.github]
    if made.labels != here.labels or made.labels != there.labels:
        fields.append("labels")
    work = Work(
        pair=pair,
        title=ours.title,
        url=ours.url,
        at=ours.created_at,
        before=known,
        link=not is_linked,
        github=to_github if to_github != IssueFields() else None,
        github_seen=_seen(here),
        github_again=sides.github_again(ours, to_github),
        linear=to_linear if to_linear != Parts() else None,
        linear_seen=_seen(there),
        linear_again=sides.linear_again(words, theirs, to_linear),
        acts=echoes.acts,
        conflicts=made.conflicts,
        fields=tuple(fields),
    )
    return work if work.needs or work.conflicts else None


def _seen(side: Side) -> dict[str, str]:
    return {name: digest(getattr(side, name)) for name in ("title", "body", "state", "person")}


def _strange(
    words: Words, ours: GitHubThread, theirs: LinearThread, here: Side, there: Side, left: _Left
) -> None:
    """Note what one side has no words for."""
    if here.person is None or there.person is None:
        left.note("nobody is known who is its assignee on both sides", f"#{ours.number}")
    if here.body is None or there.body is None:
        left.note("its text is too long for GitHub", f"#{ours.number}")
    names = {name.lower() for name in (*ours.labels, *theirs.labels)}
    for name in sorted(names - words.labels.keys() - words.ranks.keys()):
        left.note(f"only one side has the label “{name}”", f"#{ours.number}")


def _is_new(issue: GitHubThread, ask: Ask) -> bool:
    """Say whether an issue of GitHub gets a twin in Linear."""
    may = ask.settings.create in ("auto", "both", "linear")
    is_open = issue.state == "open" and not is_marked(issue)
    return may and is_open and sides.is_wanted(issue.labels, ask.settings)


def _is_unknown(issue: LinearThread, ask: Ask) -> bool:
    """Say whether an issue of Linear has no twin, and would get one."""
    is_open = sides.kind_of(issue) == "open" and not issue.trashed
    alone = is_open and issue.team == ask.team and not numbers_in(issue.links)
    return alone and sides.is_wanted(issue.labels, ask.settings)


async def _objection(github: GitHubReader, pairs: Pairs, ask: Ask) -> str:
    """Return why issues of Linear get no twin on GitHub, or an empty string."""
    if ask.settings.create in ("both", "github"):
        return ""
    if ask.settings.create != "auto":
        return "this project makes no issues on GitHub (sync.create)"
    if not (await github.repository(ask.repo)).private:
        return f"{ask.repo} is public; sync.create=both makes issues there all the same"
    others = [each for each in await pairs.sharing(ask.team) if each != ask.repo]
    if others:
        return f"{others[0]} has team {ask.team}, too; sync.create=both makes issues all the same"
    return ""


def _to_linear(words: Words, issue: GitHubThread, ask: Ask) -> Work:
    """Return what gives an issue of GitHub its twin."""
    here = sides.on_github(words, issue)
    parts = Parts(
        title=here.title,
        description=quieted(fitted(issue.body)),
        # Where a new issue begins is the team's to say, unless the project does.
        state_id=words.kinds.get("open", "") if "open" in ask.settings.states else UNSET,
        assignee_id=here.person or "",
        priority=here.priority or 0,
        add_labels=tuple(words.labels[name][1] for name in sorted(here.labels)),
    )
    echoes = echoes_of(ask.repo, issue.comments, (), {})
    return Work(
        pair=_fresh(here, issue.number, twin_id(ask.repo, issue.number), "", echoes.kept),
        title=issue.title,
        url=issue.url,
        at=issue.created_at,
        made="linear",
        link=True,
        linear=parts,
        acts=echoes.acts,
    )


def _to_github(words: Words, issue: LinearThread, ask: Ask) -> Work:
    """Return what gives an issue of Linear its twin."""
    there = sides.in_linear(words, issue)
    ranks = [name for name, rank in words.priorities.items() if rank == there.priority]
    people = (words.logins[there.person],) if there.person else ()
    names = [words.labels[name][0] for name in sorted(there.labels)]
    fields = IssueFields(
        title=there.title,
        body=quieted(fitted(issue.description)),
        assignees=people,
        add_labels=(*names, *ranks[:1]),
    )
    echoes = echoes_of(ask.repo, (), issue.comments, {})
    return Work(
        pair=_fresh(there, 0, issue.id, issue.identifier, echoes.kept),
        title=issue.title,
        url=issue.url,
        at=issue.created_at,
        made="github",
        link=True,
        github=fields,
        acts=echoes.acts,
    )


def _fresh(side: Side, number: int, issue: str, key: str, echoes: Mapping[str, str]) -> Pair:
    """Return what is remembered of a pair whose twin is as the side that it was made of."""
    values = {
        name: getattr(side, name) for name in ("title", "body", "state", "person", "priority")
    }
    digests = {name: digest(value) for name, value in values.items() if value is not None}
    return Pair(number, issue, key, digests, digests, tuple(sorted(side.labels)), echoes)
