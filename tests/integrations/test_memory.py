"""What is remembered is bounded, and what is in use stays."""

from integrations.memory import Memory


def test_what_was_not_used_longest_goes_first() -> None:
    """Looking at something is using it."""
    memory: Memory[int] = Memory(2)
    memory.put("a", 1)
    memory.put("b", 2)
    assert memory.get("a") == 1
    memory.put("c", 3)
    assert [memory.get(key) for key in "abc"] == [1, None, 3]


def test_a_newer_value_takes_the_place_of_the_older() -> None:
    """And no more room than that."""
    memory: Memory[int] = Memory(2)
    for value in range(5):
        memory.put("a", value)
    memory.put("b", 9)
    assert (memory.get("a"), memory.get("b")) == (4, 9)
