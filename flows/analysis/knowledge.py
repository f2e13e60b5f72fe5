"""What a team has written down: its pages, which of them are old, and how an answer is kept."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from flows.analysis.notes import plain
from flows.analysis.passages import (
    Found,
    Passage,
    best,
    is_page,
    kind_of,
    nowhere,
    passages_of,
    shown,
)
from flows.analysis.words import counted
from flows.engine.talk import Said
from flows.report import Block, Code, Inline, Link, Report, Snippet, bullets, facts, text
from integrations.git import Workspaces
from integrations.github import Pull

FOLDER = "docs/answers"
OLD = timedelta(days=365)
MOST_STALE = 20
SHORT = 100
_WORD = re.compile(r"[a-z0-9]+")


class Page(msgspec.Struct, frozen=True):
    """A page, and when it was last touched: None is longer ago than was looked."""

    path: str
    touched: datetime | None = None


async def search(
    git: Workspaces, repo: str, sha: str, url: str, question: str, pulls: Sequence[Pull]
) -> Found:
    """Return what pages and merged pull requests say about a question."""
    every: list[Passage] = []
    async with git.checkout(repo, sha, history="none") as tree:
        paths = [each.path for each in tree.files if is_page(each.path) and each.here]
        for path in paths:
            content = await tree.text(path)
            every += passages_of(path, content or "", f"{url}/blob/{sha}/{path}")
    for pull in pulls:
        source = f"#{pull.number}"
        every += [Passage(source, pull.title, pull.body, url=pull.url)] if pull.body else []
    found = tuple(best(question, every))
    return Found(found, len(paths), len(every), nowhere(question, every))


async def pages_of(git: Workspaces, repo: str, sha: str, now: datetime) -> list[Page]:
    """Return the pages of a repository, those that nobody has touched for longest first."""
    async with git.checkout(repo, sha, history=now - OLD) as tree:
        history = await tree.history(now - OLD)
        paths = [each.path for each in tree.files if is_page(each.path)]
    touched: dict[str, datetime] = {}
    for change in history:  # newest first
        for path in change.paths:
            touched.setdefault(path, change.at)
    pages = [Page(path, touched.get(path)) for path in paths]
    return sorted(pages, key=lambda each: (each.touched or now - 2 * OLD, each.path))


def answer(question: str, found: Found) -> Report:
    """Return the passages that answer a question, with their links."""
    asked = title_from(question, [])
    looked = f"{counted(found.pages, 'page')}, {counted(found.searched, 'passage')} searched"
    if not found.passages:
        said = f"Nothing is written down about that ({looked})."
        hint = text("Ask people, and keep what they say: run ", Code("kb … save=yes"), " there.")
        return Report(f"“{asked}”", said, "warn", (hint,))
    blocks: list[Block] = []
    for each in found.passages:
        name = f"{each.source}: {each.heading}" if each.heading else each.source
        where: Inline = Link(name, each.url) if each.url else name
        blocks.append(text(where, f" ({kind_of(each.source)}): {shown(each.text)}"))
    first = found.passages[0]
    said = f"{first.source} is the closest of {counted(len(found.passages), 'passage')} ({looked})."
    if not found.nowhere:
        return Report(f"“{asked}”", said, "good", tuple(blocks))
    said = f"Nothing says {', '.join(found.nowhere)}. {said}"
    return Report(f"“{asked}”", said, "warn", tuple(blocks))


def stale(pages: Sequence[Page], now: datetime, url: str) -> Report:
    """Return the pages that nobody has touched for a year."""
    old = [each for each in pages if each.touched is None]
    said = f"{len(old)} of {counted(len(pages), 'page')} untouched since {now - OLD:%d %b %Y}."
    if not old:
        return Report("Stale pages", said, "good")
    rows: list[Inline] = [
        Link(each.path, f"{url}/blob/HEAD/{each.path}") for each in old[:MOST_STALE]
    ]
    more = [f"… {len(old) - MOST_STALE} more"] if len(old) > MOST_STALE else []
    listed = bullets([*rows, *more], "Read them again, or delete them")
    return Report("Stale pages", said, "warn", (listed,), {"stale": len(old)})


def title_from(question: str, said: Sequence[Said]) -> str:
    """Return what a page is called: the question, or the first line of what was said."""
    words = question or next((each.text for each in said if each.text.strip()), "")
    line = " ".join(words.strip().split("\n")[0].split())
    return line if len(line) <= SHORT else f"{line[: SHORT - 1].rstrip()}…"


def path_of(title: str) -> str:
    """Return where the page of a title is kept; one that has no letters has no path."""
    slug = "-".join(_WORD.findall(title.lower())[:8])
    return f"{FOLDER}/{slug}.md" if slug else ""


def branch_of(path: str) -> str:
    """Return the branch on which the page of a path is proposed."""
    return f"flowbot/{path.rpartition('/')[2].removesuffix('.md')}"


def draft(title: str, path: str, page: str) -> Report:
    """Return the page as it is shown before it is proposed."""
    return Report(title, f"To be kept as {path}.", blocks=(Snippet(page),))


def kept(title: str, path: str, pull: Pull) -> Report:
    """Return where the page is, and what people still have to merge."""
    rows = facts(page=path, still_to_merge=Link(f"#{pull.number} {pull.title}", pull.url))
    return Report(f"“{title}” is kept", "It can be found once it is merged.", "good", (rows,))


def page_from(title: str, said: Sequence[Said], link: str, kept_by: str, now: datetime) -> str:
    """Return a thread as a page in Markdown: nothing that people wrote formats, links or pings."""
    parts = [f"# {plain(title)}"]
    for each in said:
        lines = "\n".join(f"> {plain(line)}".rstrip() for line in each.text.splitlines())
        parts.append(f"**{plain(each.author)}**, {each.at:%Y-%m-%d}:\n\n{lines}")
    source = next((each.link for each in said if each.link), link)
    where = f"[the thread]({source})" if source.startswith("https://") else "a thread"
    parts.append(f"Kept from {where} on {now:%Y-%m-%d} by {plain(kept_by)}.")
    return "\n\n".join(parts) + "\n"
