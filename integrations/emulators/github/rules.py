"""What a branch demands: protection, rulesets, and the owners of code."""

import re

from integrations.emulators.github.belongings import Protection, Ruleset
from integrations.emulators.github.calls import (
    Call,
    Json,
    Problem,
    Reply,
    Route,
    invalid,
    missing,
    node_id,
    stamp,
)
from integrations.emulators.github.records import Pull

_PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
_GOOD = ("success", "neutral", "skipped")


def protection(call: Call, branch: str, found: Protection) -> Json:
    """Return how a branch is protected."""
    url = call.url("branches", branch, "protection")
    body: Json = {
        "url": url,
        "required_signatures": {"url": f"{url}/required_signatures", "enabled": False},
        "enforce_admins": {"url": f"{url}/enforce_admins", "enabled": found.admins},
        "required_linear_history": {"enabled": found.linear},
        "allow_force_pushes": {"enabled": found.force},
        "allow_deletions": {"enabled": found.deletions},
        "block_creations": {"enabled": False},
        "required_conversation_resolution": {"enabled": found.conversations},
        "lock_branch": {"enabled": False},
        "allow_fork_syncing": {"enabled": False},
    }
    if found.approvals is not None:
        body["required_pull_request_reviews"] = {
            "url": f"{url}/required_pull_request_reviews",
            "dismiss_stale_reviews": found.stale,
            "require_code_owner_reviews": found.owners,
            "required_approving_review_count": found.approvals,
            "require_last_push_approval": found.last_push,
        }
    if found.checks is not None:
        body["required_status_checks"] = {
            "url": f"{url}/required_status_checks",
            "strict": found.strict,
            "contexts": found.checks,
            "contexts_url": f"{url}/required_status_checks/contexts",
            "checks": [{"context": name, "app_id": None} for name in found.checks],
        }
    return body


def _branch(call: Call) -> str:
    name = str(call.params["branch"])
    if call.git.object(f"refs/heads/{name}") is None:
        raise Problem(404, "Branch not found")
    return name


async def _protection(call: Call) -> Reply:
    name = _branch(call)
    found = call.repo.protections.get(name)
    if found is None:
        raise Problem(404, "Branch not protected")
    return Reply(protection(call, name, found))


async def _protect(call: Call) -> Reply:
    name, body = _branch(call), call.body
    for needed in (
        "required_status_checks",
        "enforce_admins",
        "required_pull_request_reviews",
        "restrictions",
    ):
        if needed not in body:
            words = f'Invalid request.\n\n"{needed}" wasn\'t supplied.'
            raise Problem(422, words)
    reviews, checks = body["required_pull_request_reviews"], body["required_status_checks"]
    made = Protection(
        admins=bool(body["enforce_admins"]),
        linear=bool(body.get("required_linear_history")),
        force=bool(body.get("allow_force_pushes")),
        deletions=bool(body.get("allow_deletions")),
        conversations=bool(body.get("required_conversation_resolution")),
    )
    if reviews is not None:
        made.approvals = int(reviews.get("required_approving_review_count", 1))
        made.stale = bool(reviews.get("dismiss_stale_reviews"))
        made.owners = bool(reviews.get("require_code_owner_reviews"))
        made.last_push = bool(reviews.get("require_last_push_approval"))
    if checks is not None:
        named = [str(one["context"]) for one in checks.get("checks", [])]
        made.checks = [*dict.fromkeys([*named, *map(str, checks.get("contexts", []))])]
        made.strict = bool(checks.get("strict"))
    call.repo.protections[name] = made
    return Reply(protection(call, name, made))


async def _unprotect(call: Call) -> Reply:
    if call.repo.protections.pop(_branch(call), None) is None:
        raise Problem(404, "Branch not protected")
    return Reply(None, 204)


def obstacle(call: Call, found: Pull) -> str:
    """Return what the protection of the base branch still asks of a pull request, or nothing."""
    rule = call.repo.protections.get(found.base_ref)
    if rule is None:
        return ""
    last = {one.author: one.state for one in found.reviews if one.state != "COMMENTED"}
    approvals = sum(state == "APPROVED" for state in last.values())
    if "CHANGES_REQUESTED" in last.values() and rule.approvals:
        return "Changes have been requested by a reviewer with write access."
    if approvals < (rule.approvals or 0):
        count = rule.approvals or 0
        noun = "review is" if count == 1 else "reviews are"
        return f"At least {count} approving {noun} required by reviewers with write access."
    runs = call.repo.latest_runs(found.head_sha)
    green = {run.name for run in runs if run.conclusion in _GOOD}
    green |= {
        one.context
        for one in call.repo.statuses
        if one.sha == found.head_sha and one.state == "success"
    }
    waits = [name for name in rule.checks or [] if name not in green]
    return f'Required status check "{waits[0]}" is expected.' if waits else ""


def ruleset(call: Call, found: Ruleset) -> Json:
    """Return a ruleset as it stands in lists."""
    url = call.url("rulesets", found.id)
    return {
        "id": found.id,
        "name": found.name,
        "target": found.target,
        "source_type": "Repository",
        "source": call.repo.full_name,
        "enforcement": found.enforcement,
        "node_id": node_id("RepositoryRuleset", found.id),
        "_links": {"self": {"href": url}, "html": {"href": call.html("rules", found.id)}},
        "created_at": stamp(found.created_at),
        "updated_at": stamp(found.updated_at),
    }


