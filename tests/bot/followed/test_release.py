"""Releases, and how their notes begin."""

from datetime import UTC, datetime

import msgspec

from bot.followed import release
from integrations.github import (
    Release,
)
from tests.bot.followed.lines import all_words

AT = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
REPO = "acme/api"


def test_a_release() -> None:
    """Its name where it has one of its own, and how its notes begin."""
    found = Release(
        id=1,
        tag="v1.3.0",
        name="Limits",
        url="u",
        created_at=AT,
        published_at=AT,
        author="ada",
        prerelease=True,
        body="## New\n\n- **api:** limits ([#7](https://x.example/7))\n" + "* more\n" * 5,
    )
    assert all_words(release.card(REPO, found)) == [
        "acme/api v1.3.0 is out: Limits",
        "by @ada · a first look, not for everybody yet",
        "• api: limits (#7)",
        *["• more"] * 4,
        "… 1 more",
    ]
    plain = msgspec.structs.replace(found, name="v1.3.0", author="", prerelease=False, body="")
    assert all_words(release.card(REPO, plain)) == ["acme/api v1.3.0 is out"]
    assert release.facts_of(REPO, plain)["state"] == ("published",)
