"""What people wrote below a pull request or an issue can be read by a flow that is run there."""

import pytest

from bot.chat import ThreadRef
from bot.comments.ears import CommentEars
from tests.bot.comments.forum import REPO, Forum


async def test_a_thread_begins_with_what_it_was_opened_with(forum: Forum) -> None:
    """Bots, and we ourselves, say nothing here; each message has its address."""
    number = await forum.github.person("bo").opens_issue(REPO, "It fails", body="At night.")
    await forum.comment("ada", number, "Since when?")
    await forum.comment("renovate[bot]", number, "Update!")
    await forum.comment("ada", number, "/flow nonsense")
    place = f"{REPO}#{number}"

    heard = await CommentEars(forum.conversation).thread(ThreadRef("github", place, place))

    assert [(each.author, each.text) for each in heard] == [
        ("bo", "At night."),
        ("ada", "Since when?"),
        ("ada", "/flow nonsense"),
    ]
    assert f"/{REPO}/issues/{number}#issuecomment-" in heard[1].link


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("https://github.com/acme/api/pull/12", "acme/api#12"),
        ("https://github.com/acme/api/pull/12/files", "acme/api#12"),
        ("https://git.acme.example/acme/api/issues/7#issuecomment-1", "acme/api#7"),
        ("https://github.com/acme/api", ""),
        ("acme/api#12", ""),
    ],
)
def test_an_address_stands_for_its_thread(forum: Forum, link: str, name: str) -> None:
    """That of a comment is where it stands."""
    meant = CommentEars(forum.conversation).meant(link)
    assert meant == (ThreadRef("github", name, name) if name else None)
