"""What all rules of a project together want of what was seen, and what they leave; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from flows.analysis import merges, upkeep
from flows.analysis.ownership import codeowners_from
from flows.analysis.patrol import Checked, Look
from flows.analysis.reviewers import Known, chosen
from flows.analysis.upkeep import Act, acts
from flows.engine.house import KINDS, SENSIBLE, HouseRules, Kind, MergeRule, ReviewRule
from flows.engine.policy import Policy
from integrations.github.watched import Watched

MOST = 60  # changes of one run: GitHub takes 80 writes a minute
MOST_GATES = 20  # pull requests whose checks are read
MOST_NEW = 10  # people who are looked up
TEAM = "team"
EVERY = "all"
READY = "it is green and approved"


@dataclass(slots=True)
class Work:
    """What a round comes to: changes, what is not merged yet and why, and what was not done."""

    acts: list[Act] = field(default_factory=list)
    unmerged: list[tuple[Watched, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, other: "Work") -> None:
        """Take over what another part of a round has found."""
        self.acts += other.acts
        self.unmerged += other.unmerged
        self.notes += other.notes

    def ordered(self) -> list[Act]:
        """Return the changes rule by rule, and no more than one run may make."""
        places = {kind: place for place, kind in enumerate(KINDS)}
        self.acts.sort(key=lambda act: places[act.rule])
        left = len(self.acts) - MOST
        if left > 0:
            self.notes.append(f"{left} more changes: a run makes {MOST}, the next one goes on.")
        return self.acts[:MOST]


def house_of(given: HouseRules | None, rule: str) -> tuple[HouseRules, bool]:
    """Return the rules that count, and whether the project has set them.

    Where it has not, they are what is sensible, to be shown alone.
    """
    is_set = given is not None and bool(given.kinds)
    house = given if given and is_set else SENSIBLE
    kind = next((each for each in KINDS if each == rule), None)
    if kind is None:
        return house, is_set
    if not getattr(house, kind):
        return SENSIBLE.only(kind), False
    return house.only(kind), is_set


def simple(house: HouseRules, look: Look, kinds: Sequence[Kind], now: datetime) -> Work:
    """Return what needs nothing else to be read: labels, stale, rebase and branches."""
    work = Work()
    for each in (*look.pulls, *look.issues):
        work.acts += upkeep.labels(house.labels, each) if "labels" in kinds else []
        if house.stale and "stale" in kinds:
            work.acts += upkeep.stale(house.stale, each, now)
        if house.rebase and each.is_pull and "rebase" in kinds:
            work.acts += upkeep.rebase(house.rebase, each)
    if house.branches and "branches" in kinds:
        for branch in look.branches:
            found, stays = upkeep.branches(
                house.branches, branch, look.about.default_branch, look.needed
            )
            work.acts += found
            work.notes += [f"Branch {stays}."] if stays else []
    unknown = [f"#{each.number}" for each in look.unsettled]
    if unknown and {"rebase", "merge"} & {*kinds}:
        work.notes.append(
            f"GitHub has not found out yet whether {', '.join(unknown[:10])} conflict."
        )
    return work


def unreviewed(look: Look) -> list[Watched]:
    """Return those that nobody has reviewed, or was asked to."""
    return [
        each
        for each in look.pulls
        if not (each.draft or each.reviewers or each.reviewed or each.verdicts)
    ]


def asked(
    rule: ReviewRule, pulls: Sequence[Watched], owners: str, known: Known, now: datetime
) -> Work:
    """Return whom to ask for a review of each; who is asked now has less time for the next."""
    work, code, waiting = Work(), codeowners_from(owners), dict(known.waiting)
    for each in pulls:
        load = msgspec.structs.replace(known, waiting=dict(waiting))
        choice = chosen(each.author, each.number, each.paths, code, (), load, now)
        for one in choice.ranked[: rule.count]:
            waiting[one.login] = waiting.get(one.login, 0) + 1
            why = f"nobody was asked; {one.login}: {one.why}"
            work.acts.append(acts("reviewers", "ask", each, why, one.login))
        if choice.ranked:
            continue
        if choice.teams:
            team = choice.teams[0]
            why = f"nobody was asked; {team} owns what it changes"
            work.acts.append(acts("reviewers", "ask", each, why, team, TEAM))
        else:
            work.notes.append(f"#{each.number}: {choice.said}")
    return work


def newcomers(house: HouseRules, look: Look, now: datetime) -> list[Watched]:
    """Return what may be the first that its author has opened here."""
    rule = house.greet
    every = (*look.pulls, *look.issues)
    found = [each for each in every if rule and upkeep.is_new(rule, each, now)]
    return found[:MOST_NEW]


def greeted(house: HouseRules, repo: str, new: Sequence[Watched], first: Mapping[str, int]) -> Work:
    """Return the greetings; who was greeted on one is not on another."""
    work = Work()
    for each in new if house.greet else ():
        # What was opened a moment ago may not be found yet.
        number = first.get(each.author, each.number)
        work.acts += upkeep.greet(house.greet, each, repo, number) if house.greet else []
    return work


def ready(rule: MergeRule, look: Look) -> list[Watched]:
    """Return what only its checks can stand against, the oldest first."""
    default = look.about.default_branch
    meant = [each for each in look.pulls if merges.is_meant(rule, each, default)]
    return [each for each in meant if not merges.bars(rule, each)][:MOST_GATES]


def merging(rule: MergeRule, look: Look, checked: Sequence[Checked]) -> Work:
    """Return what is merged, one for each branch, and why the others are not yet."""
    work, going = Work(), dict[str, int]()
    for each, bars in _standing(rule, look, checked):
        found = bars
        if not found and each.base_ref in going:
            first = going[each.base_ref]
            found = [merges.Bar(f"#{first} is merged first, which may change how it merges")]
        if not found:
            going[each.base_ref] = each.number
            made = acts("merge", "merge", each, READY, rule.method, sha=each.head_sha)
            work.acts.append(made)
            continue
        said = "; ".join(bar.said for bar in found)
        if each.auto_merge:
            said = f"GitHub merges it by itself after this: {said}"
        elif _is_for_github(rule, look, each, found):
            why = f"all that is missing is what GitHub waits for by itself: {said}"
            made = acts("merge", "let merge", each, why, rule.method, sha=each.head_sha)
            work.acts.append(made)
        work.unmerged.append((each, said))
    return work


def _standing(
    rule: MergeRule, look: Look, checked: Sequence[Checked]
) -> Iterator[tuple[Watched, list[merges.Bar]]]:
    """Yield what is meant to be merged, and what stands against each; where only one is seen, it.

    What was looked at last counts: it may have been closed since it was listed.
    """
    default, seen = look.about.default_branch, {each.pull.number: each for each in checked}
    for one in look.pulls:
        now = seen.get(one.number)
        each = now.pull if now else one
        is_meant = merges.is_meant(rule, each, default)
        if not each.is_open or not (is_meant or len(look.pulls) == 1):
            continue
        found = merges.bars(rule, each)
        if not is_meant:
            found = [merges.Bar(merges.unmeant(rule, each, default)), *found]
        elif not found and now:
            found = merges.check_bars(rule, each, now.checks)
        elif not found:
            found = [merges.Bar("its turn to be looked at comes with the next run")]
        yield each, found


def _is_for_github(rule: MergeRule, look: Look, pull: Watched, found: Sequence[merges.Bar]) -> bool:
    """Say whether GitHub can wait for all that is missing: only where its own rules ask for it."""
    allowed = rule.native and look.about.auto_merge and pull.status == "blocked"
    return allowed and all(each.waits for each in found)


def plans(found: Sequence[Act], policy: Policy) -> list[list[Act]]:
    """Return the changes as plans: first what needs no yes, and merges last of each.

    A plan is done as a whole or not at all; what GitHub refuses to merge takes back nothing else.
    """
    split: dict[tuple[bool, bool], list[Act]] = {}
    for each in found:
        asks = policy.approvals_for([each.title]) > 0
        split.setdefault((asks, each.deed == "merge"), []).append(each)
    return [split[key] for key in sorted(split)]
