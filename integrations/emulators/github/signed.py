"""Addresses that are signed: whoever has one may fetch what is behind it for a minute."""

import hmac
from datetime import UTC, datetime, timedelta

from starlette.requests import Request

from integrations.emulators.github.calls import Call, Problem, Reply
from integrations.emulators.github.world import GitHubWorld

OPEN_FOR = timedelta(minutes=1)
DOWNLOADS = "/downloads/{owner}/{repo}/{kind}/{id:int}"


def sent_to(call: Call, kind: str, number: int) -> Reply:
    """Send to where a thing can be fetched for a minute, without credentials."""
    until = int((call.world.clock + OPEN_FOR).timestamp())
    path = f"/downloads/{call.repo.full_name}/{kind}/{number}"
    place = f"{call.base}{path}?until={until}&signature={_signature(call.world, path, until)}"
    return Reply(None, 302, {"location": place})


def check(world: GitHubWorld, request: Request) -> None:
    """Raise 403 unless the address is one that was signed, and not too long ago."""
    asked = request.query_params
    until = int(asked.get("until", "0")) if asked.get("until", "0").isdecimal() else 0
    right = _signature(world, request.url.path, until)
    late = world.clock > datetime.fromtimestamp(until, UTC)
    if late or not hmac.compare_digest(right, asked.get("signature", "")):
        raise Problem(403, "Server failed to authenticate the request.")


def _signature(world: GitHubWorld, path: str, until: int) -> str:
    return hmac.new(str(world.root).encode(), f"{path} {until}".encode(), "sha256").hexdigest()
