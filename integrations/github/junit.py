"""The results of tests in JUnit's form, read from a zip file that anybody may have made."""

import io
import zipfile
from collections.abc import Iterator
from typing import Literal
from xml.etree.ElementTree import Element, ParseError, iterparse

from integrations.errors import Refused
from integrations.github.models import Model

Outcome = Literal["passed", "failed", "skipped"]

MAX_BYTES = 64 * 1024 * 1024  # of all the reports in one file, unpacked
MAX_MESSAGE = 1_000
WHOLE = frozenset({"testcase", "testsuite"})


class TestResult(Model, frozen=True):
    """One test as it went; `place` is its class or module, `file` where the report says it."""

    __test__ = False  # for pytest, which would take it for a test

    name: str
    place: str
    outcome: Outcome
    seconds: float = 0.0
    file: str = ""
    line: int = 0
    message: str = ""

    @property
    def full_name(self) -> str:
        return f"{self.place}::{self.name}" if self.place else self.name


def results_from(content: bytes) -> list[TestResult]:
    """Return the tests of every XML report in a zip file; what is no report of tests is left out.

    Raises `Refused` for what is no zip file, or would be too large when unpacked.
    """
    found: list[TestResult] = []
    left = MAX_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.infolist():
                if not entry.filename.lower().endswith(".xml") or entry.flag_bits & 1:
                    continue
                with archive.open(entry) as file:
                    text = file.read(left + 1)
                left -= len(text)
                if left < 0:
                    raise Refused("The results of the tests are too large to be read.")
                found += _results(text)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError):
        raise Refused("The artifact is no zip file that can be read.") from None
    return found


def _results(text: bytes) -> list[TestResult]:
    """Return the tests of one report; one with entities of its own is not read: none needs any."""
    if b"<!ENTITY" in text or b"<!DOCTYPE" in text or b"\0" in text:
        return []
    try:
        return list(_cases(text))
    except (ParseError, ValueError):
        return []


def _cases(text: bytes) -> Iterator[TestResult]:
    for _, element in iterparse(io.BytesIO(text)):  # noqa: S314 - without entities nothing grows
        if element.tag == "testcase":
            yield _case(element)
        if element.tag in WHOLE:
            element.clear()


def _case(element: Element) -> TestResult:
    bad = next((each for tag in ("failure", "error") for each in element.iterfind(tag)), None)
    skipped = element.find("skipped") is not None
    said = "" if bad is None else bad.get("message") or bad.text or ""
    return TestResult(
        name=element.get("name", ""),
        place=element.get("classname", ""),
        outcome="failed" if bad is not None else "skipped" if skipped else "passed",
        seconds=_number(element.get("time", "")),
        file=element.get("file", ""),
        line=int(_number(element.get("line", ""))),
        message=said.strip()[:MAX_MESSAGE],
    )


def _number(text: str) -> float:
    """Return a number of a report: some write thousands with commas, some write nothing."""
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return 0.0
    return value if 0 <= value < 1e9 else 0.0  # noqa: PLR2004 - thirty years, or no number
