"""Words that stand in two places: carried without pings, and each comment mirrored once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Literal, TypeAlias

import msgspec

from flows.analysis.notes import plain
from integrations.github import Comment as GitHubComment
from integrations.github.issues import mark_of
from integrations.linear import Comment as LinearComment
from integrations.linear.ids import id_of

Where: TypeAlias = Literal["github", "linear"]
Act: TypeAlias = Literal["say", "edit", "unsay"]

LONGEST = 60_000  # characters; GitHub takes 65,536
HIDDEN = "\u200b"
CUT = "\n\n… it goes on where it was written."
_MARK = re.compile(r"<!-- flowbot:[0-9a-f]{24,32} -->")
_OURS = re.compile(r"<!-- flowbot:[0-9a-f]{24,32} -->\s*\Z")
_CODE = re.compile(r"(^```.*?^```[^\n]*$|`[^`\n]+`)", re.DOTALL | re.MULTILINE)
# GitHub pings by @name, Linear by the address of somebody's profile.
_PING = re.compile(r"(?<![\w@])@(?=[A-Za-z0-9])|(?<=/profiles/)(?=\w)")
_HEAD = re.compile(r"\A\[[^\]\n]* on GitHub\]\(\S+#issuecomment-(\d+)\)")


class Echo(msgspec.Struct, frozen=True):
    """What is to be done with the mirror of a comment: on which side, and under which name.

    `source` is the comment that is mirrored, `id` the mirror's own in Linear, or the key of its
    mark on GitHub. `before` is what the mirror says so far.
    """

    on: Where
    act: Act
    source: str
    id: str
    body: str = ""
    before: str = ""
    at: datetime | None = None


class Echoes(msgspec.Struct, frozen=True):
    """What is to be done with the mirrors of an issue, and what is remembered afterwards."""

    acts: tuple[Echo, ...] = ()
    kept: Mapping[str, str] = {}


def digest(value: object) -> str:
    """Return what tells two values apart, in few letters."""
    return sha256(str(value).encode()).hexdigest()[:16]


def clean(text: str) -> str:
    """Return a text as both sides have it: without marks and what keeps it from pinging."""
    return _MARK.sub("", text.replace("\r\n", "\n").replace(HIDDEN, "")).strip()


def quieted(text: str) -> str:
    """Return a text that pings nobody on either side; what is code stays as it is.

    A person or a team is mentioned by `@name` on GitHub, and in Linear by the address of a profile:
    a sign that nobody sees comes in between, and `clean` takes it out again.
    """
    parts = _CODE.split(clean(text))
    return "".join(
        part if number % 2 else _PING.sub(lambda found: f"{found[0]}{HIDDEN}", part)
        for number, part in enumerate(parts)
    )


def marks_in(text: str) -> str:
    """Return the marks that a text bears, to be put below another one."""
    return "".join(f"\n\n{mark}" for mark in _MARK.findall(text))


def fitted(text: str) -> str:
    """Return a text that both sides take."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()}{CUT}"


def echoes_of(
    repo: str,
    on_github: Sequence[GitHubComment],
    in_linear: Sequence[LinearComment],
    before: Mapping[str, str],
) -> Echoes:
    """Return what lets every comment have one mirror that says the same.

    A mirror follows its comment: it is made once, edited when the comment is, and taken away with
    it. One that somebody deleted stays deleted. What we carried is known without any memory: in
    Linear by an id that is computed from the comment's, on GitHub by a mark. Only what we
    remember to have carried, or what bears such an id, is ever taken away.
    """
    mirrors = {each.id: each for each in in_linear}
    marked = {mark: each for each in on_github for mark in _MARK.findall(each.body)[-1:]}
    ids = {_mirror_id(repo, each.id) for each in on_github}
    acts: list[Echo] = []
    kept: dict[str, str] = {}
    for said in on_github:
        if _OURS.search(said.body):
            continue
        mirror = mirrors.get(_mirror_id(repo, said.id))
        text = fitted(f"[{said.author} on GitHub]({said.url}):\n\n{quieted(said.body)}")
        there = mirror.body if mirror else None
        echo = Echo("linear", "say", f"{said.id}", _mirror_id(repo, said.id), text)
        kept[echo.source] = digest(said.body)
        acts += _followed(echo, there, kept, before, said.created_at)
    for heard in in_linear:
        if heard.id in ids or _mirrored(repo, heard):
            continue
        key = f"linear-comment:{heard.id}"
        found = marked.get(mark_of(key))
        who = plain(heard.author) or "Somebody"
        text = fitted(f"**{who}** [in Linear]({heard.url}):\n\n{quieted(heard.body)}")
        there = _MARK.sub("", found.body).rstrip() if found else None
        echo = Echo("github", "say", heard.id, key, text)
        kept[heard.id] = digest(heard.body)
        acts += _followed(echo, there, kept, before, None)
    lost = {each.id: each for each in in_linear if each.id not in ids}
    acts += _orphans(repo, before.keys() - kept.keys(), lost, marked)
    return Echoes(tuple(acts), kept)


def _followed(
    echo: Echo,
    there: str | None,
    kept: Mapping[str, str],
    before: Mapping[str, str],
    at: datetime | None,
) -> Iterator[Echo]:
    """Yield what brings a mirror to where its comment is."""
    known = before.get(echo.source)
    if there is None:
        if known is None:
            yield msgspec.structs.replace(echo, at=at)
    elif known != kept[echo.source] and clean(there) != clean(echo.body):
        yield msgspec.structs.replace(echo, act="edit", before=there)


def _orphans(
    repo: str,
    gone: set[str],
    lost: Mapping[str, LinearComment],
    marked: Mapping[str, GitHubComment],
) -> Iterator[Echo]:
    """Yield mirrors whose comment is gone."""
    known = {_mirror_id(repo, int(said)): said for said in gone if said.isdecimal()}
    for each in lost.values():
        if said := known.get(each.id) or _mirrored(repo, each):
            yield Echo("linear", "unsay", said, each.id, before=each.body)
    for said in sorted(gone):
        key = f"linear-comment:{said}"
        if mark_of(key) in marked:
            yield Echo("github", "unsay", said, key, before=marked[mark_of(key)].body)


def _mirrored(repo: str, said: LinearComment) -> str:
    """Return the comment that one in Linear mirrors; anybody can copy a head, but not its id."""
    found = _HEAD.match(said.body)
    return found[1] if found and said.id == _mirror_id(repo, int(found[1])) else ""


def _mirror_id(repo: str, comment: int) -> str:
    return id_of("comment", f"sync:{repo}", f"{comment}")
