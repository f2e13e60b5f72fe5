"""Files as a repair writes them: formatted as CI wants, or as they were before a commit."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from flows.analysis.words import counted
from integrations.github import File, GitHubReader
from integrations.linting import formatted, is_style

MOST_FILES = 20
MOST_BYTES = 300_000
SETTINGS = (".ruff.toml", "ruff.toml", "pyproject.toml")  # in ruff's own order


class Repair(msgspec.Struct, frozen=True):
    """New contents of files, None for one that goes; `objection` says why there are none."""

    files: dict[str, str | None] = {}
    objection: str = ""


async def formatting(github: GitHubReader, repo: str, sha: str, paths: Sequence[str]) -> Repair:
    """Return these files as ruff formats them in the style that the repository has set.

    CI runs its own version of ruff: where ours would change nothing, it does not know better.
    """
    if objection := await _objection(github, repo, sha, paths):
        return Repair(objection=objection)
    style = await _style(github, repo, sha)
    files: dict[str, str | None] = {}
    for path in paths:
        found = await github.file(repo, path, sha)
        text = _text(found)
        if text is None:
            return Repair(objection=f"{path} is no text that can be read")
        new = await formatted(path, text, style)
        if new is None or new == text:
            return Repair(objection=f"the ruff that is here would not change {path}")
        files[path] = new
    return Repair(files)


async def reverting(github: GitHubReader, repo: str, green: str, red: str, tip: str) -> Repair:
    """Return the files that changed from green to red as they were, if nothing touched them since.

    `tip` is where the branch is now.
    """
    change = await github.comparison(repo, green, red)
    paths = {each.path for each in change.files} | {each.previous for each in change.files}
    paths.discard("")
    if not paths:
        return Repair(objection="it changed no file")
    if tip != red:
        since = await github.comparison(repo, red, tip)
        touched = {name for each in since.files for name in (each.path, each.previous)}
        if both := sorted(paths & touched):
            return Repair(objection=f"{both[0]} was changed again since")
    if objection := await _objection(github, repo, green, sorted(paths)):
        return Repair(objection=objection)
    files: dict[str, str | None] = {}
    for path in sorted(paths):
        found = await github.file(repo, path, green)
        files[path] = _text(found)
        if found and files[path] is None:
            return Repair(objection=f"{path} is no text that can be read")
    return Repair(files)


async def _objection(github: GitHubReader, repo: str, sha: str, paths: Sequence[str]) -> str:
    """Return why these files are too much, or too special, to be written by rule."""
    if len(paths) > MOST_FILES:
        return f"{counted(len(paths), 'file')} are more than the {MOST_FILES} that are safe"
    tree = await github.tree(repo, sha)
    if not tree.complete:
        return "the repository has more files than GitHub lists"
    wanted = frozenset(paths)
    for entry in (each for each in tree.entries if each.path in wanted):
        if entry.kind != "blob" or entry.executable:
            return f"{entry.path} is no plain file, and a commit by this bot makes it one"
        if entry.size > MOST_BYTES:
            return f"{entry.path} is too large"
    return ""


async def _style(github: GitHubReader, repo: str, sha: str) -> dict[str, str | int | bool]:
    """Return the style that a repository has set at its root."""
    for name in SETTINGS:
        text = _text(await github.file(repo, name, sha))
        if text is None:
            continue
        try:
            found: Any = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            continue
        if name == "pyproject.toml":
            found = found.get("tool", {}).get("ruff")
        if isinstance(found, dict):
            return dict(_plain(found))
    return {}


def _plain(found: Mapping[str, Any]) -> Iterable[tuple[str, str | int | bool]]:
    below = found.get("format")
    nested = below.items() if isinstance(below, dict) else ()
    every = [*found.items(), *((f"format.{name}", value) for name, value in nested)]
    return [(name, value) for name, value in every if is_style(name, value)]


def _text(found: File | None) -> str | None:
    if found is None or len(found.content) > MOST_BYTES:
        return None
    try:
        return found.content.decode()
    except UnicodeDecodeError:
        return None
