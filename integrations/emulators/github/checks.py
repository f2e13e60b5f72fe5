"""What CI and other services say about a commit: check runs, suites and statuses."""

from msgspec import ValidationError, convert, to_builtins

from integrations.emulators.github.accounts import APP_SLUG, app_shape, user
from integrations.emulators.github.calls import (
    Call,
    Json,
    Problem,
    Reply,
    Route,
    invalid,
    maybe,
    missing,
    moment,
    node_id,
    stamp,
)
from integrations.emulators.github.commits import resolved, simple_commit
from integrations.emulators.github.outputs import annotations
from integrations.emulators.github.records import CheckRun, Repository, Status
from integrations.emulators.github.repositories import pull_row, repository
from integrations.emulators.github.workflows import Annotation

_STATES = ("error", "failure", "pending", "success")
_LIMIT_PER_CONTEXT = 1000
_ANNOTATIONS_LIMIT = 50


def check_run(call: Call, found: CheckRun) -> Json:
    """Return a check run."""
    html = call.html("runs", found.id)
    return {
        "id": found.id,
        "node_id": node_id("CheckRun", found.id),
        "head_sha": found.sha,
        "name": found.name,
        "external_id": found.external_id,
        "url": call.url("check-runs", found.id),
        "html_url": html,
        "details_url": found.details_url or html,
        "status": found.status,
        "conclusion": found.conclusion,
        "started_at": stamp(found.started_at),
        "completed_at": maybe(found.completed_at),
        "output": {
            "title": found.title,
            "summary": found.summary,
            "text": found.text,
            "annotations_count": len(_remarks(call, found)),
            "annotations_url": call.url("check-runs", found.id, "annotations"),
        },
        "check_suite": {"id": found.suite},
        "app": app_shape(call, found.app),
        "pull_requests": pulls_at(call, found.sha),
    }


def _remarks(call: Call, found: CheckRun) -> list[Annotation]:
    """Return the remarks of a check; a job that failed has left its own."""
    if found.annotations or found.conclusion != "failure":
        return found.annotations
    flow = next(
        (
            flow
            for flow in call.repo.workflows
            for run in call.repo.runs
            if run.workflow == flow.id and found.suite == run.suite
        ),
        None,
    )
    return annotations(call.git, flow, found) if flow else []


async def _annotations(call: Call) -> Reply:
    found = _run(call)
    return call.listed(_remarks(call, found), lambda call, one: _annotation(call, found, one))


def _annotation(call: Call, of: CheckRun, found: Annotation) -> Json:
    row: Json = to_builtins(found)
    return row | {"blob_href": call.html("blob", of.sha, found.path)}


async def _runs(call: Call) -> Reply:
    sha, query = resolved(call, call.params["ref"]), call.query
    every = query.get("filter") == "all"
    found = [r for r in call.repo.checks if r.sha == sha] if every else call.repo.latest_runs(sha)
    for field in ("status", "name"):
        wanted = query.get({"name": "check_name"}.get(field, field))
        found = [run for run in found if not wanted or getattr(run, field) == wanted]
    return call.listed(found, check_run, "check_runs")


async def _one_run(call: Call) -> Reply:
    return Reply(check_run(call, _run(call)))


def _run(call: Call) -> CheckRun:
    found = next((run for run in call.repo.checks if run.id == call.params["id"]), None)
    if found is None:
        raise missing()
    return found


async def _create_run(call: Call) -> Reply:
    made = CheckRun(
        id=call.world.next_id(),
        suite=call.world.next_id(),
        sha=resolved(call, call.required("head_sha", "CheckRun")),
        name=call.required("name", "CheckRun"),
        status="queued",
        started_at=call.world.clock,
        app=APP_SLUG,
    )
    _change(call, made)
    call.repo.checks.append(made)
    return Reply(check_run(call, made), 201)


async def _update_run(call: Call) -> Reply:
    found = _run(call)
    _change(call, found)
    return Reply(check_run(call, found))


def _change(call: Call, found: CheckRun) -> None:
    body = call.body
    found.name = str(body.get("name", found.name))
    found.status = str(body.get("status", found.status))
    if "conclusion" in body:
        found.conclusion, found.status = body["conclusion"], "completed"
        at = body.get("completed_at")
        found.completed_at = moment(at) if at else call.world.clock
    found.external_id = str(body.get("external_id", found.external_id))
    found.details_url = str(body.get("details_url", found.details_url))
    if isinstance(output := body.get("output"), dict):
        found.title, found.summary = output.get("title"), output.get("summary")
        found.text = output.get("text")
        found.annotations += _given(output.get("annotations", []))


def _given(rows: object) -> list[Annotation]:
    """Read the remarks that somebody sends: fifty at a time, and each one whole."""
    if not isinstance(rows, list) or len(rows) > _ANNOTATIONS_LIMIT:
        raise invalid("CheckRun", "invalid", "annotations")
    try:
        return convert(rows, list[Annotation])
    except ValidationError as error:
        raise Problem(422, f"Invalid request.\n\n{error}") from None


async def _suites(call: Call) -> Reply:
    sha = resolved(call, call.params["ref"])
    grouped: dict[int, list[CheckRun]] = {}
    for run in call.repo.checks:
        if run.sha == sha:
            grouped.setdefault(run.suite, []).append(run)
    return call.listed(list(grouped.values()), suite, "check_suites")


def suite(call: Call, held: list[CheckRun]) -> Json:
    """Return a check suite with the runs that it holds."""
    return simple_suite(call, held[0]) | _outcome(call, held)


