"""Which version comes next, in a repository's own tag style."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol, TypeAlias

from integrations.semver import Version, version_from

Level: TypeAlias = Literal["major", "minor", "patch"]

_PRE_LABEL = re.compile(r"(?=.*[A-Za-z])[0-9A-Za-z]{1,20}")
_TITLE = re.compile(r"\s*(?P<kind>[A-Za-z]+)(?:\((?P<scope>[^()]*)\))?(?P<bang>!)?:\s+(?P<text>.+)")
_BREAKING_FOOTER = re.compile(r"^BREAKING[ -]CHANGE\s*:", re.MULTILINE)
_BREAKING_LABELS = {"breaking", "breaking change", "breaking changes"}
_FEATURE_LABELS = {"feat", "feature", "enhancement", "new feature"}
_LEVEL_LABEL = re.compile(r"(?:semver|release|version|bump)[:/ -]+(major|minor|patch)")
_RANKS: dict[Level, int] = {"patch": 0, "minor": 1, "major": 2}


class Merged(Protocol):
    """What a merged pull request tells about the size of its change."""

    @property
    def number(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def body(self) -> str | None: ...
    @property
    def labels(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Bump:
    """The next version, how big the step is, and which pull request decided it (None: nobody)."""

    tag: str
    level: Level
    decided_by: int | None
    because: str


@dataclass(frozen=True, slots=True)
class Title:
    """A title taken apart by conventionalcommits.org; `kind` is empty where it does not follow."""

    kind: str
    scope: str
    breaking: bool
    text: str


def latest_version(
    tags: Iterable[str], *, family: str | None = None, stable: bool = False
) -> Version | None:
    """Return the highest version among `tags`.

    Without `family` plain tags (`1.2.3`, `v1.2.3`) win over prefixed ones, and then the prefix
    with most tags. With `stable`, pre-releases do not count.
    """
    versions = [v for v in map(version_from, tags) if v and not (stable and v.pre)]
    if family is None:
        sizes = Counter(v.family for v in versions)
        family = "" if "" in sizes else max(sorted(sizes), key=lambda f: sizes[f], default="")
    # The tag itself breaks ties (1.2 and v1.2.0), so that the order of tags does not matter.
    return max(
        (v for v in versions if v.family == family),
        key=lambda v: (v.precedence, str(v)),
        default=None,
    )


def title_of(text: str) -> Title:
    """Return the parts of a conventional title (`feat(api)!: Add retries`)."""
    found = _TITLE.fullmatch(text.strip())
    if not found:
        return Title("", "", breaking=False, text=text.strip())
    return Title(
        found["kind"].lower(), found["scope"] or "", bool(found["bang"]), found["text"].strip()
    )


def is_breaking(pull: Merged) -> bool:
    """Return whether title, body or labels call the change breaking."""
    return (
        title_of(pull.title).breaking
        or bool(_BREAKING_FOOTER.search(pull.body or ""))
        or any(label_words(label) in _BREAKING_LABELS for label in pull.labels)
        or _asked_level(pull) == "major"
    )


def label_words(label: str) -> str:
    """Return what a label says without its group: `kind/Feature` and `type: feature` -> feature."""
    return re.split(r"[:/]", label.lower().replace("-", " ").replace("_", " "))[-1].strip()


def level_of(pull: Merged) -> Level:
    """Return how far this change raises a version from 1.0.0 on."""
    if is_breaking(pull):
        return "major"
    if (
        title_of(pull.title).kind in {"feat", "feature"}
        or any(label_words(label) in _FEATURE_LABELS for label in pull.labels)
        or _asked_level(pull) == "minor"
    ):
        return "minor"
    return "patch"


def next_version(
    last: str | None,
    pulls: Sequence[Merged],
    *,
    level: Level | None = None,
    pre: str = "",
) -> Bump:
    """Return the version after the tag `last` that `pulls` call for, in the same tag style.

    `level` overrules the pull requests. `pre="rc"` gives rc.1, then rc.2; without `pre` a
    pre-release is promoted. Below 1.0.0 a breaking change raises the minor number. No `last`
    gives v0.1.0. Raises ValueError with a sentence for people.
    """
    if pre and not _PRE_LABEL.fullmatch(pre):
        raise ValueError(f"{pre[:20]} is no pre-release label: write alpha, beta or rc")
    if last is None:
        tag = Version(0, 1, pre=f"{pre}.1" if pre else "")
        return Bump(str(tag), "minor", None, "there is no version yet")
    version = version_from(last)
    if not version:
        raise ValueError(f"{last[:60]} is no semantic version: tag one such as v1.2.3")
    if level is None:
        bump = _decided(version, pulls)
    else:
        bump = Bump("", level, None, f"{level} was asked for")
    return replace(bump, tag=str(_raised(version, bump.level, pre)))


def _decided(last: Version, pulls: Sequence[Merged]) -> Bump:
    biggest = max(pulls, key=lambda p: _RANKS[level_of(p)], default=None)
    level = level_of(biggest) if biggest else "patch"
    if biggest is None or level == "patch":
        return Bump("", "patch", None, "no feature and no breaking change was merged")
    if level == "minor":
        return Bump("", "minor", biggest.number, f"#{biggest.number} is a feature")
    if last.major == 0:
        because = f"#{biggest.number} is breaking, which below 1.0.0 raises the minor number"
        return Bump("", "minor", biggest.number, because)
    return Bump("", "major", biggest.number, f"#{biggest.number} is a breaking change")


def _raised(last: Version, level: Level, pre: str) -> Version:
    base = replace(last, pre="", build="")
    if not last.pre or _RANKS[level] > _RANKS[_reached(last)]:
        base = _stepped(base, level)
        return replace(base, pre=_first(pre, last), dash=last.dash) if pre else base
    if not pre:
        return base
    # The same pre-release goes on counting; another label starts over and must come later.
    found = re.fullmatch(r"([A-Za-z][0-9A-Za-z]*?)([.-]?)(\d{1,8})", last.pre)
    if found and found[1] == pre:
        return replace(base, pre=f"{pre}{found[2]}{int(found[3]) + 1}")
    following = replace(base, pre=_first(pre, last))
    if following.precedence <= last.precedence:
        raise ValueError(
            f"{following} would come before {last}: choose a later label or promote it"
        )
    return following


def _first(pre: str, last: Version) -> str:
    # 1.2.3rc1 is written without dash and dot; everything else follows semver.org.
    return f"{pre}1" if last.pre and not last.dash else f"{pre}.1"


def _reached(version: Version) -> Level:
    if version.patch:
        return "patch"
    return "minor" if version.minor else "major"


def _stepped(version: Version, level: Level) -> Version:
    match level:
        case "major":
            return replace(version, major=version.major + 1, minor=0, patch=0)
        case "minor":
            return replace(version, minor=version.minor + 1, patch=0)
        case "patch":
            return replace(version, patch=version.patch + 1)


def _asked_level(pull: Merged) -> str:
    found = (_LEVEL_LABEL.fullmatch(label.lower().strip()) for label in pull.labels)
    return max((f[1] for f in found if f), key=("patch", "minor", "major").index, default="")
