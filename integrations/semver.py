"""Semantic versions in whatever style a tag or a registry spells them."""

import re
from dataclasses import dataclass

_NUMBER = r"(0|[1-9]\d{0,8})"
_VERSION = re.compile(
    rf"(?P<prefix>(?:.*?[^\d.])??){_NUMBER}\.{_NUMBER}(?:\.{_NUMBER})?"
    r"(?:(?P<dash>[-.]?)(?P<pre>(?:(?<=-)\d|[A-Za-z])[0-9A-Za-z-]*(?:\.[0-9A-Za-z-]+)*))?"
    r"(?:\+(?P<build>[0-9A-Za-z.-]+))?"
)
_LONGEST_TAG = 200
_BRANCH = re.compile(r"(?:.*[.-])?[xX]")  # 1.2.x names all patches of 1.2
_TRAILING_NUMBER = re.compile(r"(?P<label>.*?)(?P<number>\d{0,9})")


@dataclass(frozen=True, slots=True)
class Version:
    """A version as its tag spells it: `v1.2.3-rc.1`, `lib/v1.2.3`, `release-2.0`."""

    major: int
    minor: int
    patch: int = 0
    pre: str = ""
    build: str = ""
    prefix: str = "v"
    dash: str = "-"
    short: bool = False

    def __str__(self) -> str:
        patch = "" if self.short and not self.patch else f".{self.patch}"
        pre = f"{self.dash}{self.pre}" if self.pre else ""
        build = f"+{self.build}" if self.build else ""
        return f"{self.prefix}{self.major}.{self.minor}{patch}{pre}{build}"

    @property
    def family(self) -> str:
        """The prefix without its v: tags of one family are versions of one thing."""
        return re.sub(r"(?<![A-Za-z])[vV]$", "", self.prefix)

    @property
    def precedence(self) -> tuple[object, ...]:
        """A key that sorts by item 11 of https://semver.org/spec/v2.0.0.html, with one exception.

        Identifiers with letters sort as text there; here the number at their end is one, so that
        `rc10` comes after `rc9` as people mean it. What follows a + does not count.
        """
        parts = tuple(_part(part) for part in self.pre.split(".")) if self.pre else ()
        return (self.major, self.minor, self.patch, not self.pre, parts)


def version_from(tag: str) -> Version | None:
    """Return the version that `tag` names, or None for tags such as `nightly` or `deploy-3`."""
    found = _VERSION.fullmatch(tag) if len(tag) <= _LONGEST_TAG else None
    if not found:
        return None
    _, major, minor, patch, dash, pre, build = found.groups()
    if pre and _BRANCH.fullmatch(pre):
        return None
    return Version(
        major=int(major),
        minor=int(minor),
        patch=int(patch or 0),
        pre=pre or "",
        build=build or "",
        prefix=found["prefix"],
        dash=dash if pre else "-",
        short=patch is None,
    )


def _part(part: str) -> tuple[int, str, int]:
    if part.isdigit():
        return (0, "", int(part))
    found = _TRAILING_NUMBER.fullmatch(part)
    label, number = (found["label"], found["number"]) if found else (part, "")
    return (1, label, int(number) if number else -1)
