"""Things as they stood when a webhook told of them: good for a look back, never for the present."""

from typing import TypeAlias

import msgspec

from integrations.github import graph, models, standing, wire

Object: TypeAlias = (
    models.Pull | models.IssueState | models.RunState | models.Deployment | models.Release
)


class _Body(msgspec.Struct):
    pull_request: wire.Pull | None = None
    issue: standing.Issue | None = None
    workflow_run: standing.WorkflowRun | None = None
    deployment: standing.Deployment | None = None
    deployment_status: standing.DeploymentStatus | None = None
    release: wire.Release | None = None


_DECODER = msgspec.json.Decoder(_Body)
_PARTS = {
    "pull_request": "pull_request",
    "issues": "issue",
    "workflow_run": "workflow_run",
    "release": "release",
}


def object_in(event: str, body: bytes) -> Object | None:
    """Return what an event is about; None for other events, and for bodies of another shape."""
    if event not in (*_PARTS, "deployment_status"):
        return None
    try:
        told = _DECODER.decode(body)
    except (ValueError, RecursionError):
        return None
    if event == "deployment_status":
        found, status = told.deployment, told.deployment_status
        return graph.with_statuses(found.model(), [status.model()]) if found and status else None
    part = getattr(told, _PARTS[event])
    model: Object | None = part.model() if part is not None else None
    return model
