"""People are told by message when something of theirs moves, once, and messages stay true."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from bot.news.looks import Background, News
from bot.subscriptions.follower import CLAIM, Follower
from bot.subscriptions.looks import Eyes, Scene
from integrations.emulators.github.people import Person
from storage.people import PersonSettings
from tests.bot.news.square import ADA, BO, CAT, Square
from tests.bot.subscriptions.street import REPO

LIMITS = {"limits.py": "3\n"}
NAME = "acme/api#2 Add limits"


class Dying(News):
    """Is lost when everything is said, right before it is kept."""

    async def tell(self, scene: Scene, state: object, more: Background) -> Mapping[str, Any]:
        await super().tell(scene, state, more)
        raise asyncio.CancelledError


def people(square: Square) -> tuple[Person, Person]:
    """Return somebody who changes things, and somebody who looks at them."""
    return square.github.person("ada"), square.github.person("bo")


async def test_a_pull_request_is_told_as_it_moves(square: Square) -> None:
    """From the question for a review to the merge; nobody hears of what they did themselves."""
    ada, bo = people(square)
    await square.knows(ADA, BO, CAT)
    number = await ada.opens_pull(REPO, "Add limits", LIMITS)
    assert await square.settle() == []

    await ada.asks(REPO, number, "bo", "cat")
    first, second = await square.settle()
    assert first.startswith(f"bo: ada asks for your review: {NAME}. 1 file. Open it (")
    assert first.endswith("because you are asked to review it: /flow me news off stops it.")
    assert second.startswith("cat: ada asks for your review")

    await bo.requests_changes(REPO, number, "No")
    done, asks = await square.settle()
    assert done == f"bo, edited: ✓ You asked for changes: {NAME}."
    assert asks.startswith(f"ada: bo asks for changes: {NAME}. Open it (")

    await square.street.forward(60)
    await ada.asks(REPO, number, "bo")
    done, asks = await square.settle()
    assert done == f"ada, edited: ✓ You asked bo to look again: {NAME}."
    assert asks.startswith(f"bo: ada asks for your review again: {NAME}.")

    await square.street.forward(60)
    run = await ada.starts_ci(REPO, square.github[REPO].pulls[number].head_ref)
    await bo.approves(REPO, number)
    for_cat, for_bo, for_ada = await square.settle()
    assert for_cat == f"cat, edited: ✓ bo approved it, so your review is not needed: {NAME}."
    assert for_bo == f"bo, edited: ✓ You approved it: {NAME}."
    assert for_ada.startswith(f"ada: bo approved it: {NAME}. Not ready yet: checks run. Open")

    await ada.ends_ci(REPO, run)
    before, ready = await square.settle()
    assert before == "ada, edited: ✓ There is newer news of this below."
    assert ready.startswith(f"ada: Ready to merge: {NAME}. Approved by @bo, and its checks pass.")

    await ada.reruns_ci(REPO, run)
    [edited] = await square.settle()
    assert edited.startswith(f"ada, edited: bo approved it: {NAME}. Not ready yet: checks run.")
    await ada.ends_ci(REPO, run)
    assert await square.settle() == [ready.replace("ada:", "ada, edited:")]

    await bo.merges(REPO, number)
    assert await square.settle() == [f"ada, edited: ✓ Merged by bo: {NAME}."]


async def test_order_and_repeats_change_nothing(square: Square) -> None:
    """Told backwards, all of it once more under other names, and looked at by two workers."""
    ada, bo = people(square)
    await square.knows(ADA, BO)
    number = await ada.opens_pull(REPO, "Add limits", LIMITS)
    await ada.asks(REPO, number, "bo")
    await bo.approves(REPO, number)
    got = await square.street.hear(lambda told: told[::-1])
    [told] = await square.look()
    assert told.startswith(f"ada: Ready to merge: {NAME}.")
    for count, each in enumerate(got):
        await square.street.deal(each, f"again {count}")
    square.street.follower = square.street.another_follower()
    assert await square.look() == []

    await ada.comments(REPO, number, "Thanks")
    assert await square.settle() == []


async def test_a_loss_between_storing_and_telling_loses_nothing(square: Square) -> None:
    """A worker that dies on its look, and a sender that dies with the message on its way."""
    ada, bo = people(square)
    await square.knows(ADA)
    number = await ada.opens_pull(REPO, "Add limits", LIMITS)
    await bo.requests_changes(REPO, number, "No")
    await square.street.hear()
    street, eyes = square.street, Eyes(square.street.reader, None)
    dying = Dying(square.database, street.reader)
    street.follower = Follower(square.database, eyes, square.clock, dying)
    with pytest.raises(asyncio.CancelledError):
        await square.look()

    street.follower = street.another_follower()
    square.room.errors.append(asyncio.CancelledError())  # type: ignore[arg-type] # as a stop does
    await street.forward(CLAIM.total_seconds())
    with pytest.raises(asyncio.CancelledError):
        await square.look()

    square.notices = square.another_sender()
    await street.forward(60)
    [told] = await square.look()
    assert told.startswith(f"ada: bo asks for changes: {NAME}.")
    assert await square.look() == []


async def test_what_moves_at_night_is_one_message_in_the_morning(square: Square) -> None:
    """It says how things are by then; who wants quiet or is away waits as well."""
    ada, bo = people(square)
    night = PersonSettings(zone="Asia/Tokyo", has_hours=True, news=True)
    await square.knows(ADA, settings=night)
    number = await ada.opens_pull(REPO, "Add limits", LIMITS)
    await bo.requests_changes(REPO, number, "No")
    assert await square.settle() == []
    await square.street.forward(3600)
    await ada.asks(REPO, number, "bo")
    issue = await bo.opens_issue(REPO, "Crash")
    await bo.edits(REPO, issue, assignees=["ada"])
    assert await square.settle() == []
    await square.street.forward(60)
    await bo.approves(REPO, number)
    assert await square.settle() == []

    await square.street.forward(10 * 3600)
    [told] = await square.look()
    assert told.startswith("ada: 2 messages for you Held since ")
    assert f"Ready to merge: {NAME}." in told
    assert "bo assigned you acme/api#3 Crash." in told
    assert "changes" not in told
    await bo.merges(REPO, number)
    [edited] = await square.settle()
    assert f"✓ Merged by bo: {NAME}." in edited


async def test_what_is_put_off_comes_again_as_it_is_by_then(square: Square) -> None:
    """And not at all where nobody needs it any more."""
    ada, bo = people(square)
    await square.knows(ADA)
    number = await ada.opens_pull(REPO, "Add limits", LIMITS)
    await bo.requests_changes(REPO, number, "No")
    assert len(await square.settle()) == 1
    await square.street.say("snooze 1h", ADA)
    [later] = await square.look()
    assert later == f"ada, edited: ✓ Later, at 16:30 UTC: bo asks for changes: {NAME}"
    await ada.edits(REPO, number, title="Add limit")
    assert await square.settle() == []
    await square.street.forward(3600)
    [again] = await square.look()
    assert again.startswith("ada: bo asks for changes: acme/api#2 Add limit. Open it (")

    await square.street.say("snooze 1h", ADA)
    assert len(await square.look()) == 1
    await bo.closes(REPO, number)
    await square.street.forward(3600)
    assert await square.settle() == []


async def test_who_does_not_want_news_is_told_none(plaza: Square) -> None:
    """What they were told before stays true; without anybody nothing is even looked at."""
    ada, bo = people(plaza)
    await plaza.knows(ADA)
    number = await ada.opens_pull(REPO, "Add limits", LIMITS)
    await bo.requests_changes(REPO, number, "No")
    assert len(await plaza.settle()) == 1
    await plaza.knows(ADA, settings=PersonSettings())
    await plaza.knows(CAT)
    await ada.asks(REPO, number, "bo")
    [edited] = await plaza.settle()
    assert edited.startswith("ada, edited: ✓ You asked bo to look again")
    await plaza.street.forward(60)
    await bo.approves(REPO, number)
    assert await plaza.settle() == []

    await plaza.knows(CAT, settings=PersonSettings())
    before = plaza.github.requests.total()
    await bo.merges(REPO, number)
    assert await plaza.settle() == []
    assert plaza.github.requests.total() == before


async def test_conflicts_are_found_when_the_base_moves(plaza: Square) -> None:
    """Though GitHub tells nobody; one message for as long as they last."""
    ada, bo = people(plaza)
    await plaza.knows(ADA)
    one = await bo.opens_pull(REPO, "Lower", {"limits.py": "1\n"})
    two = await ada.opens_pull(REPO, "Raise", {"limits.py": "9\n"})
    assert await plaza.settle() == []
    await bo.merges(REPO, one)
    [told] = await plaza.settle()
    assert told.startswith("ada: Conflicts with main: acme/api#3 Raise. Open it (")
    head = plaza.github[REPO].pulls[two].head_ref
    await ada.pushes(REPO, {"more.py": "1\n"}, branch=head)
    assert await plaza.settle() == []

    await plaza.street.forward(60)
    await bo.approves(REPO, two)
    before, told = await plaza.settle()
    assert before == "ada, edited: ✓ There is newer news of this below."
    assert told.startswith("ada: Approved, but it conflicts with main: acme/api#3 Raise.")


async def test_who_breaks_the_default_branch_is_told_once(plaza: Square) -> None:
    """Only who broke it newly, not who fails after that; the first success takes it back."""
    ada, bo = people(plaza)
    await plaza.knows(ADA, BO)

    async def ci(who: Person, *failed: str) -> list[str]:
        await who.pushes(REPO, {"a.py": f"{plaza.clock()}\n"}, message="Change a")
        await plaza.street.forward(60)
        run = await bo.starts_ci(REPO)
        await bo.ends_ci(REPO, run, *failed)
        return await plaza.settle()

    assert await ci(ada) == []
    [told] = await ci(ada, "test")
    assert told.startswith("ada: Your commit broke CI on main of acme/api. Failed in test / Run")
    assert "The commit: Change a." in told
    assert await ci(bo, "lint") == []
    assert await ci(bo) == ["ada, edited: ✓ CI works again on main of acme/api, after 2 min 2 s."]
    await ada.pushes(REPO, {"b.py": "1\n"})
    both = sorted(await ci(bo, "lint"))
    what = "CI broke on main of acme/api: 2 commits came together, yours among them."
    assert [each.partition(" Failed in")[0] for each in both] == [f"ada: {what}", f"bo: {what}"]


async def test_a_team_is_asked_until_one_of_it_answers(plaza: Square) -> None:
    """Members hear of it, not the author; who asks themselves does not."""
    ada, bo = people(plaza)
    await plaza.knows(ADA, BO, CAT)
    plaza.github.team("acme", "platform", "ada", "bo", "cat")
    number = await ada.opens_pull(REPO, "Add limits", LIMITS)
    await ada.asks(REPO, number, teams=["platform"])
    told = await plaza.settle()
    said = [f"{who}: ada asks acme/platform for a review: {NAME}." for who in ("bo", "cat")]
    assert [each.partition(" 1 file.")[0] for each in told] == said
    assert all("because you are in acme/platform" in each for each in told)
    await plaza.github.person("cat").asks(REPO, number, "cat")
    [edited] = await plaza.settle()
    assert edited.startswith(f"cat, edited: ada asks for your review: {NAME}.")
    await bo.approves(REPO, number)
    for_bo, for_cat, for_ada = await plaza.settle()
    assert for_bo == f"bo, edited: ✓ You approved it: {NAME}."
    assert for_cat == f"cat, edited: ✓ bo approved it, so your review is not needed: {NAME}."
    assert for_ada.startswith(f"ada: Ready to merge: {NAME}. Approved by @bo.")


async def test_an_issue_is_told_until_it_is_somebody_elses(plaza: Square) -> None:
    """Or over; who takes one themselves knows."""
    _, bo = people(plaza)
    await plaza.knows(ADA, BO)
    issue = await bo.opens_issue(REPO, "Crash")
    await bo.edits(REPO, issue, assignees=["ada", "bo"])
    [told] = await plaza.settle()
    assert told.startswith("ada: bo assigned you acme/api#2 Crash. Open it (")
    await bo.labels(REPO, issue, "bug")
    [told] = await plaza.settle()
    assert told.startswith("ada, edited: bo assigned you acme/api#2 Crash. bug. Open it (")
    await bo.edits(REPO, issue, assignees=["bo"])
    done = "ada, edited: ✓ Not assigned to you any more: acme/api#2 Crash."
    assert await plaza.settle() == [done]
    await plaza.street.forward(60)
    await bo.edits(REPO, issue, assignees=["ada"])
    assert len(await plaza.settle()) == 1
    await bo.closes(REPO, issue)
    assert await plaza.settle() == ["ada, edited: ✓ Closed by bo: acme/api#2 Crash."]
