"""What a run came to, for tests of its report."""

from flows.report import Bullets, Report
from tests.flows.play import Played


def report(run: Played) -> Report:
    """Return the report of a run that is done."""
    assert run.state == "done", run.line
    assert run.report
    return run.report


def said(run: Played, title: str) -> list[str]:
    """Return the entries of a list of the report, as text."""
    lists = (each for each in report(run).blocks if isinstance(each, Bullets))
    found = next((each for each in lists if each.title.startswith(title)), None)
    return ["".join(map(str, line)) for line in found.items] if found else []
