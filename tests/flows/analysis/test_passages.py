"""Passages: a page in pieces, and BM25 by hand."""

from collections import Counter

import pytest

from flows.analysis.passages import (
    LONGEST,
    SHOWN,
    Passage,
    best,
    is_page,
    kind_of,
    nowhere,
    passages_of,
    scores_of,
    shown,
)

PAGE = """Intro of it.

# Deploy

Run `make deploy`.

```sh
# not a heading
```

Roll back
=========

Run `make undo`.

## Empty
"""


def test_three_documents_by_hand() -> None:
    """N = 3, average length 3; "deploy" is in two of them, once and twice.

    rarity = ln(1 + (3 - 2 + 0.5) / (2 + 0.5)) = 0.470004
    length 2, tf 1: norm = 1.2 * (0.25 + 0.75 * 2/3) = 0.9, score = 0.470004 * 2.2 / 1.9 = 0.544215
    length 4, tf 2: norm = 1.2 * (0.25 + 0.75 * 4/3) = 1.5, score = 0.470004 * 4.4 / 3.5 = 0.590862
    """
    documents = [
        Counter({"deploy": 1, "shop": 1}),
        Counter({"deploy": 2, "cart": 2}),
        Counter({"cart": 3}),
    ]
    assert scores_of(["deploy"], documents) == pytest.approx([0.544215, 0.590862, 0.0], abs=1e-5)
    assert scores_of(["deploy"], []) == []


def test_a_page_falls_apart_at_its_headings() -> None:
    """Of both kinds; a comment in code is none, and a heading alone is no passage."""
    found = passages_of("docs/a.md", PAGE, "https://x/a.md")
    assert [(each.heading, each.line) for each in found] == [
        ("", 1),
        ("Deploy", 3),
        ("Roll back", 11),
    ]
    assert "not a heading" in found[1].text
    assert found[2].text == "Run `make undo`."
    assert found[1].url == "https://x/a.md#L3"
    assert passages_of("a", "")[:1] == []


def test_a_long_section_is_several_passages() -> None:
    """Each with the heading of all."""
    found = passages_of("a.md", "# Long\n" + "word word\n" * 400)
    assert {each.heading for each in found} == {"Long"}
    assert len(found) > 2
    assert max(len(each.text) for each in found) < LONGEST + 400


def test_the_best_passages_come_first() -> None:
    """Other forms of a word count, a heading more than a text, and one page not for everything."""
    pages = [
        Passage("a.md", "Deployments", "Run make."),
        Passage("b.md", "Cart", "We deployed it once, among many other words of no use here."),
        Passage("c.md", "Carts", "Nothing."),
        *(Passage("d.md", f"Deploy {number}", "Deploy.") for number in range(4)),
    ]
    found = best("How do we deploy?", pages)
    assert [each.source for each in found].count("d.md") == 2
    assert found[-1].source == "b.md"
    assert best("Anything?", pages) == []
    assert best("deploy", []) == []


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("README.md", True),
        ("lib/README.rst", True),
        ("docs/a/b.md", True),
        ("src/adr/0001.md", True),
        ("src/notes.md", False),
        ("docs/a.png", False),
        ("LICENSE", False),
    ],
)
def test_pages_are_known_by_their_places(path: str, *, page: bool) -> None:
    """Texts in folders for them, on top, or called README."""
    assert is_page(path) is page


def test_a_passage_is_shown_without_its_signs() -> None:
    """In one line, cut where it is long."""
    assert shown("**Run** [it](https://x)\n> `now` <!-- hint -->") == "Run it now"
    assert shown("```py\nretry_after = 3\n```\n# of *max_age*") == "retry_after = 3 of max_age"
    assert shown("see :func:`~flask.jsonify` or :ref:`this <that>`") == "see flask.jsonify or this"
    assert shown("a" * 999) == "a" * (SHOWN - 1) + "…"
    assert [kind_of(each) for each in ("#3", "docs/adr/1.md", "a.md")] == [
        "pull request",
        "decision",
        "page",
    ]


def test_words_that_nothing_has_are_named() -> None:
    """Other forms of a word count; a passage in Chinese is as long as it reads."""
    pages = [
        Passage("en.md", "Timeouts", "Set a timeout of your own."),
        Passage("zh.md", "", "其他参数配置可以直接构造对象进行更详尽的配置示例代码 timeout"),
    ]
    assert nowhere("How long are timeouts of a zebra?", pages) == ("long", "zebra")
    assert best("timeout", pages)[0].source == "en.md"
    assert best("参数配置", pages)[0].source == "zh.md"
