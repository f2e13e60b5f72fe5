"""What this bot says of a commit: check runs with remarks on lines, and statuses."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from integrations.github import models, wire
from integrations.github.places import place, quoted
from integrations.github.topic import Topic

Level = Literal["notice", "warning", "failure"]
Conclusion = Literal["success", "failure", "neutral", "cancelled", "skipped", "action_required"]
State = Literal["pending", "success", "failure", "error"]
AT_ONCE = 50  # GitHub takes no more annotations in one call


class Annotation(models.Model, frozen=True):
    """A remark of a check on lines of a file."""

    path: str
    line: int
    level: str
    message: str
    title: str = ""
    end_line: int = 0


class CheckReport(models.Model, frozen=True):
    """A check run as we made it; `key` is what we know it by."""

    id: int
    name: str
    status: str
    conclusion: str = ""
    key: str = ""
    title: str = ""
    summary: str = ""
    annotations: int = 0
    url: str = ""
    completed_at: datetime | None = None


class StatusReport(models.Model, frozen=True):
    context: str
    state: str
    description: str = ""
    url: str = ""


class OutputWire(wire.Wire, frozen=True):
    title: str | None = None
    summary: str | None = None
    annotations_count: int | None = None


class CheckWire(wire.Wire, frozen=True):
    id: int
    name: str | None = None
    status: str | None = None
    conclusion: str | None = None
    external_id: str | None = None
    html_url: str | None = None
    completed_at: datetime | None = None
    output: OutputWire | None = None

    def model(self) -> CheckReport:
        output = self.output or OutputWire()
        return CheckReport(
            id=self.id,
            name=self.name or "",
            status=self.status or "queued",
            conclusion=self.conclusion or "",
            key=self.external_id or "",
            title=output.title or "",
            summary=output.summary or "",
            annotations=output.annotations_count or 0,
            url=self.html_url or "",
            completed_at=self.completed_at,
        )


class ChecksWire(wire.Wire, frozen=True):
    check_runs: list[CheckWire] | None = None


class AnnotationWire(wire.Wire, frozen=True):
    path: str | None = None
    start_line: int | None = None
    end_line: int | None = None
    annotation_level: str | None = None
    message: str | None = None
    title: str | None = None

    def model(self) -> Annotation:
        return Annotation(
            path=self.path or "",
            line=self.start_line or 0,
            level=self.annotation_level or "notice",
            message=self.message or "",
            title=self.title or "",
            end_line=self.end_line or self.start_line or 0,
        )


class StatusWire(wire.Wire, frozen=True):
    context: str | None = None
    state: str | None = None
    description: str | None = None
    target_url: str | None = None

    def model(self) -> StatusReport:
        return StatusReport(
            self.context or "default",
            self.state or "pending",
            self.description or "",
            self.target_url or "",
        )


class VerdictReads(Topic):
    async def check_annotations(self, repo: str, check: int) -> list[Annotation]:
        """Return the remarks of a check run; those of a job have the same number."""
        missing = {404: f"{repo} has no check run {check}, or this bot may not see it."}
        path = f"/check-runs/{check}/annotations"
        pages = self._api.pages(place(repo), path, list[AnnotationWire], missing=missing)
        return [found.model() async for page in pages for found in page]


class VerdictWrites(VerdictReads):
    async def ensure_check_run(  # noqa: PLR0913 - a check has that many parts
        self,
        repo: str,
        sha: str,
        name: str,
        key: str,
        *,
        conclusion: Conclusion | None = None,
        title: str = "",
        summary: str = "",
        annotations: Sequence[Annotation] = (),
    ) -> CheckReport:
        """Report a check of a commit, or bring the one of this key into this form.

        Without a conclusion it is under way. Only an App may do this. Remarks are added and never
        taken back, so those that stand already are not sent again.
        """
        output = {"title": title or name, "summary": summary}
        state = {"status": "completed", "conclusion": conclusion}
        wanted: dict[str, object] = {
            "name": name,
            "external_id": key,
            **(state if conclusion else {"status": "in_progress"}),
        }
        found = await self._check(repo, sha, name, key)
        done = found.annotations if found else 0
        rows = [_row(each) for each in annotations[done:]]
        has = found and (found.conclusion, found.title, found.summary)
        if found and has == (conclusion or "", title or name, summary) and not rows:
            return found
        first, rest = rows[:AT_ONCE], rows[AT_ONCE:]
        body = {**wanted, "output": {**output, "annotations": first}}
        if found is None:
            method, path, body = "POST", "/check-runs", {**body, "head_sha": sha}
        else:
            method, path = "PATCH", f"/check-runs/{found.id}"
        answer = await self._api.change(place(repo), method, path, body)
        made = answer.decode(CheckWire)
        for start in range(0, len(rest), AT_ONCE):
            more = {"output": {**output, "annotations": rest[start : start + AT_ONCE]}}
            path = f"/check-runs/{made.id}"
            made = (await self._api.change(place(repo), "PATCH", path, more)).decode(CheckWire)
        return made.model()

    async def ensure_status(
        self, repo: str, sha: str, context: str, state: State, description: str = "", url: str = ""
    ) -> StatusReport:
        """Say how a commit stands under this name; what was said last is not said again."""
        wanted = StatusReport(context, state, description, url)
        path = f"/commits/{quoted(sha)}/statuses"
        async for page in self._api.pages(place(repo), path, list[StatusWire]):
            said = next((one.model() for one in page if one.context == context), None)
            if said == wanted:
                return said
            if said:
                break
        body = {"state": state, "context": context, "description": description}
        path = f"/statuses/{quoted(sha)}"
        body |= {"target_url": url} if url else {}
        answer = await self._api.change(place(repo), "POST", path, body)
        return answer.decode(StatusWire).model()

    async def _check(self, repo: str, sha: str, name: str, key: str) -> CheckReport | None:
        path, params = f"/commits/{quoted(sha)}/check-runs", {"check_name": name, "filter": "all"}
        async for page in self._api.pages(place(repo), path, ChecksWire, params=params):
            for found in page.check_runs or []:
                if found.external_id == key:
                    return found.model()
        return None


def _row(remark: Annotation) -> dict[str, object]:
    row: dict[str, object] = {
        "path": remark.path,
        "start_line": remark.line,
        "end_line": remark.end_line or remark.line,
        "annotation_level": remark.level,
        "message": remark.message,
    }
    return row | ({"title": remark.title} if remark.title else {})
