"""What a diff adds is read by its line numbers, and what stands out is named without being told."""

import pytest

from flows.analysis.patches import added_in, remarks_on
from integrations.github.trees import ChangedFile

PATCH = """@@ -1,3 +1,4 @@ def total
 keep
-old
+new
+newer\r
 keep
@@ -20 +21,2 @@
\\ No newline at end of file
+last
 keep"""


def file(*lines: str, path: str = "shop/cart.py") -> ChangedFile:
    """Return a file to which these lines are added."""
    text = "\n".join(f"+{line}" for line in lines)
    return ChangedFile(path, "modified", len(lines), 0, patch=f"@@ -0,0 +1,{len(lines)} @@\n{text}")


def test_added_lines_have_the_numbers_of_the_new_file() -> None:
    """Over several parts, and without the marks of a diff."""
    found = [(each.line, each.text) for each in added_in(ChangedFile("a", "modified", patch=PATCH))]
    assert found == [(2, "new"), (3, "newer"), (21, "last")]
    assert not list(added_in(ChangedFile("picture.png", "added")))


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("-----BEGIN RSA PRIVATE KEY-----", "A private key"),
        (f"key = 'AKIA{'7' * 16}'", "A key of AWS"),
        (f"token: ghp_{'a' * 36}", "A token of GitHub"),
        (f"github_pat_{'a' * 70}", "A token of GitHub"),
        (f"xoxb-{'1' * 24}", "A token of Slack"),
        (f"lin_api_{'a' * 40}", "A key of Linear"),
        (f"sk_live_{'a' * 24}", "A key of Stripe"),
        ("<<<<<<< HEAD", "A conflict that was not solved"),
        ("    breakpoint()", "A stop for a debugger"),
        ("except Exception: pass", "Every error is caught"),
        ("get(url, verify=False)", "Certificates are not checked"),
    ],
)
def test_what_nobody_wants_to_merge_is_found(line: str, what: str) -> None:
    """By the shapes that issuers document; what it is says nothing of the secret itself."""
    [found] = remarks_on([file("x = 1", line)])
    assert (found.what, found.line) == (what, 2)
    assert "aaaa" not in found.action


def test_tests_have_remarks_of_their_own() -> None:
    """What is wrong in code may be right in tests, and the other way round."""
    only = "it.only('adds', () => {})"
    skipped = "it.skip('adds', () => {})"
    assert [each.what for each in remarks_on([file(skipped, only, path="tests/test_a.py")])] == [
        "Only this test runs",
        "A test that is skipped",
    ]
    assert remarks_on([file(only, skipped)]) == []
    assert remarks_on([file("get(url, verify=False)", path="tests/test_a.py")]) == []


def test_what_was_there_before_is_not_remarked_on() -> None:
    """Nor are lines that no person wrote, beyond the length of one."""
    old = ChangedFile("a.py", "modified", patch="@@ -1 +1 @@\n-breakpoint()\n breakpoint()")
    assert remarks_on([old]) == []
    assert remarks_on([file("x" * 3_000 + " breakpoint()")]) == []
