"""What each rule of a project wants of what is open, and why; pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

from flows.analysis.globs import matches
from flows.analysis.words import counted
from flows.analysis.workdays import days_after, hours_between
from flows.engine.house import (
    BranchRule,
    GreetRule,
    Kind,
    LabelRule,
    RebaseRule,
    StaleRule,
)
from integrations.github.watched import HeadBranch, Watched

Deed: TypeAlias = Literal[
    "label", "unlabel", "say", "unsay", "close", "ask", "merge", "let merge", "delete branch"
]
MOMENT = timedelta(minutes=1)  # between two changes of one run of ours
SOON = timedelta(days=3)  # a greeting that comes later is none
NEW_ON_PULLS = frozenset({"FIRST_TIMER", "FIRST_TIME_CONTRIBUTOR"})
NEW_ON_ISSUES = NEW_ON_PULLS | {"NONE"}
HOURS_OF_WORK = 8
REBASE = "rebase"
GREETING = "greeting"
GREETS = "greet"
SAID: Mapping[str, tuple[str, str]] = {
    "label": ("label it {value}", "labelled it {value}"),
    "unlabel": ("take {value} off", "took {value} off"),
    "say": ("say so on it", "said so on it"),
    "unsay": ("delete the comment that said so", "deleted the comment that said so"),
    "close": ("close it", "closed it"),
    "ask": ("ask {value} for a review", "asked {value} for a review"),
    "merge": ("merge it at {sha}", "merged it at {sha}"),
    "let merge": ("let GitHub merge it once it may", "let GitHub merge it once it may"),
    "delete branch": ("delete {value}", "deleted {value}"),
    GREETS: ("greet its author", "greeted its author"),
}


class Act(NamedTuple):
    """A change that a rule wants: what, of which issue, pull request or branch, and why.

    `value` is the label, the person, the branch or the key of a comment, `text` what that says.
    """

    rule: Kind
    deed: Deed
    number: int
    name: str
    url: str
    owner: str
    why: str
    value: str = ""
    text: str = ""
    sha: str = ""

    @property
    def title(self) -> str:
        """What the change is called in a plan."""
        what = f"#{self.number}"
        return {
            "label": f"Label {what} {self.value}",
            "unlabel": f"Take {self.value} off {what}",
            "say": f"Comment on {what}: {self.rule}",
            "unsay": f"Delete the comment on {what}: {self.rule}",
            "close": f"Close {what}",
            "ask": f"Ask {self.value} to review {what}",
            "merge": f"Merge {what} at {self.sha[:7]}",
            "let merge": f"Let GitHub merge {what} once it may",
            "delete branch": f"Delete the branch {self.value}",
        }[self.deed]

    def said(self, *, done: bool) -> str:
        """Say what is to be done to it, or what was."""
        deed = GREETS if self.rule == "greet" else self.deed
        words = SAID[deed][done]
        return words.format(value=self.value, sha=self.sha[:7])


def acts(
    rule: Kind,
    deed: Deed,
    thread: Watched,
    why: str,
    value: str = "",
    text: str = "",
    sha: str = "",
) -> Act:
    """Return a change of an issue or a pull request."""
    return Act(
        rule, deed, thread.number, thread.title, thread.url, thread.author, why, value, text, sha
    )


def has(thread: Watched, label: str) -> bool:
    """Say whether it carries a label, in capitals or not."""
    return label.casefold() in {each.casefold() for each in thread.labels}


def labels(rules: Sequence[LabelRule], thread: Watched) -> list[Act]:
    """Return the labels that it lacks, each with the glob that asks for it."""
    found: dict[str, Act] = {}
    for rule in rules:
        why = _fits(rule, thread)
        if why and not has(thread, rule.label):
            label = rule.label.casefold()
            found.setdefault(label, acts("labels", "label", thread, why, rule.label))
    return list(found.values())


def _fits(rule: LabelRule, thread: Watched) -> str:
    for glob in rule.titles:
        if matches(glob, thread.title):
            return f"its title fits {glob}"
    for pattern in rule.paths:
        for path in thread.paths:
            if matches(pattern, path, is_path=True):
                return f"it changes {path}, which fits {pattern}"
    return ""


def active_at(thread: Watched) -> datetime:
    """Return when somebody else than this bot last did something there.

    What GitHub knows is when anything last happened: where that was a comment of ours, it is what
    others have last said, pushed or reviewed.
    """
    if thread.ours_at is None or thread.updated_at > thread.ours_at + MOMENT:
        return thread.updated_at
    return thread.spoke_at


def stale(rule: StaleRule, thread: Watched, now: datetime) -> list[Act]:
    """Return whether it is to be warned, to be closed, or alive again."""
    if thread.locked or not (rule.pulls if thread.is_pull else rule.issues):
        return []
    quiet, warned = active_at(thread), has(thread, rule.label)
    exempt = next((each for each in rule.exempt if has(thread, each)), "")
    if warned:
        since = thread.ours_at or thread.updated_at
        why = f"it has the label {exempt}" if exempt else ""
        why = why or (f"something happened on {quiet:%Y-%m-%d}" if quiet > since else "")
        if why:
            return [acts("stale", "unlabel", thread, why, rule.label)]
        if rule.close and days_after(since, rule.close, rule.zone) <= now:
            length = counted(rule.close, "day")
            why = f"nothing happened for {length} of work after the warning of {since:%Y-%m-%d}"
            return [acts("stale", "close", thread, why)]
        return []
    if exempt or days_after(quiet, rule.warn, rule.zone) > now:
        return []
    days = int(hours_between(quiet, now, rule.zone) // HOURS_OF_WORK)
    why = f"nothing happened for {days} days of work, since {quiet:%Y-%m-%d}"
    key = f"stale since {quiet.isoformat()}"
    return [
        acts("stale", "label", thread, why, rule.label),
        acts("stale", "say", thread, why, key, _warning(rule, quiet, now)),
    ]


def _warning(rule: StaleRule, quiet: datetime, now: datetime) -> str:
    said = f"Nothing has happened here since {quiet:%Y-%m-%d}. Is it still wanted?"
    if not rule.close:
        return f"{said} Whatever happens here takes the label {rule.label} off again."
    end = days_after(now, rule.close, rule.zone)
    return (
        f"{said} Whatever happens here keeps it open: a comment is enough. "
        f"Otherwise it is closed after {end:%Y-%m-%d}."
    )


def rebase(rule: RebaseRule, pull: Watched) -> list[Act]:
    """Return the label and the comment of what conflicts; neither while GitHub has not said."""
    if pull.fits is None or pull.fits != has(pull, rule.label):
        return []
    text = (
        f"This conflicts with `{pull.base_ref}`: rebase it, or merge `{pull.base_ref}` into it. "
        "This comment goes when it fits again."
    )
    deeds: tuple[Deed, Deed] = ("unlabel", "unsay") if pull.fits else ("label", "say")
    why = f"it {'fits' if pull.fits else 'conflicts with'} {pull.base_ref}"
    why += " again" if pull.fits else ""
    said = [acts("rebase", deeds[1], pull, why, REBASE, text)] if rule.comment else []
    return [acts("rebase", deeds[0], pull, why, rule.label), *said]


def is_new(rule: GreetRule, thread: Watched, now: datetime) -> bool:
    """Say whether its author may be new here, and was not greeted there."""
    new = NEW_ON_PULLS if thread.is_pull else NEW_ON_ISSUES
    return (
        bool(rule.pulls if thread.is_pull else rule.issues)
        and thread.association in new
        and not (thread.author_is_bot or thread.locked)
        and thread.ours_at is None
        and thread.created_at > now - SOON
    )


def greet(rule: GreetRule, thread: Watched, repo: str, first: int) -> list[Act]:
    """Return the greeting, where this is the first that somebody has opened here."""
    if first < thread.number:
        return []
    words = rule.pulls if thread.is_pull else rule.issues
    text = words.replace("{author}", thread.author).replace("{repo}", repo)
    what = "pull request" if thread.is_pull else "issue"
    why = f"it is the first {what} of {thread.author} here"
    return [acts("greet", "say", thread, why, GREETING, text)]


def branches(
    rule: BranchRule, found: HeadBranch, default: str, needed: Iterable[str]
) -> tuple[list[Act], str]:
    """Return whether a branch goes, or why one that was merged stays."""
    merged = next((each for each in found.pulls if each.state == "merged"), None)
    if merged is None or found.name == default:
        return [], ""
    stays = ""
    kept = next((each for each in rule.keep if matches(each, found.name, is_path=True)), "")
    if found.protected:
        stays = "it is protected"
    elif kept:
        stays = f"{kept} keeps it"
    elif now := next((each for each in found.pulls if each.state == "open"), None):
        stays = f"#{now.number} still needs it"
    elif found.name in needed:
        stays = "an open pull request needs it"
    elif merged.sha != found.sha:
        stays = f"it has commits that #{merged.number} did not have"
    if stays:
        return [], f"{found.name}: {stays}"
    at = f" on {merged.merged_at:%Y-%m-%d}" if merged.merged_at else ""
    why = f"#{merged.number} was merged{at}"
    made = Act(
        "branches",
        "delete branch",
        merged.number,
        merged.title,
        merged.url,
        merged.author,
        why,
        found.name,
        sha=found.sha,
    )
    return [made], ""
