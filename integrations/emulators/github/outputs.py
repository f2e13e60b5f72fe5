"""What jobs leave behind: logs, remarks on lines, and zip files with the results of tests."""

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from xml.sax.saxutils import quoteattr

from integrations.emulators.github.git import Git
from integrations.emulators.github.records import CheckRun, Repository
from integrations.emulators.github.workflows import Annotation, Workflow

REPORT, RESULTS = "junit.xml", "test-results"
KEPT = timedelta(days=90)
_TEST = re.compile(rb"^\s*(?:async )?(?:def|func) ([tT]est\w*)\(", re.MULTILINE)
_IS_TEST = re.compile(r"(^|/)(test_\w+\.py|\w+_test\.(py|go))$")
_ZIP_BEGINS = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Case:
    """One test of a repository, where it stands and how long it takes."""

    path: str
    line: int
    name: str

    @property
    def seconds(self) -> float:
        """Most tests are quick and some are not; the same test takes as long every time."""
        dice = int.from_bytes(
            hashlib.sha256(f"{self.path}{self.name}".encode()).digest()[:2], "big"
        )
        return round(0.002 + (dice / 65_535) ** 8 * 9, 3)


def runs_tests(flow: Workflow, job: CheckRun) -> bool:
    """Return whether a job is one that leaves results of tests."""
    return any(spec.tests for spec in flow.jobs if spec.name == job.name)


def cases(git: Git, sha: str) -> list[Case]:
    """Return the tests in the code of a commit; one that every program passes if there are none."""
    names = git.call("ls-tree", "-r", "-z", "--name-only", sha).decode(errors="replace")
    found = [
        Case(path, content[: match.start(1)].count(b"\n") + 1, match[1].decode())
        for path in names.split("\0")
        if _IS_TEST.search(path)
        for content in [(git.object(f"{sha}:{path}") or ("", "", b""))[2]]
        for match in _TEST.finditer(content)
    ]
    return found or [Case("README.md", 1, "test_it_starts")]


def broken(found: list[Case], job: CheckRun) -> Case | None:
    """Return the test at which a job failed."""
    return found[job.id % len(found)] if job.conclusion == "failure" else None


def annotations(git: Git, flow: Workflow, job: CheckRun) -> list[Annotation]:
    """Return the remarks of a check: those that were written, or where a job failed."""
    if job.annotations or job.conclusion != "failure" or not runs_tests(flow, job):
        return job.annotations
    bad = broken(cases(git, job.sha), job)
    if bad is None:
        return []
    return [
        Annotation(
            path=bad.path,
            start_line=bad.line,
            end_line=bad.line,
            annotation_level="failure",
            title=bad.name,
            message=f"{bad.name}: assert False",
        )
    ]


def log(git: Git, flow: Workflow, job: CheckRun) -> bytes:
    """Return what a job wrote, each line with its time."""
    at = job.started_at
    ends = job.completed_at or at
    lines = list(_lines(git, flow, job))
    step = (ends - at) / max(1, len(lines))
    stamped = (
        f"{at + step * index:%Y-%m-%dT%H:%M:%S.%f}0Z {line}" for index, line in enumerate(lines)
    )
    return "\r\n".join([*stamped, ""]).encode()


def _lines(git: Git, flow: Workflow, job: CheckRun) -> Iterator[str]:
    yield "Current runner version: '2.328.0'"
    yield "##[group]Runner Image"
    yield "Image: ubuntu-24.04"
    yield "##[endgroup]"
    yield f"##[group]Run {job.name}"
    yield "##[endgroup]"
    if job.log:
        yield from job.log.splitlines()
    elif runs_tests(flow, job):
        found = cases(git, job.sha)
        bad = broken(found, job)
        for case in found:
            yield f"{case.path}::{case.name} {'FAILED' if case == bad else 'PASSED'}"
        yield f"{1 if bad else 0} failed, {len(found) - (1 if bad else 0)} passed"
    if job.conclusion == "cancelled":
        yield "##[error]The operation was canceled."
    elif job.conclusion != "success":
        yield "##[error]Process completed with exit code 1."
    yield "Cleaning up orphan processes"


def results(git: Git, job: CheckRun) -> bytes:
    """Return the zip file with the results of a job's tests."""
    found = cases(git, job.sha)
    bad = broken(found, job)
    rows = []
    for case in found:
        inner = ""
        if case == bad:
            inner = f'<failure message="assert False">{case.path}:{case.line}</failure>'
        place, _, _ = case.path.replace("/", ".").rpartition(".")
        rows.append(
            f"<testcase classname={quoteattr(place)} name={quoteattr(case.name)} "
            f"file={quoteattr(case.path)} line={quoteattr(str(case.line))} "
            f'time="{case.seconds}">{inner}</testcase>'
        )
    seconds = round(sum(case.seconds for case in found), 3)
    counts = f'tests="{len(found)}" failures="{1 if bad else 0}" errors="0" skipped="0"'
    suite = f'<testsuite name="tests" {counts} time="{seconds}">{"".join(rows)}</testsuite>'
    text = f'<?xml version="1.0" encoding="utf-8"?><testsuites>{suite}</testsuites>'
    return packed({REPORT: text.encode()})


def packed(held: dict[str, bytes]) -> bytes:
    """Return files as a zip that is the same whenever it is made."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in held.items():
            archive.writestr(zipfile.ZipInfo(name, _ZIP_BEGINS), content)
    return out.getvalue()


def results_of(repo: Repository, flows: dict[int, Workflow]) -> list[tuple[int, CheckRun]]:
    """Return the jobs whose results are kept, each with its workflow run, newest first."""
    suites = {
        suite: run
        for run in repo.runs
        for suite in (run.suite, *(attempt.suite for attempt in run.earlier))
    }
    return [
        (run.id, job)
        for job in reversed(repo.checks)
        for run in [suites.get(job.suite)]
        if run
        and job.completed_at
        and job.conclusion in ("success", "failure")
        and job.id not in repo.gone_artifacts
        and runs_tests(flows[run.workflow], job)
    ]
