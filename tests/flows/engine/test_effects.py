"""Effects are values: two that differ in anything that matters have different marks."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.engine.effects import Effect, Reference, effect, fingerprint, resolved
from tests.flows.engine.memory import Thing

ROOT = Path(__file__).parents[3]
WORDS = st.text(max_size=10)
SETS = """
from functools import partial
from tests.flows.engine.test_effects import make
from flows.engine.effects import effect, fingerprint
print(fingerprint((effect("Make", do=partial(make, "desk", colors={"red", "blue", "green"})),)))
"""


async def make(name: str, color: object = "red", **more: object) -> Thing:
    """Make something."""
    return Thing(f"{name} {color} {more}", 1)


async def mend(name: str, color: object = "red", **more: object) -> Thing:
    """Mend something."""
    return Thing(f"{name} {color} {more}", 2)


def making(title: str = "Make", **given: object) -> Effect[Thing]:
    """Return an effect that makes a desk."""
    return effect(title, do=partial(make, "desk", **given))


def test_the_same_plan_has_the_same_fingerprint() -> None:
    """A replay builds it anew, and the yes still fits."""
    assert fingerprint((making(), making("b"))) == fingerprint((making(), making("b")))


@pytest.mark.parametrize(
    "other",
    [
        (making("Make it"),),
        (effect("Make", do=partial(mend, "desk")),),
        (effect("Make", do=partial(make, "chair")),),
        (effect("Make", do=partial(make, "desk", "red")),),
        (making(color="blue"),),
        (making(), making("b")),
        (),
    ],
    ids=["title", "function", "argument", "position", "keyword", "more", "none"],
)
def test_another_plan_has_another_fingerprint(other: tuple[Effect[Thing], ...]) -> None:
    """By its title, its function, or any of its arguments."""
    assert fingerprint(other) != fingerprint((making(),))


def test_the_order_of_a_plan_is_part_of_it() -> None:
    """What happens first may matter."""
    one, two = making("a"), making("b")

    assert fingerprint((one, two)) != fingerprint((two, one))


@given(st.tuples(WORDS, WORDS), st.tuples(WORDS, WORDS))
def test_titles_and_arguments_do_not_run_into_each_other(
    one: tuple[str, str], two: tuple[str, str]
) -> None:
    """However they are worded, two plans are alike only if all their parts are."""
    plans = [fingerprint((effect(title, do=partial(make, name)),)) for title, name in (one, two)]

    assert (plans[0] == plans[1]) == (one == two)


def test_another_process_comes_to_the_same_fingerprint() -> None:
    """Also where an argument is a set, whose order differs from process to process."""
    found = {
        subprocess.run(  # noqa: S603 - this very interpreter
            [sys.executable, "-c", SETS],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2", "3")
    }

    assert len(found) == 1


def test_a_reference_is_a_placeholder_in_the_plan() -> None:
    """It says whose result it stands for, down to the attribute."""
    issue = making("Open the bug")

    assert str(issue.result) == "<result of 'Open the bug'>"
    assert str(issue.result.owner.name) == "<result.owner.name of 'Open the bug'>"


def test_a_reference_counts_in_the_fingerprint() -> None:
    """The branch named after one issue is not the branch named after another."""
    plans = [
        fingerprint((effect("Branch", do=partial(make, issue.result.name)),))
        for issue in (making("Open the bug"), making("Open the task"))
    ]

    assert plans[0] != plans[1]


async def test_references_are_resolved_wherever_they_stand() -> None:
    """As arguments and as keywords, whole or one attribute of them; the rest stays."""
    first = making("first")
    call = partial(make, first.result.name, color=first.result, size="l")

    done = await resolved(call, {"first": Thing("desk", 7)})()

    assert done.name == f"desk {Thing('desk', 7)} {{'size': 'l'}}"


def test_a_reference_pretends_to_be_nothing_private() -> None:
    """Copying, pickling and showing ask for such names; they must not become placeholders."""
    with pytest.raises(AttributeError):
        _ = Reference("first")._anything


def test_an_effect_is_itself_and_nobody_else() -> None:
    """Two that look alike are two, so that each finds its own result."""
    one, two = making(), making()

    assert one == one  # noqa: PLR0124 - equality is by identity
    assert one != two
    assert len({one, two}) == 2
