"""Counts in words."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return `1 file`, `2 files`, `1,234 files`; `plural` where an s is not enough."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