def simple_suite(call: Call, of: CheckRun) -> Json:
    """Return what a check run says of its suite."""
    held = [run for run in call.repo.checks if run.suite == of.suite] or [of]
    over = all(run.status == "completed" for run in held)
    bad = next((run.conclusion for run in held if run.conclusion not in (None, "success")), None)
    ends = [run.completed_at or run.started_at for run in held]
    return {
        "id": of.suite,
        "node_id": node_id("CheckSuite", of.suite),
        "head_branch": _branch(call, of.sha),
        "head_sha": of.sha,
        "status": "completed" if over else "in_progress",
        "conclusion": (bad or "success") if over else None,
        "url": call.url("check-suites", of.suite),
        "before": None,
        "after": of.sha,
        "pull_requests": pulls_at(call, of.sha),
        "app": app_shape(call, of.app),
        "created_at": stamp(held[0].started_at),
        "updated_at": stamp(max(ends)),
    }


def _branch(call: Call, sha: str) -> str:
    """Return the branch whose tip a commit is: of a pull request, else the default one."""
    pulls = (pull for pull in call.repo.pulls.values() if pull.head_sha == sha)
    return next((pull.head_ref for pull in pulls), call.repo.default_branch)


def pulls_at(call: Call, sha: str) -> list[Json]:
    """Return the open pull requests whose last commit this is."""
    pulls = call.repo.pulls.values()
    return [pull_row(call, one) for one in pulls if one.state == "open" and one.head_sha == sha]


def _outcome(call: Call, held: list[CheckRun]) -> Json:
    url = call.url("check-suites", held[0].suite)
    return {
        "repository": repository(call, call.repo),
        "head_commit": simple_commit(call.git.commit(held[0].sha)),
        "latest_check_runs_count": len(held),
        "check_runs_url": f"{url}/check-runs",
    }


def status(call: Call, found: Status) -> Json:
    """Return a commit status without its creator (`simple-commit-status`)."""
    return {
        "url": call.url("statuses", found.sha),
        "avatar_url": user(call, found.creator)["avatar_url"],
        "id": found.id,
        "node_id": node_id("Status", found.id),
        "state": found.state,
        "description": found.description,
        "target_url": found.target_url,
        "context": found.context,
        "created_at": stamp(found.created_at),
        "updated_at": stamp(found.created_at),
    }


def _with_creator(call: Call, found: Status) -> Json:
    return status(call, found) | {"creator": user(call, found.creator)}


async def _combined(call: Call) -> Reply:
    sha = resolved(call, call.params["ref"])
    newest = {one.context: one for one in call.repo.statuses if one.sha == sha}
    states = {one.state for one in newest.values()}
    bad = states & {"error", "failure"}
    state = "failure" if bad else "pending" if "pending" in states or not states else "success"
    rows = list(newest.values())
    body = {
        "state": state,
        "statuses": [status(call, one) for one in call.cut(rows)],
        "sha": sha,
        "total_count": len(rows),
        "repository": repository(call, call.repo),
        "commit_url": call.url("commits", sha),
        "url": call.url("commits", sha, "status"),
    }
    return Reply(body, headers=call.links(len(rows)))


async def _statuses(call: Call) -> Reply:
    sha = resolved(call, call.params["ref"])
    held = [one for one in reversed(call.repo.statuses) if one.sha == sha]
    return call.listed(held, _with_creator)


async def _create_status(call: Call) -> Reply:
    sha, state = resolved(call, call.params["sha"]), call.required("state", "Status")
    if state not in _STATES:
        raise invalid("Status", "custom", "state", f"state must be one of {', '.join(_STATES)}")
    context = str(call.body.get("context") or "default")
    held = [one for one in call.repo.statuses if (one.sha, one.context) == (sha, context)]
    if len(held) >= _LIMIT_PER_CONTEXT:
        words = "This SHA and context has reached the maximum number of statuses."
        raise invalid("Status", "custom", "base", words)
    made = Status(
        id=call.world.next_id(),
        sha=sha,
        state=state,
        context=context,
        creator=call.actor.login,
        created_at=call.world.clock,
        description=call.body.get("description"),
        target_url=call.body.get("target_url"),
    )
    call.repo.statuses.append(made)
    return Reply(_with_creator(call, made), 201)


def rolled_up(repo: Repository, sha: str) -> str | None:
    """Return what the newest checks and statuses of a commit come to; None where there are none."""
    runs = repo.latest_runs(sha)
    statuses = {one.context: one.state for one in repo.statuses if one.sha == sha}.values()
    if not runs and not statuses:
        return None
    ended = {run.conclusion for run in runs if run.status == "completed"}
    if ended - {"success", "neutral", "skipped"} or {"error", "failure"} & set(statuses):
        return "failure"
    waits = "pending" in statuses or any(run.status != "completed" for run in runs)
    return "pending" if waits else "success"


ROUTES: list[Route] = [
    ("GET", "/repos/{owner}/{repo}/commits/{ref:path}/check-runs", _runs),
    ("GET", "/repos/{owner}/{repo}/commits/{ref:path}/check-suites", _suites),
    ("GET", "/repos/{owner}/{repo}/commits/{ref:path}/status", _combined),
    ("GET", "/repos/{owner}/{repo}/commits/{ref:path}/statuses", _statuses),
    ("POST", "/repos/{owner}/{repo}/check-runs", _create_run),
    ("GET", "/repos/{owner}/{repo}/check-runs/{id:int}", _one_run),
    ("PATCH", "/repos/{owner}/{repo}/check-runs/{id:int}", _update_run),
    ("GET", "/repos/{owner}/{repo}/check-runs/{id:int}/annotations", _annotations),
    ("POST", "/repos/{owner}/{repo}/statuses/{sha}", _create_status),
]
