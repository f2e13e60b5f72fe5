"""What happens on GitHub is shown in the channels that follow it, on both chats."""

import pytest

from bot.replies import sentence
from integrations.emulators.github import Person
from tests.bot.subscriptions.street import REPO, Street


@pytest.fixture
def ada(street: Street) -> Person:
    """Return Ada, who writes."""
    return street.github.person("ada")


@pytest.fixture
def bo(street: Street) -> Person:
    """Return Bo, who reviews."""
    return street.github.person("bo")


async def test_a_pull_request_has_one_message_from_end_to_end(
    street: Street, ada: Person, bo: Person
) -> None:
    """It is opened, breaks, is mended, reviewed and merged: one card, one thread, its marks."""
    await street.say(f"subscribe {REPO} prs,comments")
    number = await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"}, branch="limits")
    assert await street.card() == ("Open, nothing stands in its way.", "", 0)

    run = await ada.starts_ci(REPO, "limits")
    assert await street.card() == ("Open: checks run.", "running", 0)
    await ada.ends_ci(REPO, run, "test")
    assert await street.card() == ("Open: checks fail.", "bad", 1)
    await ada.ends_ci(REPO, await ada.starts_ci(REPO, "limits"))
    assert await street.card() == ("Open, nothing stands in its way.", "", 2)

    await bo.comments(REPO, number, "Looks good")
    await bo.approves(REPO, number, "Ship it")
    assert await street.card() == ("Open, nothing stands in its way.", "approved", 4)
    await ada.merges(REPO, number)
    assert await street.card() == ("Merged by ada.", "merged", 5)

    [card] = street.shown()
    assert "acme/api#2 Add limits" in card.text
    assert "bo approves" in card.text
    expected = (
        "fails in test / Run test",
        "passes again",
        "Looks good",
        "Ship it",
        "Merged by ada.",
    )
    for reply, words in zip(card.replies, expected, strict=True):
        assert words in reply
        assert reply.split("\n")[-1].startswith("acme/api ")


async def test_a_label_that_comes_late_counts(street: Street, ada: Person) -> None:
    """With the label the message comes, without it the message goes again."""
    await street.say(f"subscribe {REPO} prs='label:\"needs review\" path:src/**'")
    number = await ada.opens_pull(REPO, "Add limits", {"src/limits.py": "3\n"})
    await street.settle()
    assert street.shown() == []
    await ada.labels(REPO, number, "needs review")
    await street.settle()
    [card] = street.shown()
    assert "Add limits" in card.text
    await ada.unlabels(REPO, number, "needs review")
    await street.settle()
    assert street.shown() == []
    await ada.labels(REPO, number, "needs review")
    await ada.merges(REPO, number)
    await ada.unlabels(REPO, number, "needs review")
    await street.settle()
    assert street.shown() == []


async def test_only_what_is_newly_broken_is_told(street: Street, ada: Person) -> None:
    """One message while it is broken; the first success is told below it, the next is not."""
    await street.say(f"subscribe {REPO} ci changes-only")
    for failed in ((), ("test",), ("test", "lint"), (), ()):
        run = await ada.starts_ci(REPO)
        await street.forward(60)
        await ada.ends_ci(REPO, run, *failed)
        await street.settle()
        if failed:
            [card] = street.shown()
            assert "CI is broken on main" in card.text
            assert card.replies == ()
    [card] = street.shown()
    assert "CI works again on main" in card.text
    assert len(card.replies) == 1
    assert "It works again" in card.replies[0]

    await ada.ends_ci(REPO, await ada.starts_ci(REPO), "lint")
    await street.settle()
    assert len(street.shown()) == 2


async def test_mass_unsubscribing_asks_and_can_be_taken_back(street: Street, ada: Person) -> None:
    """It says how many, waits for the button, and one more button brings all back."""
    await street.say(f"subscribe {REPO} prs")
    await street.say("subscribe acme/web-* issues")
    asked = await street.say("unsubscribe acme/*")
    assert "2 subscriptions" in asked.report.summary
    assert "2 subscriptions" in (await street.say("subscriptions")).report.title
    ended = await street.press(asked.buttons[0])
    assert "2 changes" in ended.report.summary
    await ada.opens_pull(REPO, "Unseen", {"a.py": "1\n"})
    await street.settle()
    assert street.shown() == []
    await street.press(ended.buttons[0])
    assert "2 subscriptions" in (await street.say("subscriptions")).report.title
    await ada.opens_pull(REPO, "Seen", {"b.py": "1\n"})
    await street.settle()
    [card] = street.shown()
    assert "Seen" in card.text


async def test_why_a_message_is_here(street: Street, ada: Person) -> None:
    """In its thread, or with a link to it; the answer says how to get less of it."""
    await street.say(f"subscribe {REPO} prs='branch:main -label:deps'")
    await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"})
    await street.settle()
    for said in (
        await street.say("why", thread=street.newest()),
        await street.say(f"why {street.link()}"),
    ):
        words = str(said.report.blocks)
        assert said.kind == "answer"
        assert "acme/api prs" in words
        assert "branch:main" in words
        assert "-label:deps" in words
        assert "/flow unsubscribe acme/api" in words
        assert "ada" in words
    for typed, says, mark in (
        ("why", "Say this in the thread of a message", ""),
        ("why nonsense", "“nonsense” is no link to a message.", "^^^^^^^^"),
        (f"why {street.link()[:-1]}9", "came from no subscription.", "^^^"),
    ):
        lost = await street.say(typed)
        assert lost.kind == "misread"
        told = f"{sentence(lost.report)} {lost.report.blocks}"
        assert says in told
        assert mark in told
        assert "/flow why https://" in told
