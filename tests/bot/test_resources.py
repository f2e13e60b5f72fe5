"""What a run used is said in words, and only what it used."""

import pytest

from bot.resources import lines, size
from integrations.meter import Used, total


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (81_920, "81.9 KB"), (5 * 10**12, "5000.0 GB")],
)
def test_a_size_has_the_unit_that_fits(count: int, words: str) -> None:
    """Bytes are counted in thousands, as networks do."""
    assert size(count) == words


def test_each_integration_has_its_calls_its_cost_and_its_bytes() -> None:
    """Under its own name; what has no rate limit costs nothing."""
    used = Used({"github": 12, "git": 1}, {"github": 9}, {"github": 1_200_000}, 0.4217, 48_200_000)

    assert lines(used) == [
        ("CPU", "0.422 s"),
        ("Child processes", "up to 48.2 MB of memory each"),
        ("Git", "1 call, 0 B"),
        ("GitHub", "12 calls, 9 of the rate limit, 1.2 MB"),
    ]


def test_what_was_not_used_is_left_out() -> None:
    """A run without calls and children has its CPU time alone."""
    assert lines(Used()) == [("CPU", "0.000 s")]


def test_parts_add_up_and_the_largest_process_stays() -> None:
    """Counts and CPU are summed; memory is not, for processes end before others begin."""
    parts = [
        Used({"github": 1}, {"github": 1}, {"github": 10}, 0.5, 7),
        Used({"github": 2, "git": 1}, {"github": 3}, {"git": 5}, 0.25, 9),
    ]

    assert total(parts) == Used(
        {"github": 3, "git": 1}, {"github": 4}, {"github": 10, "git": 5}, 0.75, 9
    )
