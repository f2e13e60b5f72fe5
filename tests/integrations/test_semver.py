"""Semantic versions sort as semver.org says."""

from integrations.semver import version_from


def test_numbers_sort_by_precedence() -> None:
    """A pre-release comes before its release, ten after nine, and a build counts for nothing."""
    texts = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-rc.2",
        "1.0.0-rc.10",
        "1.0.0",
        "1.9.0",
        "1.10.0",
    ]
    read = [version_from(text) for text in reversed(texts)]
    assert [str(each) for each in sorted(filter(None, read), key=lambda v: v.precedence)] == texts


def test_what_is_no_version_is_none() -> None:
    """Tags may be called anything."""
    assert [version_from(text) for text in ("nightly", "", "1", "9" * 300)] == [None] * 4
