"""Making repositories and setting them up; their topics, traffic and packages."""

import hashlib
from datetime import timedelta

from integrations.emulators.github.accounts import user
from integrations.emulators.github.calls import (
    Call,
    Json,
    Problem,
    Reply,
    Route,
    invalid,
    missing,
    stamp,
)
from integrations.emulators.github.findings import Package, PackageVersion
from integrations.emulators.github.records import Repository
from integrations.emulators.github.repositories import repository, whole

_FIELDS = {
    "homepage": "homepage",
    "has_issues": "issues",
    "has_wiki": "wiki",
    "is_template": "template",
    "allow_squash_merge": "squash",
    "allow_merge_commit": "merge",
    "allow_rebase_merge": "rebase",
    "allow_auto_merge": "auto_merge",
    "delete_branch_on_merge": "delete_branch",
    "allow_update_branch": "update_branch",
}
_MERGES = ("squash", "merge", "rebase")
_TOPICS_LIMIT = 20
_DAYS = 14


async def _create(call: Call) -> Reply:
    owner = str(call.params.get("org") or call.actor.login)
    if "org" in call.params and call.world.accounts.get(owner) is None:
        raise missing()
    made = _made(call, owner, call.required("name", "Repository"))
    if call.body.get("auto_init"):
        git, by = call.git_of(made), call.world.signature(call.actor.login, call.world.clock)
        readme = git.write("blob", f"# {made.name}\n".encode())
        tree = git.write_tree([f"100644 {readme}\tREADME.md"], None)
        git.set_ref(
            f"refs/heads/{made.default_branch}", git.commit_tree(tree, [], "Initial commit", by, by)
        )
    _change(call, made)
    return Reply(whole(call, made), 201)


async def _generate(call: Call) -> Reply:
    if not call.repo.settings.template:
        raise invalid("Repository", "custom", "template", f"{call.repo.name} is not a template")
    owner = str(call.body.get("owner") or call.actor.login)
    template, head = call.git, call.world.head(call.repo.full_name)
    made = _made(call, owner, call.required("name", "Repository"))
    git = call.git_of(made)
    # A repository from a template has all its files and none of its history.
    await git.run("fetch", "--quiet", "--depth=1", f"file://{template.path}", head)
    by = call.world.signature(call.actor.login, call.world.clock)
    tree = template.commit(head).tree
    tip = git.commit_tree(tree, [], "Initial commit", by, by)
    git.set_ref(f"refs/heads/{made.default_branch}", tip)
    made.description = str(call.body.get("description") or "")
    made.private = bool(call.body.get("private"))
    return Reply(whole(call, made), 201)


def _made(call: Call, owner: str, name: str) -> Repository:
    if call.world.found(f"{owner}/{name}") is not None:
        words = "name already exists on this account"
        raise Problem(
            422,
            "Repository creation failed.",
            [{"resource": "Repository", "code": "custom", "field": "name", "message": words}],
        )
    try:
        return call.world.add(f"{owner}/{name}", created_at=call.world.clock)
    except ValueError:
        raise invalid("Repository", "invalid", "name") from None


async def _update(call: Call) -> Reply:
    _change(call, call.repo)
    return Reply(whole(call, call.repo))


def _change(call: Call, found: Repository) -> None:
    body, settings = call.body, found.settings
    branch = body.get("default_branch")
    if branch and call.git_of(found).object(f"refs/heads/{branch}") is None:
        raise invalid("Repository", "invalid", "default_branch")
    merges = [
        bool(body.get(name, getattr(settings, field)))
        for name, field in _FIELDS.items()
        if field in _MERGES
    ]
    if not any(merges):
        words = "Sorry, you need to allow at least one merge strategy."
        raise invalid("Repository", "custom", "merge_commit_allowed", words)
    for name, field in _FIELDS.items():
        if name in body:
            setattr(settings, field, body[name])
    found.description = body.get("description", found.description) or ""
    if "visibility" in body:
        found.private = body["visibility"] == "private"
    found.private = bool(body.get("private", found.private))
    found.archived = bool(body.get("archived", found.archived))
    if branch:
        found.default_branch = str(branch)
        call.git_of(found).call("symbolic-ref", "HEAD", f"refs/heads/{branch}")


async def _delete(call: Call) -> Reply:
    call.world.remove(call.repo)
    return Reply(None, 204)


async def _topics(call: Call) -> Reply:
    return Reply({"names": call.repo.settings.topics})


async def _set_topics(call: Call) -> Reply:
    names = call.body.get("names")
    if not isinstance(names, list) or len(names) > _TOPICS_LIMIT:
        raise invalid("Repository", "invalid", "names")
    if any(str(name) != str(name).lower() or " " in str(name) for name in names):
        words = "Topics must start with a lowercase letter or number, consist of 50 characters or "
        raise Problem(422, "Validation Failed", [f"{words}less, and can include hyphens."])
    call.repo.settings.topics = [str(name) for name in names]
    return Reply({"names": call.repo.settings.topics})


