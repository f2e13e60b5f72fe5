"""Why a pull request is not merged yet, in words; pure."""

from collections.abc import Sequence
from typing import NamedTuple

from flows.analysis.fixes import GREEN
from flows.analysis.globs import matches
from flows.analysis.upkeep import has
from flows.analysis.words import counted
from flows.engine.house import MergeRule
from integrations.github import CheckRun
from integrations.github.watched import Watched

SHOWN = 5  # checks that are named


class Bar(NamedTuple):
    """What stands against a merge; `waits` where GitHub would wait for it by itself."""

    said: str
    waits: bool = False


def unmeant(rule: MergeRule, pull: Watched, default: str) -> str:
    """Return why a pull request is none that the rule merges, or an empty string."""
    bases = rule.bases or [default]
    if not any(matches(glob, pull.base_ref, is_path=True) for glob in bases):
        return f"it goes into {pull.base_ref}, where the rule merges nothing"
    return f"it lacks the label {rule.label}" if rule.label and not has(pull, rule.label) else ""


def is_meant(rule: MergeRule, pull: Watched, default: str) -> bool:
    """Say whether a pull request goes where the rule merges, and has its label."""
    return not unmeant(rule, pull, default)


def bars(rule: MergeRule, pull: Watched) -> list[Bar]:
    """Return what is seen without its checks to stand against a merge, the worst first."""
    found = [Bar("it is a draft")] if pull.draft else []
    found += [Bar(f"the label {each} holds it") for each in rule.hold if has(pull, each)]
    if pull.fits is False:
        found.append(Bar(f"it conflicts with {pull.base_ref}"))
    elif pull.fits is None:
        found.append(Bar("GitHub has not found out yet whether it conflicts"))
    elif pull.status == "behind":
        found.append(Bar(f"it is behind {pull.base_ref}, which asks for up-to-date branches"))
    against = [each.author for each in pull.verdicts if each.state == "changes_requested"]
    if against:
        found.append(Bar(f"{', '.join(against)} asked for changes"))
    found += _approvals(rule, pull)
    return found


def _approvals(rule: MergeRule, pull: Watched) -> list[Bar]:
    said = [each for each in pull.verdicts if each.state == "approved"]
    said = [each for each in said if each.author != pull.author]
    fresh = [each for each in said if rule.old_approvals or each.sha == pull.head_sha]
    lacks = rule.approvals - len({each.author for each in fresh})
    if lacks > 0:
        old = [each.author for each in said if each not in fresh]
        hint = f"; {', '.join(old)} approved an earlier commit" if old else ""
        return [Bar(f"it needs {counted(lacks, 'more approval')}{hint}", waits=not old)]
    if pull.decision == "review_required":
        return [Bar(f"{pull.base_ref} asks for a review by somebody else as well", waits=True)]
    return []


def check_bars(rule: MergeRule, pull: Watched, checks: Sequence[CheckRun]) -> list[Bar]:
    """Return what its checks say against a merge; what is not known is not green."""
    wanted = set(rule.checks)
    runs = [each for each in checks if not wanted or each.name in wanted]
    red = [each.name for each in runs if each.conclusion and each.conclusion not in GREEN]
    going = [each.name for each in runs if not each.conclusion]
    missing = sorted(wanted - {each.name for each in runs})
    found = []
    if red:
        found.append(Bar(f"{_named(red)} failed"))
    if going:
        found.append(Bar(f"{_named(going)} not done yet", waits=True))
    if missing:
        found.append(Bar(f"{_named(missing)} not begun yet", waits=True))
    if not (runs or missing):
        found.append(Bar("it has no check that is green"))
    if not found and pull.status == "blocked" and pull.decision != "review_required":
        found.append(Bar(f"the rules of {pull.base_ref} ask for more than is there", waits=True))
    return found


def _named(checks: Sequence[str]) -> str:
    checks = sorted(checks)
    more = len(checks) - SHOWN
    return ", ".join(checks[:SHOWN]) + (f" and {more} more" if more > 0 else "")
