"""Webhooks of a repository and of the app, and the log of what was delivered to them."""

from typing import Any

from integrations.emulators.github.accounts import only_app, user
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
from integrations.emulators.github.courier import Delivery
from integrations.emulators.github.records import Hook
from integrations.emulators.github.repositories import repository

_ZEN = "Keep it logically awesome."
_MASKED = "********"
_SCHEMES = ("http://", "https://")


def hook(call: Call, found: Hook) -> Json:
    """Return a repository's hook; its secret is never told."""
    url = call.url("hooks", found.id)
    answered = found.last_status
    return {
        "type": "Repository",
        "id": found.id,
        "name": "web",
        "active": found.active,
        "events": found.events,
        "config": _config(found),
        "updated_at": stamp(found.updated_at),
        "created_at": stamp(found.created_at),
        "url": url,
        "test_url": f"{url}/test",
        "ping_url": f"{url}/pings",
        "deliveries_url": f"{url}/deliveries",
        "last_response": {
            "code": answered or None,
            "status": ("active" if answered < 400 else "failed") if answered else "unused",  # noqa: PLR2004 - HTTP's own number
            "message": found.last_words or None,
        },
    }


def _config(found: Hook) -> Json:
    config: Json = {"content_type": found.content_type, "insecure_ssl": found.insecure_ssl}
    if found.secret:
        config["secret"] = _MASKED
    return config | {"url": found.url}


def _visible(call: Call) -> None:
    """Hide hooks from who may not change the repository, as GitHub does."""
    if not call.grant.writes:
        raise missing()


async def _listing(call: Call) -> Reply:
    _visible(call)
    return call.listed(list(call.repo.hooks.values()), hook)


def _named(call: Call) -> Hook:
    _visible(call)
    return call.one(call.repo.hooks, "hook")


async def _one(call: Call) -> Reply:
    return Reply(hook(call, _named(call)))


async def _create(call: Call) -> Reply:
    now = call.world.clock
    made = Hook(
        id=call.world.next_id(), url="", created_at=now, updated_at=now, content_type="form"
    )
    _change(call, made)
    if any(one.url == made.url for one in call.repo.hooks.values()):
        words = "Hook already exists on this repository"
        raise Problem(
            422, "Validation Failed", [{"resource": "Hook", "code": "custom", "message": words}]
        )
    call.repo.hooks[made.id] = made
    call.world.courier.watch(call.repo)
    _ping(call, made)
    return Reply(hook(call, made), 201, {"location": call.url("hooks", made.id)})


async def _update(call: Call) -> Reply:
    found = _named(call)
    _change(call, found)
    return Reply(hook(call, found))


def _change(call: Call, found: Hook) -> None:
    body = call.body
    config = body.get("config", {})
    if not isinstance(config, dict):
        raise invalid("Hook", "invalid", "config")
    url = str(config.get("url") or found.url)
    if not url.startswith(_SCHEMES):
        words = "url is missing a scheme" if url else "url cannot be blank"
        raise Problem(
            422, "Validation Failed", [{"resource": "Hook", "code": "custom", "message": words}]
        )
    found.url = url
    found.secret = str(config.get("secret", found.secret))
    found.content_type = str(config.get("content_type", found.content_type))
    found.insecure_ssl = str(config.get("insecure_ssl", found.insecure_ssl))
    events = [str(name) for name in body.get("events", found.events)]
    gone = body.get("remove_events", [])
    found.events = [*dict.fromkeys([*events, *body.get("add_events", [])])]
    found.events = [name for name in found.events if name not in gone]
    found.active = bool(body.get("active", found.active))
    found.updated_at = call.world.clock


async def _delete(call: Call) -> Reply:
    del call.repo.hooks[_named(call).id]
    return Reply(None, 204)


async def _pings(call: Call) -> Reply:
    _ping(call, _named(call))
    return Reply(None, 204)


def _ping(call: Call, found: Hook) -> None:
    told: Json = {
        "zen": _ZEN,
        "hook_id": found.id,
        "hook": hook(call, found),
        "repository": repository(call, call.repo),
        "sender": user(call, call.grant.login),
    }
    call.world.courier.ping(found, ("repository", call.repo.id), told)