def _whole(call: Call, found: Ruleset) -> Json:
    refs = {"include": found.include, "exclude": found.exclude}
    return ruleset(call, found) | {
        "conditions": {"ref_name": refs},
        "rules": found.rules,
        "bypass_actors": found.bypass,
    }


async def _rulesets(call: Call) -> Reply:
    return call.listed(list(call.repo.rulesets.values()), ruleset)


async def _one_ruleset(call: Call) -> Reply:
    return Reply(_whole(call, call.one(call.repo.rulesets)))


async def _create_ruleset(call: Call) -> Reply:
    now = call.world.clock
    name = call.required("name", "RepositoryRuleset")
    if any(one.name == name for one in call.repo.rulesets.values()):
        raise Problem(422, "Validation Failed", ["Name must be unique"])
    made = Ruleset(id=call.world.next_id(), name=name, created_at=now, updated_at=now)
    _change(call, made)
    call.repo.rulesets[made.id] = made
    return Reply(_whole(call, made), 201)


async def _update_ruleset(call: Call) -> Reply:
    found = call.one(call.repo.rulesets)
    _change(call, found)
    return Reply(_whole(call, found))


def _change(call: Call, found: Ruleset) -> None:
    body = call.body
    enforcement = str(body.get("enforcement", found.enforcement))
    if enforcement not in ("active", "evaluate", "disabled"):
        raise invalid("RepositoryRuleset", "invalid", "enforcement")
    found.enforcement, found.updated_at = enforcement, call.world.clock
    found.name, found.target = str(body.get("name", found.name)), body.get("target", found.target)
    refs = (body.get("conditions") or {}).get("ref_name")
    if isinstance(refs, dict):
        found.include, found.exclude = list(refs.get("include", [])), list(refs.get("exclude", []))
    found.rules = list(body.get("rules", found.rules))
    found.bypass = list(body.get("bypass_actors", found.bypass))


async def _delete_ruleset(call: Call) -> Reply:
    del call.repo.rulesets[call.one(call.repo.rulesets).id]
    return Reply(None, 204)


async def _rules_of_branch(call: Call) -> Reply:
    return call.listed(rules_of(call, str(call.params["branch"])), lambda _, row: row)


def rules_of(call: Call, name: str) -> list[Json]:
    """Return what active rulesets ask of a branch."""
    whole = f"refs/heads/{name}"
    names = {whole, "~ALL", *(["~DEFAULT_BRANCH"] if name == call.repo.default_branch else [])}
    return [
        rule
        | {
            "ruleset_source_type": "Repository",
            "ruleset_source": call.repo.full_name,
            "ruleset_id": found.id,
        }
        for found in call.repo.rulesets.values()
        if found.enforcement == "active" and names & {*found.include}
        if whole not in found.exclude
        for rule in found.rules
    ]


async def _codeowners(call: Call) -> Reply:
    ref = call.query.get("ref") or call.repo.default_branch
    for path in _PLACES:
        found = call.git.object(f"{call.git.resolve(ref)}:{path}")
        if found:
            return Reply({"errors": _errors(call, path, found[2].decode(errors="replace"))})
    raise missing()


def _errors(call: Call, path: str, text: str) -> list[Json]:
    """Return what GitHub finds wrong in a file of owners: people and teams that are not there."""
    found: list[Json] = []
    for number, line in enumerate(text.splitlines(), start=1):
        for match in re.finditer(r"(?<=\s)\S+", line.partition("#")[0]):
            owner = match[0]
            org, _, slug = owner.removeprefix("@").partition("/")
            is_known = (org, slug) in call.world.teams if slug else org in call.world.accounts
            if "@" not in owner[1:] and not (owner.startswith("@") and is_known):
                kind = "Unknown owner" if owner.startswith("@") else "Invalid owner"
                found.append(
                    {
                        "line": number,
                        "column": match.start() + 1,
                        "kind": kind,
                        "source": line,
                        "suggestion": None,
                        "message": f"{kind} on line {number}: {owner}\n\n  {line}",
                        "path": path,
                    }
                )
    return found


_REPO = "/repos/{owner}/{repo}"
ROUTES: list[Route] = [
    ("GET", f"{_REPO}/branches/{{branch:path}}/protection", _protection),
    ("PUT", f"{_REPO}/branches/{{branch:path}}/protection", _protect),
    ("DELETE", f"{_REPO}/branches/{{branch:path}}/protection", _unprotect),
    ("GET", f"{_REPO}/rulesets", _rulesets),
    ("POST", f"{_REPO}/rulesets", _create_ruleset),
    ("GET", f"{_REPO}/rulesets/{{id:int}}", _one_ruleset),
    ("PUT", f"{_REPO}/rulesets/{{id:int}}", _update_ruleset),
    ("DELETE", f"{_REPO}/rulesets/{{id:int}}", _delete_ruleset),
    ("GET", f"{_REPO}/rules/branches/{{branch:path}}", _rules_of_branch),
    ("GET", f"{_REPO}/codeowners/errors", _codeowners),
]
