"""Comments are made once whatever gets lost, found by their marks, and edited where they differ."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.chat import Actor, Card, MessageRef, Posting, ThreadRef
from bot.comments.chat import place_of
from bot.comments.render import mark, marked
from bot.pace import Short
from flows.report import Report
from integrations.errors import NotFound, OutsideError, Refused
from tests.bot.comments.forum import REPO, Forum

ADA = Actor("github", "ada", "ada")
HERE = ThreadRef("github", f"{REPO}#1", f"{REPO}#1")
STARTED = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
CARD = Card("changes", "Changes", "running", "Counts.", ADA, "", started=STARTED)


def bodies(forum: Forum) -> list[str]:
    """Return what we have said below the first pull request."""
    return forum.said(1)


async def test_a_card_whose_answer_was_lost_is_there_once(forum: Forum) -> None:
    """It is found by its mark, and then says what is true by now."""
    forum.github.fail(match="/comments", method="POST", late=True)
    with pytest.raises(OutsideError):
        await forum.chat.post_card(HERE, CARD, "r1:card", again=False)
    later = Card("changes", "Changes", "running", "Sorts.", ADA, "", started=STARTED)
    ref = await forum.chat.post_card(HERE, later, "r1:card", again=True)

    [body] = bodies(forum)
    assert "Sorts." in body
    assert ref == MessageRef("github", f"{REPO}#1", str(forum.written(1)[0].id))


async def test_a_mark_that_somebody_else_has_copied_is_not_ours(forum: Forum) -> None:
    """We would be kept from posting, or edit what we cannot."""
    await forum.github.person("eve").comments(REPO, 1, f"Ha! {mark('r1:card')}")
    await forum.chat.post_card(HERE, CARD, "r1:card", again=True)

    assert len(bodies(forum)) == 1


async def test_a_report_and_a_reply_are_made_once(forum: Forum) -> None:
    """Under another key, it is another one."""
    for _ in range(2):
        await forum.chat.post_report(HERE, Report("R"), "", "r1:report", again=True)
        await forum.chat.reply(HERE, Report("", "No."), "c1", STARTED)
    await forum.chat.post_report(HERE, Report("S"), "", "r2:report", again=False)

    assert bodies(forum) == ["### R", "No.", "### S"]


async def test_an_edit_that_says_the_same_is_none(forum: Forum) -> None:
    """Its mark stays through any edit."""
    ref = await forum.chat.post_card(HERE, CARD, "r1:card", again=False)
    before = len(forum.github.writes)
    done = Card("changes", "Changes", "done", "", ADA, "", started=STARTED, seconds=3)
    await forum.chat.edit_card(ref, done)
    await forum.chat.edit_card(ref, done)

    assert len(forum.github.writes) == before + 1
    assert forum.written(1)[0].body.endswith(mark("r1:card"))


async def test_progress_is_told_now_and_then_and_what_is_asked_at_once(forum: Forum) -> None:
    """Each edit is a change that GitHub counts."""
    ref = await forum.chat.post_card(HERE, CARD, "r1:card", again=False)
    for line in ("One.", "Two."):
        card = Card("changes", "Changes", "running", line, ADA, "", started=STARTED)
        if line == "One.":
            await forum.chat.edit_card(ref, card)
        else:
            with pytest.raises(Short):
                await forum.chat.edit_card(ref, card)
    asks = Card("changes", "Changes", "waiting", "Waits.", ADA, "", question="Really?")
    await forum.chat.edit_card(ref, asks)
    assert "Waits." in bodies(forum)[0]


async def test_copies_are_tidied(forum: Forum) -> None:
    """The first stays, or the one that is to be kept."""
    for _ in range(3):
        await forum.chat.post_report(HERE, Report("R"), "", "r1:report", again=False)
    first, second, third = forum.written(1)
    await forum.github.person("bo").comments(REPO, 1, first.body)
    await forum.chat.tidy(HERE, "r1:report", STARTED, keep=str(second.id))
    assert forum.written(1) == [second]
    await forum.chat.tidy(HERE, "r1:report", STARTED)
    assert forum.written(1) == [second]
    assert third.id != second.id


async def test_what_is_followed_can_be_told_in_comments_too(forum: Forum) -> None:
    """Posted once, edited, marked by a reaction, and taken away."""
    posting = Posting(("Build",), lines=(("It runs.",),))
    since = forum.clock() - timedelta(days=9)
    assert await forum.chat.find(HERE, "p1", since) is None
    ref = await forum.chat.post(HERE, posting, "p1", again=True, since=since)
    assert await forum.chat.post(HERE, posting, "p1", again=True, since=since) == ref
    assert await forum.chat.find(HERE, "p1", since) == ref
    await forum.chat.edit(ref, Posting(("Build",), lines=(("It is done.",),)))
    await forum.chat.mark(ref, "running", "")
    await forum.chat.mark(ref, "good", "running")
    assert bodies(forum) == ["**Build**\n- It is done."]
    assert [each.content for each in forum.github[REPO].reactions.values()] == ["hooray"]

    assert await forum.chat.remove(ref)
    assert await forum.chat.remove(ref)
    assert bodies(forum) == []
    with pytest.raises(NotFound, match="no longer"):
        await forum.chat.edit(ref, posting)


async def test_nothing_is_said_to_one_person_alone(forum: Forum) -> None:
    """Where there is no place for that, others must not read it."""
    with pytest.raises(Refused, match="to ada alone"):
        await forum.chat.tell(ADA, Report("R"), "k", again=False)
    with pytest.raises(Refused, match="alone"):
        await forum.chat.retell(MessageRef("github", HERE.channel, "1"), Report("R"), "k")
    with pytest.raises(Refused, match="to ada alone"):
        await forum.chat.whisper(HERE.channel, ADA, Report("R"))
    assert bodies(forum) == []


async def test_a_thread_that_is_not_there_is_named(forum: Forum) -> None:
    """A channel of another kind is none here."""
    assert place_of("acme/shop#12") == ("acme/shop", 12)
    with pytest.raises(Refused, match="C1 is no pull request"):
        place_of("C1")
    nowhere = ThreadRef("github", f"{REPO}#99")
    with pytest.raises(NotFound, match=f"{REPO} has no #99"):
        await forum.chat.post_card(nowhere, CARD, "k", again=False)


async def test_the_largest_comment_is_taken(forum: Forum) -> None:
    """As GitHub counts it; one letter more is refused."""
    body = marked("x" * (65_536 - len(marked("", "k"))), "k")
    assert await forum.conversation.say(REPO, 1, body)
    with pytest.raises(Refused):
        await forum.conversation.say(REPO, 1, f"{body}x")
