"""Searching issues, pull requests and code: a small part of the language that GitHub reads."""

import re
from collections.abc import Callable, Container
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from integrations.emulators.github.actions import within
from integrations.emulators.github.calls import Call, Json, Reply, Route, invalid
from integrations.emulators.github.issues import issue
from integrations.emulators.github.records import Issue, Pull, Repository
from integrations.emulators.github.repositories import repository

_TERM = re.compile(r'(?P<no>-)?(?:(?P<key>[a-z-]+):)?(?:"(?P<text>[^"]*)"|(?P<word>\S+))')
_RESULTS_LIMIT = 1000

T = TypeVar("T")
Found = tuple[Repository, Issue]


def _terms(call: Call) -> list[tuple[bool, str, str]]:
    """Return (wanted, key, value) for each part of the query; 422 where there is none."""
    query = call.query.get("q", "")
    found = [
        (not match["no"], match["key"] or "", match["text"] or match["word"] or "")
        for match in _TERM.finditer(query)
    ]
    if not found:
        raise invalid("Search", "missing", "q")
    return found


def _repositories(call: Call, terms: list[tuple[bool, str, str]]) -> list[Repository]:
    names = {value.lower() for _, key, value in terms if key == "repo"}
    owners = {value.lower() for _, key, value in terms if key in ("org", "user")}
    if names and all(call.world.found(name) is None for name in names):
        raise invalid("Search", "invalid", "q", "The listed repositories cannot be searched")
    return [
        repo
        for name, repo in call.world.repositories.items()
        if (name in names or not names) and (repo.owner.lower() in owners or not owners)
    ]


async def _issues(call: Call) -> Reply:
    terms = _terms(call)
    found: list[Found] = [
        (repo, one)
        for repo in _repositories(call, terms)
        for one in (*repo.issues.values(), *repo.pulls.values())
        if all(_fits(one, key, value) == wanted for wanted, key, value in terms)
    ]
    by_update = call.query.get("sort") == "updated"

    def at(each: Found) -> tuple[datetime, int]:
        one = each[1]
        return one.updated_at if by_update else one.created_at, one.number

    found.sort(key=at, reverse=call.query.get("order", "desc") == "desc")
    reply = _results(call, found, _row)
    body = reply.body if isinstance(reply.body, dict) else {}
    return replace(reply, body=body | {"search_type": "lexical"})


def _row(call: Call, found: Found) -> Json:
    repo, one = found
    params = {"owner": repo.owner, "repo": repo.name}
    here = replace(call, params=params, _repo=None, cache={})
    return issue(here, one) | {"body": one.body, "score": 1.0}


def _fits(one: Issue, key: str, value: str) -> bool:
    """Tell whether a thread is what one part of a query asks for; what is unknown asks nothing."""
    if key in ("is", "type", "state"):
        return _is(one, value)
    if key in ("created", "updated", "closed"):
        at: datetime | None = getattr(one, f"{key}_at")
        return at is not None and within(at, value)
    held: dict[str, Container[str]] = {
        "label": one.labels,
        "author": (one.author,),
        "assignee": one.assignees,
    }
    if key in held:
        return value in held[key]
    return bool(key) or value.lower() in f"{one.title}\n{one.body}".lower()


def _is(one: Issue, value: str) -> bool:
    is_pull = isinstance(one, Pull)
    return {
        "issue": not is_pull,
        "pr": is_pull,
        "open": one.state == "open",
        "closed": one.state == "closed",
        "merged": isinstance(one, Pull) and one.merged_at is not None,
        "draft": isinstance(one, Pull) and one.draft,
    }.get(value, True)


async def _code(call: Call) -> Reply:
    terms = _terms(call)
    words = [value for _, key, value in terms if not key]
    places = [value for _, key, value in terms if key == "path"]
    rows: list[tuple[Repository, str, str]] = []
    for repo in _repositories(call, terms):
        git = call.git_of(repo)
        if git.object("HEAD^{tree}") is None:
            continue
        matches = [part for word in words for part in ("--and", "-e", word)][1:]
        asked = ["-l", "-z", "-i", "-F", "--full-name", *matches] if words else []
        if not asked:
            raise invalid("Search", "invalid", "q")
        out = await git.run("grep", *asked, "--all-match", "HEAD", ok=1)
        for name in out.decode(errors="replace").split("\0")[:-1]:
            path = name.removeprefix("HEAD:")
            found = git.object(f"HEAD:{path}")
            if found and all(path.startswith(place.strip("/")) for place in places):
                rows.append((repo, path, found[0]))
    return _results(call, rows, _file)


def _file(call: Call, found: tuple[Repository, str, str]) -> Json:
    repo, path, sha = found
    url = f"{call.base}/repos/{repo.full_name}"
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": sha,
        "url": f"{url}/contents/{path}",
        "git_url": f"{url}/git/blobs/{sha}",
        "html_url": f"{call.base}/{repo.full_name}/blob/{repo.default_branch}/{path}",
        "repository": repository(call, repo),
        "score": 1.0,
    }


def _results(call: Call, found: list[T], shape: Callable[[Call, T], Json]) -> Reply:
    """Return a page of what was found, a thousand at most."""
    reply = call.listed(found[:_RESULTS_LIMIT], shape, "items")
    body = reply.body if isinstance(reply.body, dict) else {}
    return Reply(
        body | {"total_count": len(found), "incomplete_results": False}, headers=reply.headers
    )


ROUTES: list[Route] = [
    ("GET", "/search/issues", _issues),
    ("GET", "/search/code", _code),
]
