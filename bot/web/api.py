"""The read part of the JSON API; every list is paged by a cursor."""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import Response
from pydantic import BaseModel

from bot.web import reading
from bot.web.addresses import BadCursor, cursor_of, place_of
from bot.web.fields import fields_of
from bot.web.site import Site
from flows.engine.spec import Flow
from flows.report import Report, Tone, spoken
from integrations.meter import Used
from storage import runs
from storage.records import RunRecord, StepRecord, ToldRecord

MOST = 200

State: TypeAlias = Literal["queued", "running", "waiting", "done", "stopped", "failed", "cancelled"]


class RunSummary(BaseModel):
    """A run in a list; instants are in UTC."""

    id: str
    flow: str
    project: str
    command: str
    state: State
    line: str
    dry_run: bool
    actor: str
    platform: str
    door: str
    attempts: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class Page(BaseModel):
    """Runs, the newest first; `next` is the cursor of the next page, null on the last."""

    runs: list[RunSummary]
    next: str | None


class Resources(BaseModel):
    """What work used; calls, `cost` (taken from the rate limit) and bytes by integration.

    `cpu_seconds` has threads and child processes in it, `peak_bytes` is the most memory that one
    child process was seen to take.
    """

    cpu_seconds: float
    peak_bytes: int
    calls: dict[str, int]
    cost: dict[str, int]
    bytes: dict[str, int]


class Step(BaseModel):
    """One line of the journal; `bytes` were sent and received by `calls` to other systems."""

    title: str
    kind: Literal["step", "effect", "undo", "wait"]
    state: Literal["running", "retrying", "done", "failed"]
    attempt: int
    error: str
    started_at: datetime
    finished_at: datetime | None
    calls: int
    bytes: int
    resources: Resources


class PlannedChange(BaseModel):
    title: str
    undoable: bool
    state: str


class Said(BaseModel):
    by: str
    choice: str
    at: datetime


class Question(BaseModel):
    """Something people settle; `plan` is empty where it is not about changes.

    `who` says who may answer. Each person's word is in `answers`; `answer` is what it came to, and
    `answered_by` null where the deadline settled it. `lifted_by` let the plan through a freeze.
    """

    id: int
    text: str
    choices: list[str]
    plan: list[PlannedChange]
    who: str
    asked_at: datetime
    deadline: datetime | None
    answers: list[Said]
    lifted_by: str | None
    lifted_why: str
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None


class News(BaseModel):
    """Something that a run told before its end."""

    at: datetime
    title: str
    summary: str
    tone: Tone


class Run(RunSummary):
    """A run with its steps and questions; `offers` are the verbs that make sense now.

    `told` is what it has said so far.
    """

    params: dict[str, Any]
    steps: list[Step]
    questions: list[Question]
    resources: Resources
    has_report: bool
    offers: list[str]
    told: list[News]


class Parameter(BaseModel):
    name: str
    kind: str
    description: str
    required: bool
    default: str
    examples: list[str]


class FlowEntry(BaseModel):
    """A flow of the catalogue; `role` is the least that may run it."""

    slug: str
    alias: str
    family: str
    summary: str
    role: str
    writes: bool
    approvals: int
    examples: list[str]
    parameters: list[Parameter]