def _seen(call: Call, kind: str, day: int) -> tuple[int, int]:
    """Return how often and by how many: the same numbers for the same day."""
    at = call.world.clock.date() - timedelta(days=day)
    digest = hashlib.sha256(f"{call.repo.full_name}{kind}{at}".encode()).digest()
    count = digest[0] if at.weekday() < 5 else digest[0] // 4  # noqa: PLR2004 - from Saturday on
    return count, count // 3


def _traffic(call: Call, kind: str) -> Reply:
    days = [(day, *_seen(call, kind, day)) for day in reversed(range(1, _DAYS + 1))]
    start = call.world.clock.replace(hour=0, minute=0, second=0)
    rows = [
        {"timestamp": stamp(start - timedelta(days=day)), "count": count, "uniques": people}
        for day, count, people in days
    ]
    total, people = sum(count for _, count, _ in days), sum(each for *_, each in days)
    return Reply({"count": total, "uniques": people, kind: rows})


async def _views(call: Call) -> Reply:
    return _traffic(call, "views")


async def _clones(call: Call) -> Reply:
    return _traffic(call, "clones")


async def _paths(call: Call) -> Reply:
    count, people = _seen(call, "paths", 1)
    row = {"path": f"/{call.repo.full_name}", "title": call.repo.full_name}
    return Reply([row | {"count": count, "uniques": people}])


async def _referrers(call: Call) -> Reply:
    count, people = _seen(call, "referrers", 1)
    return Reply([{"referrer": "search.example", "count": count, "uniques": people}])


def package(call: Call, found: Package) -> Json:
    """Return a package."""
    url = f"{call.base}/orgs/{found.org}/packages/{found.kind}/{found.name}"
    of = call.world.found(found.repo)
    latest = max((one.created_at for one in found.versions), default=found.created_at)
    return {
        "id": found.id,
        "name": found.name,
        "package_type": found.kind,
        "owner": user(call, found.org),
        "version_count": len(found.versions),
        "visibility": "private",
        "url": url,
        "html_url": url,
        "created_at": stamp(found.created_at),
        "updated_at": stamp(latest),
        **({"repository": repository(call, of)} if of else {}),
    }


async def _packages(call: Call) -> Reply:
    kind = call.query.get("package_type")
    held = call.world.packages
    found = [one for one in held if (one.org, one.kind) == (call.params["org"], kind)]
    return call.listed(found, package)


def _package(call: Call) -> Package:
    wanted = tuple(call.params[name] for name in ("org", "kind", "name"))
    for one in call.world.packages:
        if (one.org, one.kind, one.name) == wanted:
            return one
    raise Problem(404, "Package not found.")


async def _versions(call: Call) -> Reply:
    of = _package(call)
    return call.listed(list(reversed(of.versions)), lambda call, one: _version(call, of, one))


def _version(call: Call, of: Package, found: PackageVersion) -> Json:
    url = f"{package(call, of)['url']}/versions"
    at = stamp(found.created_at)
    return {
        "id": found.id,
        "name": found.name,
        "url": f"{url}/{found.id}",
        "package_html_url": url,
        "html_url": f"{url}/{found.id}",
        "created_at": at,
        "updated_at": at,
        "metadata": {"package_type": of.kind, "container": {"tags": found.tags}},
    }


async def _delete_version(call: Call) -> Reply:
    of = _package(call)
    found = next((one for one in of.versions if one.id == call.params["id"]), None)
    if found is None:
        raise missing()
    if len(of.versions) == 1:
        raise Problem(400, "You cannot delete the last version of a package.")
    of.versions.remove(found)
    return Reply(None, 204)


_REPO, _PACKAGE = "/repos/{owner}/{repo}", "/orgs/{org}/packages/{kind}/{name}"
ROUTES: list[Route] = [
    ("POST", "/orgs/{org}/repos", _create),
    ("POST", "/user/repos", _create),
    ("POST", f"{_REPO}/generate", _generate),
    ("PATCH", _REPO, _update),
    ("DELETE", _REPO, _delete),
    ("GET", f"{_REPO}/topics", _topics),
    ("PUT", f"{_REPO}/topics", _set_topics),
    ("GET", f"{_REPO}/traffic/views", _views),
    ("GET", f"{_REPO}/traffic/clones", _clones),
    ("GET", f"{_REPO}/traffic/popular/paths", _paths),
    ("GET", f"{_REPO}/traffic/popular/referrers", _referrers),
    ("GET", "/orgs/{org}/packages", _packages),
    ("GET", f"{_PACKAGE}/versions", _versions),
    ("DELETE", f"{_PACKAGE}/versions/{{id:int}}", _delete_version),
]
