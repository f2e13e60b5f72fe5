"""Which version comes next, in a repository's own tag style."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol, TypeAlias

from flows.engine.errors import FlowError
from integrations.semver import Version, version_from

Level: TypeAlias = Literal["major", "minor", "patch"]

LONGEST_NAME = 60
_PRE_LABEL = re.compile(r"(?=.*[A-Za-z])[0-9A-Za-z]{1,20}")
_TITLE = re.compile(r"\s*(?P<kind>[A-Za-z]+)(?:\((?P<scope>[^()]*)\))?(?P<bang>!)?:\s+(?P<text>.+)")
_BREAKING_FOOTER = re.compile(r"^BREAKING[ -]CHANGE\s*:", re.MULTILINE)
_BREAKING_LABELS = {"breaking", "breaking change", "breaking changes"}
_FEATURE_LABELS = {"feat", "feature", "enhancement", "new feature"}
_SMALL_LABELS = {"bug", "fix", "documentation", "docs", "dependencies", "chore", "maintenance"}
_KINDS = {"feat", "feature", "fix", "bugfix", "hotfix", "revert", "security", "perf", "docs", "doc"}
_KINDS |= {"build", "chore", "ci", "refactor", "style", "test", "tests", "deps"}
_LEVEL_LABEL = re.compile(r"(?:semver|release|version|bump)[:/ -]+(major|minor|patch)")
_RANKS: dict[Level, int] = {"patch": 0, "minor": 1, "major": 2}
_COUNTED = re.compile(r"([A-Za-z][0-9A-Za-z]*?)([.-]?)(\d{1,8})")
_SHORT = {"alpha": "a", "beta": "b"}  # what PEP 440 calls them, whose versions have no dash
_LEFT_OUT = {"skip changelog", "skip release notes", "ignore for release", "no release"}


class Merged(Protocol):
    """What a merged pull request tells about the size of its change; number 0 is a bare commit."""

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
    """The next version, how big the step is, and which pull request decided it (None: nobody).

    It is doubtful where changes do not say what they are, and none makes the step a bigger one.
    """

    tag: str
    level: Level
    decided_by: int | None
    because: str
    is_doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Title:
    """A title taken apart by conventionalcommits.org; `kind` is empty where it does not follow."""

    kind: str
    scope: str
    breaking: bool
    text: str


def is_left_out(pull: Merged) -> bool:
    """Return whether a label says that a change is nothing for the notes or the number."""
    words = (label.lower().replace("-", " ").replace("_", " ") for label in pull.labels)
    return any(each.strip() in _LEFT_OUT for each in words)


def is_marked(pull: Merged) -> bool:
    """Return whether title, body or labels say how big a change is, or of which kind."""
    words = set(map(label_words, pull.labels))
    return bool(
        title_of(pull.title).kind in _KINDS
        or is_breaking(pull)
        or _asked_level(pull)
        or words & (_FEATURE_LABELS | _SMALL_LABELS)
    )


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


def why_of(pull: Merged) -> str:
    """Return what about a change decides how far it raises a version, after `because`."""
    title, level, asked = title_of(pull.title), level_of(pull), _asked_level(pull)
    if level == "major" and title.breaking:
        return "its title has a !"
    if level == "major" and _BREAKING_FOOTER.search(pull.body or ""):
        return "its text says BREAKING CHANGE"
    wanted = {"major": _BREAKING_LABELS, "minor": _FEATURE_LABELS, "patch": _SMALL_LABELS}[level]
    if title.kind in ({"feat", "feature"} if level == "minor" else _KINDS) and level != "major":
        return f"its title begins with {title.kind}"
    named = (each for each in pull.labels if label_words(each) in wanted)
    label = next(named, "") or next((each for each in pull.labels if asked and asked in each), "")
    if label:
        return f"it has the label {label}"
    return "neither its title nor a label says what kind of change it is"


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
    like: str = "",
) -> Bump:
    """Return the version after the tag `last` that `pulls` call for, in the same tag style.

    `level` overrules the pull requests. `pre="rc"` gives rc.1, then rc.2, spelled as the earlier
    pre-release `like`; without `pre` a pre-release is promoted. Below 1.0.0 a breaking change
    raises the minor number. No `last` gives v0.1.0. Raises FlowError.
    """
    if pre and not _PRE_LABEL.fullmatch(pre):
        raise FlowError(f"{pre[:20]} is no pre-release label: write alpha, beta or rc")
    if last is None:
        tag = Version(0, 1, pre=f"{pre}.1" if pre else "")
        return Bump(str(tag), "minor", None, "there is no version yet")
    version = version_from(last)
    if not version:
        raise FlowError(f"{last[:60]} is no semantic version: tag one such as v1.2.3")
    if level is None:
        bump = _decided(version, pulls)
    else:
        bump = Bump("", level, None, f"{level} was asked for")
    earlier = version_from(like) if like else None
    return replace(bump, tag=str(_raised(version, bump.level, pre, earlier)))


def name_of(change: Merged) -> str:
    """Return what people call a change: its number, or its title where it is a bare commit."""
    return f"#{change.number}" if change.number else f"“{change.title[:LONGEST_NAME]}”"


def first_of(version: Version, pre: str, like: str) -> str:
    """Return the first pre-release of a version, spelled as the earlier one `like`."""
    return str(_first(version, pre, version_from(like) if like else None))


def step_of(last: Version, new: Version) -> Level:
    """Return which part of the number is raised from one version to a later one."""
    if new.major != last.major:
        return "major"
    return "minor" if new.minor != last.minor else "patch"


def _decided(last: Version, pulls: Sequence[Merged]) -> Bump:
    counting = [each for each in pulls if not is_left_out(each)]
    biggest = max(counting, key=lambda p: _RANKS[level_of(p)], default=None)
    level = level_of(biggest) if biggest else "patch"
    if biggest is None or level == "patch":
        silent = sum(not is_marked(each) for each in counting)
        return Bump("", "patch", None, _modest(silent, len(counting)), is_doubtful=silent > 0)
    if level == "minor":
        return Bump("", "minor", biggest.number, f"{name_of(biggest)} is a feature")
    if last.major == 0:
        because = f"{name_of(biggest)} is breaking, which below 1.0.0 raises the minor number"
        return Bump("", "minor", biggest.number, because)
    return Bump("", "major", biggest.number, f"{name_of(biggest)} is a breaking change")


def _modest(silent: int, count: int) -> str:
    """Say why it is a patch, and how far that can be trusted."""
    if not silent:
        return "no feature and no breaking change was merged"
    of = f"{silent} of {count}"
    return f"nothing is marked as a feature or as breaking, and {of} say nothing of their kind"


def _raised(last: Version, level: Level, pre: str, like: Version | None) -> Version:
    base = replace(last, pre="", build="")
    style = last if last.pre else like
    if not last.pre or _RANKS[level] > _RANKS[_reached(last)]:
        base = _stepped(base, level)
        return _first(base, pre, style) if pre else base
    if not pre:
        return base
    # The same pre-release goes on counting; another label starts over and must come later.
    found = _COUNTED.fullmatch(last.pre)
    if found and found[1] in {pre, _SHORT.get(pre)}:
        return replace(base, pre=f"{found[1]}{found[2]}{int(found[3]) + 1}")
    following = _first(base, pre, style)
    if following.precedence <= last.precedence:
        raise FlowError(f"{following} would come before {last}: choose a later label or promote it")
    return following


def _first(base: Version, pre: str, like: Version | None) -> Version:
    """Return the first pre-release of a version: 1.3.0-rc.1, or 1.3.0rc1 as is the habit."""
    found = _COUNTED.fullmatch(like.pre) if like else None
    if like is None or (like.dash == "." and found and found[1] not in {*_SHORT, "rc"}):
        return replace(base, pre=f"{pre}.1", dash="-")  # what is like 1.3.0.dev1 sets no style
    is_long = like.dash or (found and found[1] in _SHORT)
    label = pre if is_long else _SHORT.get(pre, pre)
    between = found[2] if found else "." * bool(like.dash)
    return replace(base, pre=f"{label}{between}1", dash=like.dash)


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