def router(site: Site) -> APIRouter:
    """Return the routes under /api/v1."""
    routes = APIRouter(prefix="/api/v1", tags=["read"])

    @routes.get("/runs", summary="List runs, the newest first")
    async def list_runs(
        state: State | None = None,
        flow: str = "",
        project: str = "",
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
        after: Annotated[str, Query(description="`next` of the page before")] = "",
    ) -> Page:
        try:
            place = place_of(after)
        except BadCursor as error:
            raise HTTPException(422, "`after` is no cursor of this API.") from error
        async with site.database.read() as connection:
            found = await runs.page(
                connection,
                limit=limit + 1,
                after=place,
                state=state or "",
                flow=flow,
                project=project,
            )
        more = len(found) > limit
        return Page(
            runs=[RunSummary(**_summary(each)) for each in found[:limit]],
            next=cursor_of(found[limit - 1]) if more else None,
        )

    @routes.get("/runs/{run_id}", summary="Read one run with its steps and questions")
    async def read_run(run_id: str) -> Run:
        view = await reading.run_view(site, run_id)
        if view is None:
            raise HTTPException(404, "There is no run with this id.")
        return Run(
            **_summary(view.run),
            params=view.run.params,
            steps=[_step(each) for each in view.steps],
            questions=[_question(each) for each in view.asked],
            resources=_resources(view.used),
            has_report=view.report is not None,
            offers=[each.verb for each in view.offers],
            told=[_news(each) for each in view.told],
        )

    @routes.get(
        "/runs/{run_id}/report",
        summary="Read the report of a run; bytes are in base64",
        responses={200: {"content": {"application/json": {"schema": _report_schema()}}}},
        response_class=Response,
    )
    async def read_report(run_id: str) -> Response:
        async with site.database.read() as connection:
            report = await runs.report(connection, run_id)
        if report is None:
            raise HTTPException(404, "There is no report of a run with this id.")
        return Response(msgspec.json.encode(report), media_type="application/json")

    @routes.get("/flows", summary="List the catalogue of flows")
    async def list_flows() -> list[FlowEntry]:
        return [_flow(each) for each in site.catalogue().values()]

    @routes.get("/flows/{slug}", summary="Read one flow of the catalogue")
    async def read_flow(slug: str) -> FlowEntry:
        flow = site.catalogue().get(slug)
        if flow is None:
            raise HTTPException(404, "There is no flow with this slug.")
        return _flow(flow)

    return routes


def report_schemas() -> dict[str, Any]:
    """Return the schemas of a report and its parts, by the names the API's document refers to."""
    _, parts = msgspec.json.schema_components([Report], ref_template="#/components/schemas/{name}")
    return dict(parts)


def _report_schema() -> dict[str, Any]:
    (schema,), _ = msgspec.json.schema_components(
        [Report], ref_template="#/components/schemas/{name}"
    )
    return schema


def _summary(run: RunRecord) -> dict[str, Any]:
    return {
        "id": run.id,
        "flow": run.flow,
        "project": run.project,
        "command": run.command,
        "state": run.state,
        "line": run.line,
        "dry_run": run.dry_run,
        "actor": run.actor.get("name", ""),
        "platform": run.actor.get("platform", ""),
        "door": run.origin.get("door", ""),
        "attempts": run.attempts,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }


def _news(told: ToldRecord) -> News:
    said = told.report
    return News(at=told.at, title=said.title, summary=said.summary, tone=said.tone)


def _step(step: StepRecord) -> Step:
    return Step(
        title=step.title,
        kind=step.kind,
        state=step.state,
        attempt=step.attempt,
        error=step.error,
        started_at=step.started_at,
        finished_at=step.finished_at,
        calls=step.calls,
        bytes=step.bytes,
        resources=_resources(step.used),
    )


def _resources(used: Used) -> Resources:
    return Resources(
        cpu_seconds=used.cpu,
        peak_bytes=used.peak,
        calls=used.calls,
        cost=used.cost,
        bytes=used.bytes,
    )


def _question(asked: reading.Asked) -> Question:
    record = asked.record
    return Question(
        id=record.id,
        text=record.question.text,
        choices=list(record.question.choices),
        plan=[
            PlannedChange(title=each.title, undoable=each.undoable, state=each.state)
            for each in asked.changes
        ],
        who="".join(map(spoken, asked.who)),
        asked_at=record.asked_at,
        deadline=record.deadline,
        answers=[
            Said(by=each.by["name"], choice=each.choice, at=each.at) for each in record.answers
        ],
        lifted_by=record.lifted_by["name"] if record.lifted_by else None,
        lifted_why=record.lifted_why,
        answer=record.answer,
        answered_by=asked.decided_by or None,
        answered_at=record.answered_at,
    )


def _flow(flow: Flow) -> FlowEntry:
    return FlowEntry(
        slug=flow.slug,
        alias=flow.alias,
        family=flow.family,
        summary=flow.summary,
        role=flow.role,
        writes=flow.writes,
        approvals=flow.approvals,
        examples=list(flow.examples),
        parameters=[
            Parameter.model_validate(each, from_attributes=True) for each in fields_of(flow.params)
        ],
    )
