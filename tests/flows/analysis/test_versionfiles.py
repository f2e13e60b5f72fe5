"""Files that hold a version: one line changes, and nothing else."""

import pytest

from flows.analysis.versionfiles import version_in, with_version


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('name = "api"\nversion = "1.2.0"\n', 'name = "api"\nversion = "1.3.0"\n'),
        ('{\n  "version": "1.2.0",\n  "x": 1\n}\n', '{\n  "version": "1.3.0",\n  "x": 1\n}\n'),
        ("__version__ = '1.2.0'\n", "__version__ = '1.3.0'\n"),
        ("1.2.0\n", "1.3.0\n"),
        ("v1.2.0-rc.1", "v1.3.0"),
    ],
)
def test_only_the_version_is_raised(before: str, after: str) -> None:
    """Spaces, quotes and neighbours stay as they are."""
    assert with_version(before, "v1.3.0") == after


@pytest.mark.parametrize(
    "content", ["", "no version here\n", 'version = "1.3.0"\n', "12 monkeys\n"]
)
def test_nothing_to_raise_is_said(content: str) -> None:
    """A file without a version, or with this one already, is left alone."""
    assert with_version(content, "v1.3.0") is None


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("pyproject.toml", 'version = "1.2.0"', 'version = "1.3.0rc1"'),
        ("src/api/__init__.py", '__version__ = "1.2.0"', '__version__ = "1.3.0rc1"'),
        ("setup.cfg", "[metadata]\nversion = 1.2.0\n", "[metadata]\nversion = 1.3.0rc1\n"),
        ("VERSION", "1.3.0b2\n", "1.3.0rc1\n"),
        ("VERSION", "1.2.0\n", "1.3.0-rc.1\n"),
        ("package.json", '"version": "1.2.0"', '"version": "1.3.0-rc.1"'),
        ("Cargo.toml", 'version = "1.2.0"', 'version = "1.3.0-rc.1"'),
    ],
)
def test_a_pre_release_is_written_as_the_file_does(path: str, before: str, after: str) -> None:
    """Files of Python follow PEP 440, whatever the tag looks like."""
    assert with_version(before, "v1.3.0-rc.1", path) == after


def test_other_pre_releases_and_prefixes() -> None:
    """What PEP 440 has no word for stays, and a prefix of the tag is no part of the version."""
    assert with_version('version = "1.2.0"', "v1.3.0-canary.1", "pyproject.toml") == (
        'version = "1.3.0-canary.1"'
    )
    assert with_version("1.2.0\n", "release-1.3.0") == "1.3.0\n"
    assert (version_in('version = "1.3.0.dev"\n'), version_in("nothing")) == ("1.3.0.dev", "")


def test_the_tag_of_a_component_counts_without_its_name() -> None:
    """`api/v1.3.0` is version 1.3.0."""
    assert with_version('version = "1.2.0"', "api/v1.3.0") == 'version = "1.3.0"'
