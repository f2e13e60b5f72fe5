"""Release notes group changes, name issues, and never ping or format what people wrote."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from flows.analysis.notes import NOTES_LIMIT, issues_of, notes_from, plain


@dataclass(frozen=True)
class Pull:
    number: int
    title: str
    author: str = "ada"
    url: str = ""
    body: str | None = ""
    labels: tuple[str, ...] = ()
    head_ref: str = ""


def test_changes_are_grouped_for_readers() -> None:
    """The whole page, as it is published."""
    pulls = [
        Pull(1, "chore(deps): Bump lib", "bot"),
        Pull(2, "fix: Close the file", url="https://git.example/2"),
        Pull(3, "feat(api)!: Drop v1", "bo", body="Closes ENG-12"),
        Pull(4, "Say more", labels=("documentation",)),
        Pull(5, "Whatever"),
    ]
    text = notes_from(
        pulls,
        compare_url="https://git.example/compare/v1...v2",
        issues={"ENG-12": "https://linear.example/ENG-12"},
        newcomers=["bo"],
    )
    assert text == (
        "### Breaking changes\n\n"
        "- **api:** Drop v1 (#3) by bo \u2013 [ENG-12](https://linear.example/ENG-12)\n\n"
        "### Fixes\n\n- Close the file ([#2](https://git.example/2)) by ada\n\n"
        "### Documentation\n\n- Say more (#4) by ada\n\n"
        "### Other changes\n\n- Whatever (#5) by ada\n\n"
        "### Dependencies\n\n- **deps:** Bump lib (#1) by bot\n\n"
        "### First contributions\n\n- bo in #3\n\n"
        "**Full changelog:** [every commit](https://git.example/compare/v1...v2)\n"
    )


def test_nothing_merged_says_so() -> None:
    """An empty page would be refused by GitHub."""
    assert notes_from([]) == "No changes.\n"


def test_huge_notes_are_cut_and_say_how_much_is_missing() -> None:
    """What matters least is left out, and counted."""
    pulls = [Pull(n, f"fix: {'x' * 290}") for n in range(2000)]
    pulls.append(Pull(9999, "feat!: The one that matters"))
    text = notes_from(pulls, compare_url="https://git.example/c")
    assert len(text) <= NOTES_LIMIT
    assert "The one that matters" in text
    shown = text.count("\n- ")
    assert f"… {len(pulls) - shown} more changes" in text
    assert text.endswith("[every commit](https://git.example/c)\n")


def test_issues_are_found_where_people_write_them() -> None:
    """Capitals count anywhere; other spellings only for teams that exist."""
    pull = Pull(1, "Fix ENG-12, not UTF-8", body="See OPS-3.", head_ref="ada/eng-14-retries")
    assert issues_of(pull) == ["ENG-12", "OPS-3"]
    assert issues_of(pull, ["ENG"]) == ["ENG-12", "ENG-14"]


def test_a_label_leaves_a_change_out() -> None:
    """It is nothing that readers of the notes need to know."""
    text = notes_from([Pull(1, "fix: A"), Pull(2, "chore: B", labels=("Skip-Changelog",))])
    assert "A (" in text
    assert "B" not in text


def test_mentions_links_and_markup_are_only_text() -> None:
    """Nobody is pinged by a title."""
    assert plain("@ada *x* <b> www.x.example") == "@\u200bada \\*x\\* \\<b\\> www\u200b.x.example"
    assert plain("a\u202eb\u200bc") == "abc"


@given(st.text(max_size=400))
def test_no_title_pings_breaks_the_line_or_opens_html(title: str) -> None:
    """Whatever people write stays inside its line, and every sign that formats is escaped."""
    text = plain(title)
    assert "\n" not in text
    assert "://" not in text
    assert all(part[:1] == "\u200b" for part in text.split("@")[1:])
    bare = text.replace("\\\\", "")
    assert all(
        index and bare[index - 1] == "\\" for index, c in enumerate(bare) if c in "`*_[]<>|~&"
    )
