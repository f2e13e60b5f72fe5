"""Release notes in Markdown, grouped for the people who read them."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from flows.analysis.versions import Merged, is_breaking, is_left_out, label_words, title_of

NOTES_LIMIT = 125_000
SHORT_SHA = 7
_SECTIONS = (
    "Breaking changes",
    "Features",
    "Fixes",
    "Performance",
    "Documentation",
    "Other changes",
    "Maintenance",
    "Dependencies",
)
_KINDS = {
    "feat": "Features",
    "feature": "Features",
    "fix": "Fixes",
    "bugfix": "Fixes",
    "hotfix": "Fixes",
    "revert": "Fixes",
    "security": "Fixes",
    "perf": "Performance",
    "docs": "Documentation",
    "doc": "Documentation",
    "build": "Maintenance",
    "chore": "Maintenance",
    "ci": "Maintenance",
    "refactor": "Maintenance",
    "style": "Maintenance",
    "test": "Maintenance",
    "tests": "Maintenance",
    "deps": "Dependencies",
}
_LABELS = {
    "dependencies": "Dependencies",
    "dependency": "Dependencies",
    "enhancement": "Features",
    "feature": "Features",
    "bug": "Fixes",
    "security": "Fixes",
    "performance": "Performance",
    "documentation": "Documentation",
    "docs": "Documentation",
    "chore": "Maintenance",
    "maintenance": "Maintenance",
    "refactoring": "Maintenance",
}
_ISSUE = re.compile(r"(?<![\w-])([A-Z][A-Z0-9]{1,9})-([1-9]\d{0,6})(?![\w-])")
_ISSUE_ANY_CASE = re.compile(
    r"(?<![A-Za-z0-9])([A-Za-z][A-Za-z0-9]{0,9})-([1-9]\d{0,6})(?![A-Za-z0-9])"
)
# These look like issues of a team and never are.
_NO_TEAMS = {"AES", "CVE", "CWE", "GPT", "HTTP", "IEEE", "ISO", "PEP", "RFC", "RSA", "SHA", "UTF"}
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&])")
_LONGEST_TITLE = 300
_LONGEST_BODY = 20_000


class Noted(Merged, Protocol):
    """A merged pull request as the notes show it."""

    @property
    def url(self) -> str: ...
    @property
    def author(self) -> str: ...
    @property
    def head_ref(self) -> str: ...


def notes_from(
    pulls: Sequence[Noted],
    *,
    compare_url: str = "",
    issues: Mapping[str, str] | None = None,
    teams: Collection[str] = (),
    newcomers: Collection[str] = (),
) -> str:
    """Return the notes of a release, always below GitHub's limit of 125,000 characters.

    A label such as `skip-changelog` leaves a pull request out. `issues` maps identifiers to URLs
    where they are known; `teams` are the issue prefixes that exist (see `issues_of`); `newcomers`
    are the logins whose first pull request is among `pulls`.
    """
    noted = [each for each in pulls if not is_left_out(each)]
    entries = [entry_of(each, issues or {}, teams) for each in noted]
    entries.sort(key=lambda entry: _SECTIONS.index(entry[0]))
    closing = _newcomers(pulls, newcomers)
    if compare_url:
        closing += f"\n**Full changelog:** [every commit]({_address(compare_url)})\n"
    more = "\n… {} more changes, see the full changelog.\n"
    room = NOTES_LIMIT - len(closing) - len(more) - 20
    text, section = "", ""
    for index, (name, line) in enumerate(entries):
        blank = "\n" if text else ""
        heading = "" if name == section else f"{blank}### {name}\n\n"
        if len(text) + len(heading) + len(line) > room:
            text += more.format(len(entries) - index)
            break
        text += heading + line
        section = name
    return (text + closing).strip() + "\n" if text + closing else "No changes.\n"


def entry_of(
    pull: Noted, issues: Mapping[str, str], teams: Collection[str] = ()
) -> tuple[str, str]:
    """Return the heading that a pull request stands below in the notes, and its line there."""
    return _section(pull), _line(pull, issues, teams)


def said_of(pull: Merged) -> tuple[str, str]:
    """Return what a pull request is about, "" where it does not say, and what it does."""
    title = title_of(pull.title)
    return (title.scope, title.text) if title.kind in _KINDS else ("", pull.title)


def issues_of(pull: Noted, teams: Collection[str] = ()) -> list[str]:
    """Return the issue identifiers (`ENG-12`) in title, body and branch, each once.

    With `teams` any spelling counts (`ada/eng-12-retries`); without, only capitals do, because
    nobody can tell `eng-12` from `python-3`.
    """
    text = f"{pull.title}\n{pull.head_ref}\n{(pull.body or '')[:_LONGEST_BODY]}"
    if teams:
        known = {team.upper() for team in teams}
        found = [(t.upper(), n) for t, n in _ISSUE_ANY_CASE.findall(text) if t.upper() in known]
    else:
        found = [(t, n) for t, n in _ISSUE.findall(text) if t not in _NO_TEAMS]
    return list(dict.fromkeys(f"{team}-{number}" for team, number in found))


def plain(text: str) -> str:
    """Return foreign text for one line of Markdown: nothing formats, links or pings."""
    visible = "".join(" " if c.isspace() else c for c in text if _shown(c))
    short = " ".join(visible.split())
    if len(short) > _LONGEST_TITLE:
        short = short[: _LONGEST_TITLE - 1] + "…"
    # GitHub looks for mentions and addresses after Markdown is rendered, so no escape helps; a
    # zero-width space behind the sign does.
    quiet = short.replace("@", "@\u200b").replace("://", ":\u200b//").replace("www.", "www\u200b.")
    return _SPECIAL.sub(r"\\\1", quiet)


def _shown(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co"}


def _section(pull: Noted) -> str:
    title = title_of(pull.title)
    words = [label_words(label) for label in pull.labels]
    if is_breaking(pull):
        return "Breaking changes"
    if title.scope.lower() in {"deps", "deps-dev", "dependencies"} or "dependencies" in words:
        return "Dependencies"
    if title.kind in _KINDS:
        return _KINDS[title.kind]
    return next((_LABELS[word] for word in words if word in _LABELS), "Other changes")


def _line(pull: Noted, issues: Mapping[str, str], teams: Collection[str]) -> str:
    about, words = said_of(pull)
    text = plain(words) or "Untitled"
    scope = f"**{plain(about)}:** " if about else ""
    linked = [_linked(key, issues.get(key, "")) for key in issues_of(pull, teams)]
    tail = f" \u2013 {', '.join(linked[:5])}" if linked else ""
    short = f"#{pull.number}" if pull.number else pull.url.rpartition("/")[2][:SHORT_SHA]
    number = _linked(short, pull.url)
    return f"- {scope}{text} ({number}) by {plain(pull.author)}{tail}\n"


def _linked(label: str, url: str) -> str:
    return f"[{label}]({_address(url)})" if url else label


def _address(url: str) -> str:
    return url.replace(" ", "%20").replace("(", "%28").replace(")", "%29").replace("\n", "")


def _newcomers(pulls: Sequence[Noted], newcomers: Collection[str]) -> str:
    firsts: dict[str, Noted] = {}
    for pull in sorted(pulls, key=lambda p: p.number):
        if pull.author in newcomers:
            firsts.setdefault(pull.author, pull)
    if not firsts:
        return ""
    lines = [
        f"- {plain(author)} in {_linked(f'#{pull.number}', pull.url)}\n"
        for author, pull in list(firsts.items())[:100]
    ]
    return "\n### First contributions\n\n" + "".join(lines)
