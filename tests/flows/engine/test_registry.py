"""Flows are found by being there; a page that breaks a rule says which."""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import flows
from bot.__main__ import main
from bot.slack.manifest import page as manifest_page
from flows.engine.access import Role
from flows.engine.errors import AuthorError
from flows.engine.locks import lock_of
from flows.engine.registry import catalogue, find, flow
from flows.engine.run import ReadRun, Run
from flows.engine.spec import Flow, Params, Shortcut
from flows.report import Report

PAGE = '''
import datetime

from flows import Params, ReadRun, Report, Role, Run, Shortcut, flow


class Inputs(Params):
    repo: str = "acme/api"


@flow(alias="tidy", role=Role.OPERATOR, approvals=2, examples=["tidy acme/api"]{more})
async def {function}(run: {run}, params: Inputs) -> Report:
    """Put everything in its place."""
    return Report("Tidy")
'''
Page = Callable[..., ModuleType]


@pytest.fixture
def page() -> Iterator[Page]:
    """Return a function that makes a module of a family out of a page's text."""
    made: list[str] = []

    def imported(
        *,
        doc: str | None = "Tidy up.",
        function: str = "tidy_up",
        run: str = "Run",
        more: str = ', weight="batch"',
    ) -> Any:  # noqa: ANN401 - a module with whatever the page defines
        name = "flows.development.tidy_up"
        module = ModuleType(name, doc)
        sys.modules[name] = module
        made.append(name)
        source = PAGE.format(function=function, run=run, more=more)
        exec(compile(source, name, "exec"), module.__dict__)  # noqa: S102 - the page above
        return module

    yield imported
    for name in made:
        sys.modules.pop(name, None)


def test_a_page_registers_itself(page: Page) -> None:
    """The names come from where it is, the rest from its decorator and its types."""
    module: Any = page()
    found: Flow = module.FLOW

    assert (found.slug, found.alias, found.family) == ("tidy-up", "tidy", "development")
    assert (found.summary, found.role, found.approvals) == ("Tidy up.", Role.OPERATOR, 2)
    assert (found.weight, found.params) == ("batch", module.Inputs)
    assert found.examples == ("tidy acme/api",)
    assert found.body is module.tidy_up


def test_the_type_of_the_run_is_the_permission(page: Page) -> None:
    """A ReadRun only looks."""
    assert page(run="Run").__dict__["FLOW"].writes
    assert not page(run="ReadRun").__dict__["FLOW"].writes


def test_a_page_without_a_docstring_is_refused(page: Page) -> None:
    """Its first line is the summary everywhere."""
    with pytest.raises(AuthorError, match="needs a docstring: line 1 is the summary"):
        page(doc=None)


def test_a_function_that_is_not_named_like_its_page_is_refused(page: Page) -> None:
    """Path is identity."""
    with pytest.raises(AuthorError, match=r"flows\.development\.tidy_up must be called tidy_up"):
        page(function="cleaned")


def test_a_weight_that_is_no_queue_is_refused(page: Page) -> None:
    """With those that there are."""
    why = r"tidy_up: weight 'huge' is none of interactive, batch, heavy\."
    with pytest.raises(AuthorError, match=why):
        page(more=', weight="huge"')


def test_the_catalogue_is_sorted_and_finds_by_both_names() -> None:
    """Every flow answers to its slug and to its alias, and to nothing else."""
    known = catalogue()

    assert list(known) == sorted(known)
    assert "release-management" in known
    for slug, each in known.items():
        assert each.slug == slug
        assert find(slug) is find(each.alias) is each
    assert find("no-such-flow") is None
    assert find("") is None


def test_every_flow_is_a_page_of_its_family() -> None:
    """Where it says it is."""
    for each in catalogue().values():
        name = f"flows.{each.family}.{each.slug.replace('-', '_')}"
        assert sys.modules[name].__dict__["FLOW"] is each
        assert issubclass(each.params, Params)


@pytest.fixture
def family(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], None]]:
    """Return a function that drops a page into flows/development, in a folder of the test."""
    folder = tmp_path_factory.mktemp("flows")
    (folder / "development").mkdir()
    package = sys.modules.get("flows.development") or __import__("flows.development").development
    flows.__path__.append(str(folder))
    package.__path__.append(str(folder / "development"))
    made: list[str] = []

    def drop(name: str, text: str) -> None:
        (folder / "development" / f"{name}.py").write_text(text, encoding="utf-8")
        made.append(f"flows.development.{name}")
        catalogue.cache_clear()

    yield drop
    flows.__path__.remove(str(folder))
    package.__path__.remove(str(folder / "development"))
    for name in made:
        sys.modules.pop(name, None)
    catalogue.cache_clear()


def test_a_dropped_file_is_a_flow(family: Callable[[str, str], None]) -> None:
    """Nothing else is edited."""
    family("tidy_up", f'"""Tidy up."""\n{PAGE.format(function="tidy_up", run="Run", more="")}')

    assert catalogue()["tidy-up"].summary == "Tidy up."


