"""Repositories, branches and tags as lists."""

from integrations.emulators.github.accounts import user
from integrations.emulators.github.calls import (
    Call,
    Json,
    Problem,
    Reply,
    Route,
    missing,
    node_id,
    stamp,
)
from integrations.emulators.github.commits import commit
from integrations.emulators.github.git import Ref
from integrations.emulators.github.records import Pull, Repository

_COLLECTIONS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}


def pull_row(call: Call, found: Pull) -> Json:
    """Return what runs and checks say of a pull request that they belong to."""
    home = {"id": call.repo.id, "url": call.url(), "name": call.repo.name}
    return {
        "id": found.id,
        "number": found.number,
        "url": call.url("pulls", found.number),
        "head": {"ref": found.head_ref, "sha": found.head_sha, "repo": home},
        "base": {"ref": found.base_ref, "sha": found.base_sha, "repo": home},
    }


def repository(call: Call, repo: Repository) -> Json:
    """Return a repository as it stands in lists and inside other answers."""
    url, html = f"{call.base}/repos/{repo.full_name}", f"{call.base}/{repo.full_name}"
    host = call.base.partition("://")[2]
    threads = (*repo.issues.values(), *repo.pulls.values())
    waiting = sum(thread.state == "open" for thread in threads)
    return {
        "id": repo.id,
        "node_id": node_id("Repository", repo.id),
        "name": repo.name,
        "full_name": repo.full_name,
        "owner": user(call, repo.owner),
        "private": repo.private,
        "html_url": html,
        "description": repo.description or None,
        "fork": False,
        "url": url,
        **{name: url + tail for name, tail in _COLLECTIONS.items()},
        "git_url": f"git://{host}/{repo.full_name}.git",
        "ssh_url": f"git@{host}:{repo.full_name}.git",
        "clone_url": f"{html}.git",
        "svn_url": html,
        "mirror_url": None,
        "homepage": repo.settings.homepage,
        "language": repo.language,
        "forks_count": 0,
        "forks": 0,
        "stargazers_count": 0,
        "watchers_count": 0,
        "watchers": 0,
        "size": 0,
        "default_branch": repo.default_branch,
        "open_issues_count": waiting,
        "open_issues": waiting,
        "has_issues": repo.settings.issues,
        "has_projects": False,
        "has_wiki": repo.settings.wiki,
        "has_pages": False,
        "has_downloads": False,
        "has_discussions": False,
        "archived": repo.archived,
        "disabled": False,
        "visibility": "private" if repo.private else "public",
        "pushed_at": stamp(repo.pushed_at),
        "created_at": stamp(repo.created_at),
        "updated_at": stamp(repo.pushed_at),
        "license": None,
        "topics": repo.settings.topics,
        "is_template": repo.settings.template,
        "permissions": {
            "admin": False,
            "maintain": False,
            "push": call.grant.writes,
            "triage": call.grant.writes,
            "pull": True,
        },
    }


def whole(call: Call, repo: Repository) -> Json:
    """Return a repository with what it is set to (`full-repository`)."""
    settings = repo.settings
    return repository(call, repo) | {
        "network_count": 0,
        "subscribers_count": 0,
        "allow_merge_commit": settings.merge,
        "allow_squash_merge": settings.squash,
        "allow_rebase_merge": settings.rebase,
        "allow_auto_merge": settings.auto_merge,
        "allow_update_branch": settings.update_branch,
        "delete_branch_on_merge": settings.delete_branch,
    }


async def _one(call: Call) -> Reply:
    return Reply(whole(call, call.repo))


async def _of_owner(call: Call) -> Reply:
    owner = call.params["owner"].lower()
    if all(login.lower() != owner for login in call.world.accounts):
        raise missing()
    found = [repo for repo in call.world.repositories.values() if repo.owner.lower() == owner]
    return call.listed(found, repository)


async def _of_installation(call: Call) -> Reply:
    return call.listed(list(call.world.repositories.values()), repository, "repositories")


async def _branches(call: Call) -> Reply:
    return call.listed(call.git.refs("refs/heads/"), _short_branch)


def _short_branch(call: Call, ref: Ref) -> Json:
    name = ref.name.removeprefix("refs/heads/")
    head = {"sha": ref.sha, "url": call.url("commits", ref.sha)}
    return {"name": name, "commit": head, "protected": name in call.repo.protections}


async def _branch(call: Call) -> Reply:
    name = call.params["branch"]
    found = call.git.object(f"refs/heads/{name}")
    if found is None:
        raise Problem(404, "Branch not found")
    url, rule = call.url("branches", name), call.repo.protections.get(name)
    contexts = (rule.checks if rule else None) or []
    return Reply(
        {
            "name": name,
            "commit": commit(call, call.git.commit(found[0])),
            "_links": {"self": url, "html": call.html("tree", name)},
            "protected": rule is not None,
            "protection": {
                "enabled": rule is not None,
                "required_status_checks": {
                    "enforcement_level": "non_admins" if contexts else "off",
                    "contexts": contexts,
                    "checks": [{"context": one, "app_id": None} for one in contexts],
                },
            },
            "protection_url": f"{url}/protection",
        }
    )


async def _tags(call: Call) -> Reply:
    newest_first = sorted(call.git.refs("refs/tags/"), key=lambda ref: ref.name, reverse=True)
    return call.listed(newest_first, _tag)


def _tag(call: Call, ref: Ref) -> Json:
    name = ref.name.removeprefix("refs/tags/")
    return {
        "name": name,
        "commit": {"sha": ref.commit, "url": call.url("commits", ref.commit)},
        "zipball_url": call.url("zipball", ref.name),
        "tarball_url": call.url("tarball", ref.name),
        "node_id": node_id("Ref", ref.name),
    }


ROUTES: list[Route] = [
    ("GET", "/repos/{owner}/{repo}", _one),
    ("GET", "/orgs/{owner}/repos", _of_owner),
    ("GET", "/users/{owner}/repos", _of_owner),
    ("GET", "/installation/repositories", _of_installation),
    ("GET", "/repos/{owner}/{repo}/branches", _branches),
    ("GET", "/repos/{owner}/{repo}/branches/{branch:path}", _branch),
    ("GET", "/repos/{owner}/{repo}/tags", _tags),
]
