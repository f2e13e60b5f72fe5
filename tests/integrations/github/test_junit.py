"""Reports of tests are read as they are, and what is none does no harm."""

import contextlib
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.errors import Refused
from integrations.github import junit
from integrations.github.junit import results_from


def zipped(**files: str) -> bytes:
    """Return a zip file; `report` becomes report.xml."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.xml", text)
    return out.getvalue()


REPORT = """\
<testsuites><testsuite name="s">
<testcase classname="a.B" name="one" time="1,200.5" file="a.py" line="7"/>
<testcase classname="a.B" name="two" time="x"><failure message="no">long</failure></testcase>
<testcase name="three"><error>trace</error></testcase>
<testcase name="four"><skipped/></testcase>
</testsuite></testsuites>
"""


def test_each_test_is_one_result() -> None:
    """With its outcome, its time and the reason of a failure."""
    found = results_from(zipped(report=REPORT))
    assert [(each.full_name, each.outcome) for each in found] == [
        ("a.B::one", "passed"),
        ("a.B::two", "failed"),
        ("three", "failed"),
        ("four", "skipped"),
    ]
    assert [each.seconds for each in found] == [1200.5, 0, 0, 0]
    assert [each.message for each in found] == ["", "no", "trace", ""]


@pytest.mark.parametrize(
    "text",
    [
        "<testcase",
        "<other><thing/></other>",
        '<!DOCTYPE x [<!ENTITY a "aa">]><testcase name="&a;"/>',
        "",
    ],
)
def test_what_is_no_report_holds_no_tests(text: str) -> None:
    """Also one that tries to be large by entities."""
    assert results_from(zipped(report=text)) == []


def test_other_files_are_left_alone() -> None:
    """Only XML is looked at."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("report.txt", REPORT)
    assert results_from(out.getvalue()) == []


def test_what_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it fills the memory."""
    monkeypatch.setattr(junit, "MAX_BYTES", 100)
    with pytest.raises(Refused, match="too large"):
        results_from(zipped(report=REPORT))


@given(st.binary(max_size=200))
def test_no_bytes_break_it(content: bytes) -> None:
    """They are refused, or hold no tests."""
    with contextlib.suppress(Refused):
        assert results_from(content) == []


@given(st.binary(max_size=200))
def test_no_report_breaks_it(content: bytes) -> None:
    """Whatever is in the file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("report.xml", content)
    assert results_from(out.getvalue()) == []
