"""Versions keep the style of the repository's tags, and the next one always comes later."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.analysis.versions import latest_version, next_version, why_of
from flows.engine.errors import FlowError
from integrations.semver import Version, version_from


@dataclass(frozen=True)
class Pull:
    title: str
    number: int = 1
    body: str | None = ""
    labels: tuple[str, ...] = ()


versions = st.builds(
    Version,
    major=st.integers(0, 99),
    minor=st.integers(0, 99),
    patch=st.integers(0, 99),
    pre=st.sampled_from(["", "rc.1", "alpha.9", "beta", "0.3.7", "x-y"]),
    build=st.sampled_from(["", "5.sha"]),
    prefix=st.sampled_from(["", "v", "release-", "lib/v"]),
)


@pytest.mark.parametrize(
    ("tag", "prefix", "numbers", "pre"),
    [
        ("v1.2.3", "v", (1, 2, 3), ""),
        ("1.2.3", "", (1, 2, 3), ""),
        ("release-1.2.3", "release-", (1, 2, 3), ""),
        ("1.2.3-rc.1", "", (1, 2, 3), "rc.1"),
        ("lib/v1.2.3", "lib/v", (1, 2, 3), ""),
        ("2.0", "", (2, 0, 0), ""),
        ("go1.22.1", "go", (1, 22, 1), ""),
        ("1.2.3rc4", "", (1, 2, 3), "rc4"),
        ("1.0.0-0.3.7+build.5", "", (1, 0, 0), "0.3.7"),
    ],
)
def test_tags_are_read_leniently(
    tag: str, prefix: str, numbers: tuple[int, int, int], pre: str
) -> None:
    """What teams write is understood and printed back unchanged."""
    version = version_from(tag)
    assert version is not None
    assert (version.major, version.minor, version.patch) == numbers
    assert (version.prefix, version.pre, str(version)) == (prefix, pre, tag)


@pytest.mark.parametrize(
    "tag", ["nightly", "2.3.x", "v1.x", "deploy-prod-3", "v3", "1.2.3.4", "2024.01.15", "v", ""]
)
def test_other_tags_are_no_versions(tag: str) -> None:
    """They are passed over, never an error."""
    assert version_from(tag) is None


def test_precedence_follows_the_specification() -> None:
    """The example chain of semver.org, item 11, in order."""
    chain = [
        "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
        "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0",
    ]  # fmt: skip
    keys = [v.precedence for v in map(version_from, chain) if v]
    assert keys == sorted(keys)
    assert len(keys) == len(chain)


@pytest.mark.parametrize(
    "chain",
    [
        ["1.0.0", "2.0.0", "2.1.0", "2.1.1"],
        ["1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-alpha"],
        ["1.0.0-rc.9", "1.0.0-rc.10", "1.0.0-rc.10.1"],
        ["1.0.0a1", "1.0.0b2", "1.0.0rc9", "1.0.0rc10", "1.0.0"],
    ],
)
def test_other_examples_of_precedence(chain: list[str]) -> None:
    """Numbers as numbers, before words; more parts come later; so do the labels of PEP 440."""
    keys = [v.precedence for v in map(version_from, chain) if v]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(chain)


def test_what_follows_a_plus_does_not_count() -> None:
    """Builds of one version are the same version."""
    one, other = version_from("1.0.0+5"), version_from("1.0.0+6")
    assert one
    assert other
    assert one.precedence == other.precedence


def test_the_latest_version_is_of_the_plain_tags() -> None:
    """Prefixed tags are other things unless asked for; odd tags do not matter."""
    tags = ["nightly", "v1.9.0", "v1.10.0", "v1.11.0-rc.1", "lib/v7.0.0"]
    assert str(latest_version(tags)) == "v1.11.0-rc.1"
    assert str(latest_version(tags, stable=True)) == "v1.10.0"
    assert str(latest_version(tags, family="lib/")) == "lib/v7.0.0"
    assert latest_version(["nightly"]) is None


@pytest.mark.parametrize(
    ("last", "pulls", "tag", "decided_by"),
    [
        (None, [Pull("feat: Begin")], "v0.1.0", None),
        ("v1.2.3", [Pull("fix: A")], "v1.2.4", None),
        ("v1.2.3", [Pull("fix: A"), Pull("feat(api): B", 7)], "v1.3.0", 7),
        ("1.2.3", [Pull("feat: B", 7), Pull("fix!: C", 8)], "2.0.0", 8),
        ("v0.4.1", [Pull("feat!: C", 8)], "v0.5.0", 8),
        ("v1.2.3", [Pull("Tidy", 9, "Text\n\nBREAKING CHANGE: no", ())], "v2.0.0", 9),
        ("v1.2.3", [Pull("Tidy", 9, None, ("kind/breaking-change",))], "v2.0.0", 9),
        ("v1.2.3", [Pull("Add it", 5, "", ("type: Enhancement",))], "v1.3.0", 5),
        ("v1.2.3", [Pull("Add it", 5, "", ("semver:major",))], "v2.0.0", 5),
        ("v1.2.3", [Pull("Add it", 5, "", ("severity: major",))], "v1.2.4", None),
        ("release-2.0", [Pull("feat: B", 7)], "release-2.1", 7),
        ("2.0", [Pull("fix: B")], "2.0.1", None),
        ("v1.3.0-rc.2", [Pull("feat: B", 7)], "v1.3.0", 7),
        ("v1.2.4-rc.2", [Pull("feat: B", 7)], "v1.3.0", 7),
        ("v1.2.3", [], "v1.2.4", None),
    ],
)
def test_the_pull_requests_decide_the_next_version(
    last: str | None, pulls: list[Pull], tag: str, decided_by: int | None
) -> None:
    """Titles, labels and footers count; the first of the biggest is named."""
    bump = next_version(last, pulls)
    assert (bump.tag, bump.decided_by) == (tag, decided_by)
    assert bump.because


@pytest.mark.parametrize(
    ("last", "pre", "tag"),
    [
        (None, "rc", "v0.1.0-rc.1"),
        ("v1.2.3", "rc", "v1.3.0-rc.1"),
        ("v1.3.0-rc.1", "rc", "v1.3.0-rc.2"),
        ("v1.3.0-rc.9", "rc", "v1.3.0-rc.10"),
        ("v1.3.0-beta.4", "rc", "v1.3.0-rc.1"),
        ("1.3.0rc9", "rc", "1.3.0rc10"),
        ("v1.2.4-rc.3", "rc", "v1.3.0-rc.1"),
    ],
)
def test_pre_releases_count_until_they_are_promoted(last: str | None, pre: str, tag: str) -> None:
    """A feature was merged; the base only moves where the pre-release is too small for it."""
    assert next_version(last, [Pull("feat: B")], pre=pre).tag == tag


@pytest.mark.parametrize(
    ("last", "pre", "like", "tag"),
    [
        ("1.2.0", "rc", "1.0.0rc2", "1.3.0rc1"),
        ("1.2.0", "beta", "1.0.0rc2", "1.3.0b1"),
        ("v1.2.0", "beta", "v1.0.0-alpha.2", "v1.3.0-beta.1"),
        ("v1.2.0", "rc", "v1.0.0-rc2", "v1.3.0-rc1"),
        ("v1.2.0", "alpha", "v1.0.0beta1", "v1.3.0alpha1"),
        ("1.3.0b4", "beta", "1.3.0b4", "1.3.0b5"),
        ("1.3.0b4", "rc", "1.3.0b4", "1.3.0rc1"),
        ("v1.3.0.dev1", "rc", "", "v1.3.0-rc.1"),
    ],
)
def test_pre_releases_are_spelled_as_those_before(last: str, pre: str, like: str, tag: str) -> None:
    """With or without a dash, in full or in short, whatever the habit is."""
    assert next_version(last, [Pull("feat: B")], pre=pre, like=like).tag == tag


@pytest.mark.parametrize(
    ("pull", "why"),
    [
        (Pull("feat!: B"), "its title has a !"),
        (Pull("Tidy", body="BREAKING CHANGE: no"), "its text says BREAKING CHANGE"),
        (Pull("Tidy", labels=("semver:major",)), "it has the label semver:major"),
        (Pull("Tidy", labels=("kind/feature",)), "it has the label kind/feature"),
        (Pull("docs: more"), "its title begins with docs"),
        (Pull("Tidy", labels=("bug",)), "it has the label bug"),
        (Pull("Tidy: up"), "neither its title nor a label says what kind of change it is"),
    ],
)
def test_why_a_change_counts_as_it_does(pull: Pull, why: str) -> None:
    """What decides is named, and so is that nothing does."""
    assert why_of(pull) == why


def test_a_patch_says_how_far_it_can_be_trusted() -> None:
    """Titles without a kind are counted, and what a label leaves out raises nothing."""
    plain = next_version("v1.2.3", [Pull("Tidy"), Pull("fix: A")])
    left = next_version("v1.2.3", [Pull("fix: A"), Pull("feat: B", labels=("skip-changelog",))])
    bare = next_version("v1.2.3", [Pull("feat: B", number=0)])

    assert plain.because.endswith("and 1 of 2 say nothing of their kind")
    assert (left.tag, left.because) == ("v1.2.4", "no feature and no breaking change was merged")
    assert bare.because == "“feat: B” is a feature"


def test_impossible_wishes_get_a_sentence() -> None:
    """Going back, unknown labels and odd tags are refused."""
    with pytest.raises(FlowError, match=r"would come before v1\.3\.0-rc\.2"):
        next_version("v1.3.0-rc.2", [], pre="alpha")
    with pytest.raises(FlowError, match="no pre-release label"):
        next_version("v1.3.0", [], pre="1..2")
    with pytest.raises(FlowError, match="nightly is no semantic version"):
        next_version("nightly", [])


def test_an_asked_level_overrules_the_pull_requests() -> None:
    """Also below 1.0.0, which is how a project leaves 0.x."""
    bump = next_version("v0.9.0", [Pull("fix: A")], level="major")
    assert (bump.tag, bump.because) == ("v1.0.0", "major was asked for")


@given(versions)
def test_a_version_survives_its_tag(version: Version) -> None:
    """Printing and reading are each other's inverse."""
    assert version_from(str(version)) == version


@given(versions, st.sampled_from(["fix: A", "feat: B", "feat!: C"]), st.sampled_from(["", "rc"]))
def test_the_next_version_always_comes_later(last: Version, title: str, pre: str) -> None:
    """No tag ever goes back, whatever the last one was."""
    try:
        bump = next_version(str(last), [Pull(title)], pre=pre)
    except FlowError:
        assert last.pre
        return
    following = version_from(bump.tag)
    assert following is not None
    assert following.precedence > last.precedence
    assert following.prefix == last.prefix


@given(st.text(max_size=60))
def test_no_tag_breaks_the_reader(tag: str) -> None:
    """Any text is a version that prints back to itself, or none."""
    version = version_from(tag)
    assert version is None or str(version) == tag
