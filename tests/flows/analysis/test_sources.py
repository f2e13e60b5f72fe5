"""Source lines are lines with code, in every style of comment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.analysis.sources import language_of, source_lines, vendored_in


@pytest.mark.parametrize(
    ("language", "text", "lines"),
    [
        ("Python", '"""Doc\n\nstring."""\n# no\nx = 1  # yes\n\ny = "#"\n', 4),
        (
            "JavaScript",
            "/* a\n b */ x()\n// c\nconst g = 'src/**/*.js';\nz() /* d */\n`\n//\n`\n",
            6,
        ),
        ("Rust", "fn f<'a>(x: &'a str) {} // c\n/* /* */\nlet q = '\"';\n// x\n", 2),
        ("Shell", "#!/bin/sh\n# c\necho ${#x} # d\n", 1),
        ("SQL", "-- c\nselect '--'; /* d\n e */\n", 1),
        ("HTML", "<!-- a\nb -->\n<p>\n", 1),
        ("CSS", "/* a */\np {}\n", 1),
        ("C", "int a; /* b\n c\n*/ int d;\n// it's\nint e;\n", 3),
    ],
)
def test_blanks_and_comments_do_not_count_in(language: str, text: str, lines: int) -> None:
    """Signs inside of strings begin no comment."""
    assert source_lines(text, language) == lines


def test_languages_go_by_suffix_and_vendored_code_is_known() -> None:
    """Only programming languages have one."""
    assert [language_of(p) for p in ("a.PY", "b/c.tsx", "d.md", "e")] == [
        "Python",
        "TypeScript",
        "",
        "",
    ]
    assert vendored_in("web/node_modules/x/dist/a.js") == "web/node_modules"
    assert vendored_in("src/vendor.py") == ""


@given(st.text(max_size=200), st.sampled_from(["Python", "JavaScript", "Rust", "SQL", "HTML", "C"]))
def test_there_are_never_more_source_lines_than_lines(text: str, language: str) -> None:
    """Whatever the text is."""
    assert 0 <= source_lines(text, language) <= len(text.splitlines())