def test_a_dropped_file_is_in_the_menu_of_a_message(family: Callable[[str, str], None]) -> None:
    """A page that declares a shortcut has it in the manifest of the app."""
    more = ', shortcuts=[Shortcut("Tidy this", text="repo")]'
    family("tidy_up", f'"""Tidy up."""\n{PAGE.format(function="tidy_up", run="Run", more=more)}')

    assert catalogue()["tidy-up"].shortcuts == (Shortcut("Tidy this", text="repo"),)
    assert 'callback_id: "tidy-up:tidy-this"' in manifest_page()


def test_a_page_without_a_flow_is_refused(family: Callable[[str, str], None]) -> None:
    """Pure code lives elsewhere."""
    family("leftover", '"""Nothing to run."""\n')

    with pytest.raises(AuthorError, match="leftover is in a family but has no @flow"):
        catalogue()


UNTYPED = """
from flows import flow
@flow(alias="tidy", examples=["tidy"])
async def tidy_up(run, params): ...
"""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "\nimport nothing_like_this",
            "line 3 of tidy_up.py: ModuleNotFoundError: No module named",
        ),
        ("\ndef (:", "line 3 of tidy_up.py: SyntaxError: invalid syntax"),
        ("RATE = 1 / 0", "line 2 of tidy_up.py: ZeroDivisionError: division by zero"),
        (UNTYPED, r"tidy_up must say what it takes: \(run: Run, params: its inputs\)"),
    ],
)
def test_a_page_that_is_broken_is_named_with_its_line(
    family: Callable[[str, str], None],
    text: str,
    why: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its author reads one line, whatever the command."""
    family("tidy_up", f'"""Tidy up."""\n{text}\n')

    with pytest.raises(AuthorError, match=why):
        catalogue()
    monkeypatch.chdir(tmp_path)
    assert main(["docs", "--check"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert re.search(why, err)


def test_two_flows_cannot_share_an_alias(family: Callable[[str, str], None]) -> None:
    """Both are named."""
    for name in ("tidy_one", "tidy_two"):
        family(name, f'"""Tidy up."""\n{PAGE.format(function=name, run="Run", more="")}')

    with pytest.raises(AuthorError, match="tidy-one and tidy-two both want the alias 'tidy'"):
        catalogue()


def test_the_decorator_keeps_the_function() -> None:
    """It can be called in a test as it was written."""

    async def test_registry(run: ReadRun, params: Params) -> Report:
        return Report(f"{run} {params}")

    kept = flow(alias="kept", examples=[])(test_registry)

    assert kept is test_registry
    assert not globals().pop("FLOW").writes
    assert issubclass(Run, ReadRun)


def test_a_page_names_its_lock_and_how_many_are_played(page: Page) -> None:
    """The lock is a template over the inputs, compared as people read it."""
    module: Any = page(
        more=', lock="deploy:{repo}", lock_for=datetime.timedelta(hours=4), max_running=2'
    )
    found: Flow = module.FLOW

    assert (found.lock_for, found.max_running) == (timedelta(hours=4), 2)
    assert lock_of(found, module.Inputs(repo=" ACME/api ")) == "deploy: acme/api"
    long = [lock_of(found, module.Inputs(repo="x" * 300 + end)) for end in ("1", "2")]
    assert [len(each) for each in long] == [240, 240]
    assert long[0] != long[1]
    assert lock_of(replace(found, lock=""), module.Inputs()) == ""


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('lock="deploy:{rep}"', "names 'rep'; the inputs are repo"),
        ('lock="deploy:{repo"', "cannot be read"),
        ('lock="deploy:{repo!r}"', "has more than a name in {repo}"),
        ('lock="deploy:{repo:>9}"', "has more than a name in {repo}"),
        ('lock="deploy:{repo.name}"', "names 'repo.name'"),
        ("lock_for=datetime.timedelta(hours=4)", "lock_for needs a lock"),
        ('lock="deploy", lock_for=datetime.timedelta()', "a length of more than nothing"),
        ("max_running=0", "max_running is at least 1, not 0"),
        ("budget=-1", "budget is a number of calls, not -1"),
    ],
)
def test_a_lock_or_a_limit_that_cannot_work_is_refused(page: Page, more: str, says: str) -> None:
    """When the page is imported, not when somebody runs it."""
    with pytest.raises(AuthorError, match=says):
        page(more=f", {more}")


def test_a_page_names_what_starts_it_and_what_needs_no_yes(page: Page) -> None:
    """Events are checked when the page is imported."""
    on = 'on=("github:pull_request.opened",)'
    found: Flow = page(more=f', {on}, free=("Keep *",)').__dict__["FLOW"]
    assert (found.on, found.free) == (("github:pull_request.opened",), ("Keep *",))
    with pytest.raises(AuthorError, match="'pull_request' is no event"):
        page(more=', on=("pull_request",)')
