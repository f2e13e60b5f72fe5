"""The files of releases: put there at an address of their own, and fetched by a signed one."""

import hashlib
import re

from integrations.emulators.github.accounts import user
from integrations.emulators.github.calls import (
    UPLOADS,
    Call,
    Json,
    Reply,
    Route,
    invalid,
    missing,
    node_id,
    stamp,
)
from integrations.emulators.github.records import Asset, Release
from integrations.emulators.github.signed import sent_to

BYTES = "application/octet-stream"
_STRANGE = re.compile(r"[^A-Za-z0-9_+-]+")


def asset(call: Call, found: Asset) -> Json:
    """Return a file of a release."""
    of = _held(call)[found.id]
    tag = f"untagged-{of.id}" if of.draft else of.tag
    return {
        "url": call.url("releases/assets", found.id),
        "browser_download_url": call.html("releases/download", tag, found.name),
        "id": found.id,
        "node_id": node_id("ReleaseAsset", found.id),
        "name": found.name,
        "label": found.label,
        "state": found.state,
        "content_type": found.kind,
        "size": found.size,
        "digest": found.digest if found.state == "uploaded" else None,
        "download_count": found.downloads,
        "created_at": stamp(found.created_at),
        "updated_at": stamp(found.updated_at),
        "uploader": user(call, found.uploader),
    }


def _held(call: Call) -> dict[int, Release]:
    """Return the releases that have files, by the numbers of these."""
    return {number: of for of in call.repo.releases.values() for number in of.assets}


def _named(call: Call) -> tuple[Release, Asset]:
    """Return the file of the path; those of a draft are for who may write."""
    of = call.one(_held(call))
    if of.draft and not call.grant.writes:
        raise missing()
    return of, of.assets[call.params["id"]]


async def _listing(call: Call) -> Reply:
    return call.listed([*call.one(call.repo.releases).assets.values()], asset)


async def _one(call: Call) -> Reply:
    _, found = _named(call)
    if call.headers.get("accept") != BYTES:
        return Reply(asset(call, found))
    return sent_to(call, "asset", found.id)


def fetched(call: Call) -> Reply:
    """Return what is in a file, and count that somebody fetched it."""
    _, found = _named(call)
    path = call.world.file(call.repo, found.id)
    if found.state != "uploaded" or not path.exists():
        raise missing()
    found.downloads += 1
    call.world.save()
    return Reply(None, raw=path.read_bytes(), kind=found.kind)


async def _upload(call: Call) -> Reply:
    of, wanted = call.one(call.repo.releases), call.query.get("name", "")
    name = _renamed(wanted)
    if not name:
        raise invalid("ReleaseAsset", "missing_field", "name")
    _free(of, name)
    if not call.content:
        words = "size must be greater than or equal to 1"
        raise invalid("ReleaseAsset", "custom", "size", words)
    now = call.world.clock
    made = Asset(
        id=call.world.next_id(),
        name=name,
        size=len(call.content),
        digest=f"sha256:{hashlib.sha256(call.content).hexdigest()}",
        kind=call.headers.get("content-type") or BYTES,
        uploader=call.actor.login,
        created_at=now,
        updated_at=now,
        label=call.query.get("label") or None,
    )
    path = call.world.file(call.repo, made.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(call.content)
    of.assets[made.id] = made
    return Reply(asset(call, made), 201)


def _renamed(name: str) -> str:
    """Return the name that GitHub gives to a file that is sent under this one."""
    return _STRANGE.sub(".", name).strip(".")


def _free(of: Release, name: str) -> None:
    if any(one.name == name for one in of.assets.values()):
        raise invalid("ReleaseAsset", "already_exists", "name")


async def _update(call: Call) -> Reply:
    of, found = _named(call)
    name = _renamed(str(call.body.get("name") or found.name))
    if name != found.name:
        _free(of, name)
    found.name, found.updated_at = name, call.world.clock
    found.label = call.body.get("label", found.label)
    return Reply(asset(call, found))


async def _delete(call: Call) -> Reply:
    of, found = _named(call)
    del of.assets[found.id]
    call.world.file(call.repo, found.id).unlink(missing_ok=True)
    return Reply(None, 204)


_REPO = "/repos/{owner}/{repo}"
ROUTES: list[Route] = [
    ("GET", f"{_REPO}/releases/{{id:int}}/assets", _listing),
    ("POST", f"{UPLOADS}{_REPO}/releases/{{id:int}}/assets", _upload),
    ("GET", f"{_REPO}/releases/assets/{{id:int}}", _one),
    ("PATCH", f"{_REPO}/releases/assets/{{id:int}}", _update),
    ("DELETE", f"{_REPO}/releases/assets/{{id:int}}", _delete),
]
