"""Environments with what protects them, and variables and secrets: theirs and the repository's."""

import re

from integrations.emulators.github.accounts import user
from integrations.emulators.github.belongings import Guard, Named
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

_NAME = re.compile(r"(?!GITHUB_)[A-Z_][A-Z0-9_]*", re.IGNORECASE)
_WAIT_LIMIT = 43_200


def environment(call: Call, name: str) -> Json:
    """Return an environment."""
    at, guard = stamp(call.repo.environments[name]), call.repo.guards.get(name) or Guard()
    policy = None
    if guard.protected_branches is not None:
        only = guard.protected_branches
        policy = {"protected_branches": only, "custom_branch_policies": not only}
    return {
        "id": _number(name),
        "node_id": node_id("Environment", name),
        "name": name,
        "url": call.url("environments", name),
        "html_url": call.html("deployments", "activity_log") + f"?environments_filter={name}",
        "created_at": at,
        "updated_at": at,
        "protection_rules": list(_rules(call, name, guard)),
        "deployment_branch_policy": policy,
    }


def _rules(call: Call, name: str, guard: Guard) -> list[Json]:
    found: list[Json] = []
    if guard.wait:
        found.append({"type": "wait_timer", "wait_timer": guard.wait})
    if guard.reviewers:
        who = [{"type": "User", "reviewer": user(call, login)} for login in guard.reviewers]
        rule = {"type": "required_reviewers", "prevent_self_review": guard.no_self_review}
        found.append(rule | {"reviewers": who})
    if guard.protected_branches is not None:
        found.append({"type": "branch_policy"})
    for index, rule in enumerate(found):
        rule["id"] = _number(name) + index
        rule["node_id"] = node_id("GateRule", f"{name}{index}")
    return found


def _number(name: str) -> int:
    """Return a number that stays the same for a name."""
    return int.from_bytes(name.encode()[:6], "big")


async def _listing(call: Call) -> Reply:
    return call.listed(list(call.repo.environments), environment, "environments")


def _named(call: Call) -> str:
    name = str(call.params["name"])
    if name not in call.repo.environments:
        raise missing()
    return name


async def _one(call: Call) -> Reply:
    return Reply(environment(call, _named(call)))


async def _change(call: Call) -> Reply:
    name, body = str(call.params["name"]), call.body
    guard = call.repo.guards.setdefault(name, Guard())
    wait = body.get("wait_timer", 0)
    if not isinstance(wait, int) or not 0 <= wait <= _WAIT_LIMIT:
        raise Problem(422, "Validation Failed", ["Wait timer must be between 0 and 43200"])
    by_id = {account.id: login for login, account in call.world.accounts.items()}
    asked = [int(one["id"]) for one in body.get("reviewers") or [] if one.get("type") == "User"]
    if any(number not in by_id for number in asked):
        raise Problem(422, "Validation Failed", ["Reviewers could not be found"])
    guard.wait, guard.reviewers = wait, [by_id[number] for number in asked]
    guard.no_self_review = bool(body.get("prevent_self_review"))
    policy = body.get("deployment_branch_policy")
    guard.protected_branches = bool(policy["protected_branches"]) if policy else None
    call.repo.environments.setdefault(name, call.world.clock)
    return Reply(environment(call, name))


async def _delete(call: Call) -> Reply:
    name = _named(call)
    del call.repo.environments[name]
    call.repo.guards.pop(name, None)
    return Reply(None, 204)


def _held(call: Call, kind: str) -> dict[str, Named]:
    """Return the variables or secrets that the path names: of an environment or of the whole."""
    owner: object = call.repo
    if "name" in call.params:
        owner = call.repo.guards.setdefault(_named(call), Guard())
    held: dict[str, Named] = getattr(owner, kind)
    return held


def _secret(_: Call, found: Named) -> Json:
    made, changed = stamp(found.created_at), stamp(found.updated_at)
    return {"name": found.name, "created_at": made, "updated_at": changed}


def _variable(call: Call, found: Named) -> Json:
    return _secret(call, found) | {"value": found.value}


async def _variables(call: Call) -> Reply:
    return call.listed(_sorted(_held(call, "variables")), _variable, "variables")


async def _secrets(call: Call) -> Reply:
    return call.listed(_sorted(_held(call, "secrets")), _secret, "secrets")


def _sorted(held: dict[str, Named]) -> list[Named]:
    return [held[name] for name in sorted(held)]


async def _create_variable(call: Call) -> Reply:
    held, name = _held(call, "variables"), call.required("name", "Variable").upper()
    if not _NAME.fullmatch(name):
        raise Problem(422, "Variable names can only contain alphanumeric characters or underscores")
    if name in held:
        raise Problem(409, "Already exists - Variable already exists")
    now = call.world.clock
    value = str(call.body.get("value", ""))
    held[name] = Named(name=name, value=value, created_at=now, updated_at=now)
    return Reply({}, 201)


def _one_of(call: Call) -> Named:
    found = _held(call, "variables").get(str(call.params["variable"]).upper())
    if found is None:
        raise missing()
    return found


async def _one_variable(call: Call) -> Reply:
    return Reply(_variable(call, _one_of(call)))


async def _update_variable(call: Call) -> Reply:
    found = _one_of(call)
    found.value = str(call.body.get("value", found.value))
    found.updated_at = call.world.clock
    return Reply(None, 204)


async def _delete_variable(call: Call) -> Reply:
    if _held(call, "variables").pop(str(call.params["variable"]).upper(), None) is None:
        raise missing()
    return Reply(None, 204)


_REPO = "/repos/{owner}/{repo}"
_ENVIRONMENT = f"{_REPO}/environments/{{name}}"
ROUTES: list[Route] = [
    *(
        route
        for place in (f"{_REPO}/actions", _ENVIRONMENT)
        for route in (
            ("GET", f"{place}/variables", _variables),
            ("POST", f"{place}/variables", _create_variable),
            ("GET", f"{place}/variables/{{variable}}", _one_variable),
            ("PATCH", f"{place}/variables/{{variable}}", _update_variable),
            ("DELETE", f"{place}/variables/{{variable}}", _delete_variable),
            ("GET", f"{place}/secrets", _secrets),
        )
    ),
    ("GET", f"{_REPO}/environments", _listing),
    ("GET", f"{_REPO}/environments/{{name:path}}", _one),
    ("PUT", f"{_REPO}/environments/{{name:path}}", _change),
    ("DELETE", f"{_REPO}/environments/{{name:path}}", _delete),
]
