"""A webhook is GitHub's when it is signed with one of our secrets."""

import hmac
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.github.webhooks import verify

SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
SECRET = "It's a Secret to Everybody"


def test_github_s_own_example_is_accepted() -> None:
    """The vector stands in GitHub's documentation."""
    assert verify([SECRET], b"Hello, World!", SIGNATURE)
    assert verify(["new", SECRET], b"Hello, World!", SIGNATURE)


@pytest.mark.parametrize(
    ("secrets", "body", "signature"),
    [
        ([SECRET], b"Hello, World?", SIGNATURE),
        (["other"], b"Hello, World!", SIGNATURE),
        ([], b"Hello, World!", SIGNATURE),
        ([SECRET], b"Hello, World!", SIGNATURE.removeprefix("sha256=")),
        ([SECRET], b"Hello, World!", ""),
        ([SECRET], b"Hello, World!", "sha256=\u00fc"),
        ([""], b"x", "sha256=" + hmac.new(b"", b"x", sha256).hexdigest()),
    ],
)
def test_anything_else_is_not(secrets: list[str], body: bytes, signature: str) -> None:
    """Neither another body, nor another secret, nor none at all."""
    assert not verify(secrets, body, signature)


@given(st.text(min_size=1), st.binary(), st.binary(min_size=1))
def test_a_changed_body_never_passes(secret: str, body: bytes, more: bytes) -> None:
    """What is signed is exactly what is read."""
    signature = "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()
    assert verify([secret], body, signature)
    assert not verify([secret], body + more, signature)
