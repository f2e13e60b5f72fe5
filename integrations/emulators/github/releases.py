"""Releases: a tag with notes; publishing one makes the tag if it is not there."""

import re

from integrations.emulators.github.accounts import user
from integrations.emulators.github.assets import asset
from integrations.emulators.github.calls import (
    UPLOADS,
    Call,
    Json,
    Reply,
    Route,
    invalid,
    maybe,
    missing,
    node_id,
    stamp,
)
from integrations.emulators.github.records import Release

_NOTES_LIMIT = 125_000


def release(call: Call, found: Release) -> Json:
    """Return a release; a draft lives under an address without its tag."""
    url = call.url("releases", found.id)
    published = not found.draft
    tag = found.tag if published else f"untagged-{found.id}"
    uploads = f"{call.base}{UPLOADS}/repos/{call.repo.full_name}/releases/{found.id}"
    return {
        "url": url,
        "html_url": call.html("releases/tag", tag),
        "assets_url": f"{url}/assets",
        "upload_url": f"{uploads}/assets{{?name,label}}",
        "tarball_url": call.url("tarball", found.tag) if published else None,
        "zipball_url": call.url("zipball", found.tag) if published else None,
        "id": found.id,
        "node_id": node_id("Release", found.id),
        "tag_name": found.tag,
        "target_commitish": found.target,
        "name": found.name,
        "body": found.body,
        "draft": found.draft,
        "prerelease": found.prerelease,
        "immutable": False,
        "created_at": stamp(found.created_at),
        "updated_at": stamp(found.published_at or found.created_at),
        "published_at": maybe(found.published_at),
        "author": user(call, found.author),
        "assets": [asset(call, one) for one in found.assets.values()],
    }


async def _listing(call: Call) -> Reply:
    return call.listed(newest_first(call), release)


def newest_first(call: Call) -> list[Release]:
    """Return the releases the caller may see; drafts are for those who may write."""
    seen = [r for r in call.repo.releases.values() if call.grant.writes or not r.draft]
    return sorted(seen, key=lambda r: (r.draft, r.created_at, r.id), reverse=True)


async def _latest(call: Call) -> Reply:
    found = call.repo.latest_release()
    if found is None:
        raise missing()
    return Reply(release(call, found))


async def _of_tag(call: Call) -> Reply:
    found = call.repo.release(call.params["tag"])
    if found is None or found.draft:
        raise missing()
    return Reply(release(call, found))


async def _one(call: Call) -> Reply:
    return Reply(release(call, call.one(call.repo.releases)))


async def create(call: Call) -> Reply:
    """Make a release, and the tag that it needs."""
    tag = call.required("tag_name", "Release")
    made = Release(
        id=call.world.next_id(),
        tag=tag,
        name=None,
        body="",
        author=call.actor.login,
        target=call.repo.default_branch,
        created_at=call.world.clock,
        published_at=None,
        draft=True,
    )
    if call.body.get("generate_release_notes"):
        made.body = (await _generated(call, tag, made.target))["body"]
    _change(call, made)
    call.repo.releases[made.id] = made
    return Reply(release(call, made), 201, {"location": call.url("releases", made.id)})


async def _update(call: Call) -> Reply:
    found = call.one(call.repo.releases)
    _change(call, found)
    return Reply(release(call, found))


async def _delete(call: Call) -> Reply:
    found = call.repo.releases.pop(call.one(call.repo.releases).id)
    for one in found.assets.values():
        call.world.file(call.repo, one.id).unlink(missing_ok=True)
    return Reply(None, 204)


def _change(call: Call, found: Release) -> None:
    """Take over what the body says; publish with the tag it needs."""
    body, repo = call.body, call.repo
    tag = str(body.get("tag_name", found.tag))
    target = str(body.get("target_commitish") or found.target)
    draft = bool(body.get("draft", found.draft if found.id in repo.releases else False))
    notes = body.get("body", found.body) or ""
    if len(notes) > _NOTES_LIMIT:
        raise invalid(
            "Release", "custom", "body", f"body is too long (maximum is {_NOTES_LIMIT} characters)"
        )
    if not draft:
        _tagged(call, found, tag, target)
    found.tag, found.target, found.draft, found.body = tag, target, draft, notes
    found.name = body.get("name", found.name)
    found.prerelease = bool(body.get("prerelease", found.prerelease))
    if not draft and found.published_at is None:
        found.published_at = call.world.clock
    wanted = str(body.get("make_latest", "legacy" if found.id in repo.releases else "true"))
    if wanted == "true" and not draft and not found.prerelease:
        repo.latest = found.id
    elif wanted == "false" and repo.latest == found.id:
        repo.latest = None


def _tagged(call: Call, found: Release, tag: str, target: str) -> None:
    """Make sure that a published release has its tag, and the tag only one such release."""
    others = (r for r in call.repo.releases.values() if r.id != found.id)
    if any(other.tag == tag and not other.draft for other in others):
        raise invalid("Release", "already_exists", "tag_name")
    if not call.git.valid_ref(f"refs/tags/{tag}"):
        raise invalid("Release", "custom", "tag_name", "tag_name is not well-formed")
    there = call.git.object(f"refs/tags/{tag}^{{commit}}")
    sha = there[0] if there else call.git.resolve(target)
    if sha is None:
        raise invalid("Release", "invalid", "target_commitish")
    if there is None:
        call.git.set_ref(f"refs/tags/{tag}", sha)
        call.pushed()
    found.created_at = call.git.commit(sha).committer.at


async def _generate(call: Call) -> Reply:
    tag = call.required("tag_name", "Release")
    target = str(call.body.get("target_commitish") or call.repo.default_branch)
    return Reply(await _generated(call, tag, target))


async def _generated(call: Call, tag: str, target: str) -> Json:
    end = call.git.resolve(tag) or call.git.resolve(target)
    if end is None:
        raise invalid("Release", "invalid", "target_commitish")
    last = call.repo.latest_release()
    since = str(call.body.get("previous_tag_name") or (last.tag if last else ""))
    start = call.git.resolve(since) if since else None
    shas = set(await call.git.log(f"{start}..{end}" if start else end))
    pulls = [p for p in call.repo.pulls.values() if p.merge_sha in shas]
    rows = [f"* {p.title} by @{p.author} in {call.html('pull', p.number)}" for p in pulls]
    link = call.html(f"compare/{since}...{tag}") if start else call.html("commits", tag)
    text = ["## What's Changed", *rows, "", f"**Full Changelog**: {link}"]
    return {"name": re.sub(r"\s+", " ", tag), "body": "\n".join(text)}


ROUTES: list[Route] = [
    ("GET", "/repos/{owner}/{repo}/releases", _listing),
    ("POST", "/repos/{owner}/{repo}/releases", create),
    ("GET", "/repos/{owner}/{repo}/releases/latest", _latest),
    ("POST", "/repos/{owner}/{repo}/releases/generate-notes", _generate),
    ("GET", "/repos/{owner}/{repo}/releases/tags/{tag:path}", _of_tag),
    ("GET", "/repos/{owner}/{repo}/releases/{id:int}", _one),
    ("PATCH", "/repos/{owner}/{repo}/releases/{id:int}", _update),
    ("DELETE", "/repos/{owner}/{repo}/releases/{id:int}", _delete),
]