def _row(_: Call, found: Delivery) -> Json:
    return {
        "id": found.id,
        "guid": found.guid,
        "delivered_at": stamp(found.at),
        "redelivery": found.redelivery,
        "duration": round(found.answered.seconds, 2) if found.answered else 0,
        "status": found.status,
        "status_code": found.status_code,
        "event": found.event,
        "action": found.action,
        "installation_id": found.installation,
        "repository_id": found.repository,
        "throttled_at": None,
    }


def _whole(call: Call, found: Delivery) -> Json:
    answered = found.answered
    headers = found.headers(found.body)
    return _row(call, found) | {
        "url": found.hook.url,
        "request": {"headers": headers, "payload": found.payload},
        "response": {
            "headers": dict(answered.headers) if answered else {},
            "payload": answered.text if answered else "",
        },
    }


def _listed(call: Call, found: Hook) -> Reply:
    """Return a page of the log; GitHub leads through it by the id of the next delivery."""
    held = call.world.courier.of(found)
    match call.query.get("status"):
        case "failure":
            held = [one for one in held if one.failed]
        case "success":
            held = [one for one in held if one.answered and not one.failed]
    cursor = call.query.get("cursor", "")
    if cursor:
        if not cursor.isdecimal():
            raise Problem(400, "Invalid cursor")
        held = [one for one in held if one.id <= int(cursor)]
    shown, rest = held[: call.per_page], held[call.per_page :]
    rows: list[Json] = [_row(call, one) for one in shown]
    if not rest:
        return Reply(rows)
    words: dict[str, Any] = {**call.query, "cursor": rest[0].id}
    query = "&".join(f"{name}={value}" for name, value in words.items())
    return Reply(rows, headers={"link": f'<{call.base}{call.path}?{query}>; rel="next"'})


def _delivered(call: Call, found: Hook) -> Delivery:
    for one in call.world.courier.of(found):
        if one.id == call.params["id"]:
            return one
    raise missing()


async def _deliveries(call: Call) -> Reply:
    return _listed(call, _named(call))


async def _delivery(call: Call) -> Reply:
    return Reply(_whole(call, _delivered(call, _named(call))))


async def _attempts(call: Call) -> Reply:
    call.world.courier.again(_delivered(call, _named(call)))
    return Reply({}, 202)


def _of_app(call: Call) -> Hook:
    only_app(call)
    if call.world.app_hook is None:
        raise missing()
    return call.world.app_hook


async def _app_config(call: Call) -> Reply:
    return Reply(_config(_of_app(call)))


async def _app_deliveries(call: Call) -> Reply:
    return _listed(call, _of_app(call))


async def _app_delivery(call: Call) -> Reply:
    return Reply(_whole(call, _delivered(call, _of_app(call))))


async def _app_attempts(call: Call) -> Reply:
    call.world.courier.again(_delivered(call, _of_app(call)))
    return Reply({}, 202)


_HOOK = "/repos/{owner}/{repo}/hooks/{hook:int}"
ROUTES: list[Route] = [
    ("GET", "/repos/{owner}/{repo}/hooks", _listing),
    ("POST", "/repos/{owner}/{repo}/hooks", _create),
    ("GET", _HOOK, _one),
    ("PATCH", _HOOK, _update),
    ("DELETE", _HOOK, _delete),
    ("POST", f"{_HOOK}/pings", _pings),
    ("GET", f"{_HOOK}/deliveries", _deliveries),
    ("GET", f"{_HOOK}/deliveries/{{id:int}}", _delivery),
    ("POST", f"{_HOOK}/deliveries/{{id:int}}/attempts", _attempts),
    ("GET", "/app/hook/config", _app_config),
    ("GET", "/app/hook/deliveries", _app_deliveries),
    ("GET", "/app/hook/deliveries/{id:int}", _app_delivery),
    ("POST", "/app/hook/deliveries/{id:int}/attempts", _app_attempts),
]
