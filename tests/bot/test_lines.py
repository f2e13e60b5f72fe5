"""Which queues a worker serves, with how many runs at a time, as people write it."""

import pytest

from bot import lines


@pytest.mark.parametrize(
    ("words", "served"),
    [
        ("interactive", ("interactive",)),
        (" heavy , batch,heavy ", ("heavy", "batch")),
        ("delivery", ("delivery",)),
        (",".join(lines.SERVED), lines.SERVED),
    ],
)
def test_queues_are_named_with_commas_between(words: str, served: tuple[str, ...]) -> None:
    """Spaces and repeats do not matter."""
    assert lines.served(words) == served


@pytest.mark.parametrize(
    ("words", "why"), [("", "no queue is named"), ("batch,havy", "there is no queue 'havy'")]
)
def test_a_wrong_queue_is_refused_with_the_right_ones(words: str, why: str) -> None:
    """The sentence says what to write."""
    with pytest.raises(ValueError, match=f"{why}: name some of interactive, batch, heavy"):
        lines.served(words)


@pytest.mark.parametrize(
    ("words", "limits"),
    [
        ("20", {"interactive": 20, "batch": 20, "heavy": 20}),
        ("", dict(lines.CONCURRENCY)),
        ("heavy=1, batch = 4", {"interactive": 50, "batch": 4, "heavy": 1}),
    ],
)
def test_concurrency_is_one_number_or_one_for_each(words: str, limits: dict[str, int]) -> None:
    """What is not named keeps its default."""
    assert lines.concurrency(words) == limits


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("0", "'0' is not a number from 1 to 1000"),
        ("heavy=many", "'many' is not a number from 1 to 1000"),
        ("5000", "'5000' is not a number"),
        ("many", "'many' does not say how many: write 50, or interactive=50"),
        ("delivery=2", "'delivery=2' does not say how many"),
    ],
)
def test_wrong_concurrency_is_refused_with_an_example(words: str, why: str) -> None:
    """Delivery has none: one sender sends everything there is."""
    with pytest.raises(ValueError, match=why):
        lines.concurrency(words)
