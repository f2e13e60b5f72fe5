"""Releases that were published."""

from collections.abc import Iterator

from bot.chat import Posting
from bot.followed.things import Seen, dotted, known, unmarked
from bot.subscriptions.filters import Facts
from bot.wording import fit
from flows.report import Line, Link, Person
from integrations.github import Release

MOST_NOTES, LONGEST_NOTE = 5, 120


def seen(repo: str, state: Release) -> Seen:
    """Return a release as it stands."""
    facts = facts_of(repo, state)
    return Seen(("releases",), facts, card(repo, state), {"facts": facts}, ended=True)


def facts_of(repo: str, state: Release) -> Facts:
    """Return what filters know of a release."""
    return known(
        repo=repo,
        author=state.author,
        title=(state.name, state.tag),
        state="prerelease" if state.prerelease else "published",
    )


def card(repo: str, state: Release) -> Posting:
    """Return the card of a release."""
    name = f" {state.name}" if state.name not in ("", state.tag) else ""
    about = dotted(
        ("by ", Person(state.author)) if state.author else (),
        ("a first look, not for everybody yet",) if state.prerelease else (),
    )
    title = (Link(f"{repo} {state.tag} is out{name and f':{name}'}", state.url),)
    return Posting(title, "good", tuple(filter(None, (about, *_notes(state.body)))))


def _notes(body: str) -> Iterator[Line]:
    """Yield the first lines of the notes; headings say little without what is below them."""
    lines = [line.strip() for line in body.splitlines()]
    told = [unmarked(line.lstrip("*-+ ")) for line in lines if line and not line.startswith("#")]
    for each in told[:MOST_NOTES]:
        yield (f"• {fit(each, LONGEST_NOTE)}",)
    if more := len(told[MOST_NOTES:]):
        yield (f"… {more} more",)
