"""What people of a demo do on GitHub: words of the prompt, acted out there; hooks tell the bot."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from bot.words import quoted, split
from flows.analysis.versions import latest_version
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.calls import Problem
from integrations.emulators.github.people import Person

FILE = "notes.md"  # what pushes and pull requests change
ENVIRONMENT = "production"


class Deed(NamedTuple):
    """Something to do: how it is typed, and what does it in a repository with these words."""

    use: str
    do: Callable[[Person, str, list[str]], Awaitable[str]]


class _Lacking(Exception):
    """A word is missing, or names nothing."""


async def done(world: GitHubWorld, login: str, typed: str) -> str:
    """Do on GitHub as somebody what was typed; return what came of it, in a line."""
    name, *words = split(typed) or [""]
    if not name:
        return _overview(world)
    deed = DEEDS.get(name)
    if deed is None:
        return usage(world)
    repo = next(iter(world.repositories.values())).full_name
    if words and world.found(words[0]):
        repo, *words = words
    try:
        return f"{repo}{await deed.do(world.person(login), repo, words)}"
    except _Lacking as lacking:
        return f"{lacking} Type: github {name} {deed.use}".rstrip()
    except Problem as problem:
        return f"GitHub says: {problem.message}."


def usage(world: GitHubWorld) -> str:
    """Return everything that can be done."""
    repos = ", ".join(repo.full_name for repo in world.repositories.values())
    deeds = "\n".join(f"  github {name} {deed.use}".rstrip() for name, deed in DEEDS.items())
    return (
        f"Repositories are {repos}: the first one is meant if none is named, as in\n"
        f"  github merge acme/api 12\nWhat you can do there:\n{deeds}\n"
        "  github                      what is there by now"
    )


def _overview(world: GitHubWorld) -> str:
    lines = []
    for repo in world.repositories.values():
        tags = list(world.tags(repo.full_name))
        newest = latest_version(tags) or "none"
        count = f"{len(tags)} tag{'' if len(tags) == 1 else 's'}"
        lines.append(f"{repo.full_name}: {count}, the newest version is {newest}")
        lines += [
            f"  #{pull.number} {pull.title}, by {pull.author}"
            for pull in repo.pulls.values()
            if pull.state == "open"
        ]
    return "\n".join([*lines, "`github help` says what you can do there."])


def _text(words: list[str], default: str = "") -> str:
    text = " ".join(words) or default
    if not text:
        raise _Lacking("Say it in words.")
    return text


def _number(person: Person, repo: str, words: list[str]) -> int:
    """Return the number of an issue or pull request that the first word names."""
    number = words[0].lstrip("#") if words else ""
    if not number:
        raise _Lacking("Say which one.")
    found = person.world[repo]
    if not number.isdecimal() or not (int(number) in found.pulls or int(number) in found.issues):
        raise _Lacking(f"{repo} has no {quoted(words[0])}.")
    return int(number)


def _pull(person: Person, repo: str, words: list[str]) -> int:
    number = _number(person, repo, words)
    if number not in person.world[repo].pulls:
        raise _Lacking(f"#{number} is no pull request.")
    return number


async def _open_pr(person: Person, repo: str, words: list[str]) -> str:
    title = _text(words)
    number = await person.opens_pull(repo, title, {FILE: f"{title}\n"})
    return f"#{number} is open."


async def _open_issue(person: Person, repo: str, words: list[str]) -> str:
    return f"#{await person.opens_issue(repo, _text(words))} is open."


async def _push(person: Person, repo: str, words: list[str]) -> str:
    message = _text(words)
    sha = await person.pushes(repo, {FILE: f"{message}\n"}, message=message)
    return f" has the commit {sha[:7]} on its default branch."


async def _comment(person: Person, repo: str, words: list[str]) -> str:
    number = _number(person, repo, words)
    await person.comments(repo, number, _text(words[1:]))
    return f"#{number} has your comment."


async def _label(person: Person, repo: str, words: list[str]) -> str:
    number = _number(person, repo, words)
    label = _text(words[1:])
    await person.labels(repo, number, label)
    return f"#{number} has the label {label}."


async def _ask(person: Person, repo: str, words: list[str]) -> str:
    number = _pull(person, repo, words)
    await person.asks(repo, number, _text(words[1:]))
    return f"#{number} asks {words[1]} for a review."


async def _approve(person: Person, repo: str, words: list[str]) -> str:
    number = _pull(person, repo, words)
    await person.approves(repo, number)
    return f"#{number} is approved."


async def _merge(person: Person, repo: str, words: list[str]) -> str:
    number = _pull(person, repo, words)
    await person.merges(repo, number)
    return f"#{number} is merged."


async def _close(person: Person, repo: str, words: list[str]) -> str:
    number = _number(person, repo, words)
    await person.closes(repo, number)
    return f"#{number} is closed."


async def _fail_ci(person: Person, repo: str, words: list[str]) -> str:
    return await _ran(person, repo, words, "test")


async def _pass_ci(person: Person, repo: str, words: list[str]) -> str:
    return await _ran(person, repo, words)


async def _ran(person: Person, repo: str, words: list[str], *failed: str) -> str:
    """Let CI run on a pull request, or on the default branch where none is named."""
    branch, where = "", " on its default branch"
    if words:
        number = _pull(person, repo, words)
        branch, where = person.world[repo].pulls[number].head_ref, f" on #{number}"
    await person.ends_ci(repo, await person.starts_ci(repo, branch), *failed)
    return f": CI {'failed' if failed else 'succeeded'}{where}."


async def _release(person: Person, repo: str, words: list[str]) -> str:
    tag = _text(words)
    await person.releases(repo, tag)
    return f" has the release {tag}."


async def _deploy(person: Person, repo: str, words: list[str]) -> str:
    environment = _text(words, ENVIRONMENT)
    await person.reports(repo, await person.deploys(repo, environment), "success")
    return f" is deployed to {environment}."


DEEDS: Mapping[str, Deed] = {
    "open-pr": Deed("TITLE", _open_pr),
    "open-issue": Deed("TITLE", _open_issue),
    "push": Deed("MESSAGE", _push),
    "comment": Deed("NUMBER TEXT", _comment),
    "label": Deed("NUMBER LABEL", _label),
    "ask-review": Deed("NUMBER LOGIN", _ask),
    "approve": Deed("NUMBER", _approve),
    "merge": Deed("NUMBER", _merge),
    "close": Deed("NUMBER", _close),
    "fail-ci": Deed("[NUMBER]", _fail_ci),
    "pass-ci": Deed("[NUMBER]", _pass_ci),
    "release": Deed("TAG", _release),
    "deploy": Deed("[ENVIRONMENT]", _deploy),
}
