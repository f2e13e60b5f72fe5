"""Deliveries lead to looks: few, in any order, and whoever is lost in between."""

import asyncio
from datetime import timedelta

import pytest

from bot.subscriptions.follower import CLAIM, MOST_TRIES
from integrations.emulators.github import Person
from storage import posts, sightings
from tests.bot.lab import PATIENCE
from tests.bot.subscriptions.street import REPO, Street

PULL = f"github:pull:{REPO}#2"


@pytest.fixture
def street(slack_street: Street) -> Street:
    """Return the street: no chat makes a difference here."""
    return slack_street


@pytest.fixture
def ada(street: Street) -> Person:
    """Return Ada, who writes."""
    return street.github.person("ada")


async def test_hints_of_a_moment_cost_one_look(street: Street, ada: Person) -> None:
    """A pull request that is opened, labelled, assigned and discussed at once."""
    await street.say(f"subscribe {REPO} prs,comments")
    number = await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"})
    await ada.labels(REPO, number, "a", "b", "c")
    await ada.edits(REPO, number, assignees=["bo"])
    await ada.comments(REPO, number, "One")
    await ada.comments(REPO, number, "Two")
    before = street.github.requests.total()
    assert len(await street.hear()) > 6
    await street.look()
    # The second one is for what GitHub works out only when somebody looks.
    assert street.github.requests.total() == before + 2
    await street.send()
    [card] = street.shown()
    assert len(card.replies) == 2


async def test_nobody_who_follows_costs_nothing(street: Street, ada: Person) -> None:
    """What no channel follows is not looked at."""
    await street.say("subscribe acme/web-* prs")
    await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"})
    before = street.github.requests.total()
    await street.settle()
    assert street.github.requests.total() == before
    async with street.lab.database.read() as connection:
        assert await sightings.get(connection, PULL) is None


async def test_order_and_repeats_change_nothing(street: Street, ada: Person) -> None:
    """Told backwards, and all of it once more under other names."""
    await street.say(f"subscribe {REPO} prs,comments,pushes")
    number = await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"})
    await ada.comments(REPO, number, "One")
    await street.github.person("bo").approves(REPO, number)
    await ada.merges(REPO, number)
    got = await street.hear(lambda each: each[::-1])
    await street.settle()
    first, edits = street.shown(), len(street.chat.called("chat.update"))
    assert any("Merged by ada." in each.text for each in first)
    for round_, each in enumerate(got):
        await street.deal(each, f"again {round_}")
    await street.settle()
    assert street.shown() == first
    assert len(street.chat.called("chat.update")) == edits


async def test_a_worker_that_is_lost_after_hearing_is_replaced(street: Street, ada: Person) -> None:
    """Another one makes the look; the lost one's claim runs out."""
    await street.say(f"subscribe {REPO} prs")
    await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"})
    await street.hear()
    await street.forward(1)
    lab = street.lab
    async with lab.database.begin() as connection:
        seen = await sightings.get(connection, PULL)
        assert seen is not None
        assert await sightings.claim(connection, seen, lab.clock() + CLAIM)
        assert not await sightings.claim(connection, seen, lab.clock() + CLAIM)
    street.follower = street.another_follower()
    await street.look()
    await street.send()
    assert street.shown() == []
    await street.forward(CLAIM.total_seconds())
    await street.follower.look()
    await street.send()
    [card] = street.shown()
    assert "Add limits" in card.text


async def test_a_look_that_lost_its_claim_changes_nothing(street: Street, ada: Person) -> None:
    """Its state may be older than what another one has stored since."""
    await street.say(f"subscribe {REPO} prs")
    number = await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"})
    await street.settle()
    await ada.merges(REPO, number)
    await street.settle()
    lab = street.lab
    async with lab.database.begin() as connection:
        seen = await sightings.get(connection, PULL)
        assert seen is not None
        lost = lab.clock() - timedelta(minutes=1)
        assert not await sightings.settle(connection, seen, lost, {}, lab.clock())
    [card] = street.shown()
    assert "Merged" in card.text


async def test_nothing_is_half_done(street: Street, ada: Person) -> None:
    """A look that breaks in its middle leaves no trace, and is made again."""
    await street.say(f"subscribe {REPO} prs,comments")
    number = await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"})
    await ada.comments(REPO, number, "One")
    await street.hear()
    await street.forward(1)
    async with street.lab.database.begin() as connection:
        seen = await sightings.get(connection, PULL)
        assert seen is not None
        # What nobody here has ever said: the reply cannot be made of it.
        await sightings.hint(
            connection, PULL, seen.at, seen.at, [{"id": "x", "kind": "review", "state": "odd"}]
        )
    await street.follower.look()
    async with street.lab.database.read() as connection:
        assert await posts.of_topic(connection, PULL) == []
        seen = await sightings.get(connection, PULL)
        assert seen is not None
        assert (len(seen.said), seen.tries) == (2, 1)
        assert seen.due_at is not None


async def test_github_may_be_away_for_a_while(street: Street, ada: Person) -> None:
    """It is asked again, later and later."""
    await street.say(f"subscribe {REPO} prs")
    await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"})
    await street.hear()
    street.github.fail(status=502, times=2)
    for _ in range(4):
        await street.forward(10)
        await street.follower.look()
    await street.send()
    [card] = street.shown()
    assert "Add limits" in card.text


async def test_what_is_never_readable_is_left_alone(street: Street, ada: Person) -> None:
    """After many tries the bot stops asking, until there is news."""
    await street.say(f"subscribe {REPO} prs")
    await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"})
    await street.hear()
    street.github.fail(status=502, times=10 * MOST_TRIES)
    for _ in range(MOST_TRIES + 2):
        await street.forward(700)
        await street.follower.look()
    async with street.lab.database.read() as connection:
        assert await sightings.soonest(connection) is None


async def test_a_repository_that_is_hidden_is_said_in_the_list(street: Street, ada: Person) -> None:
    """Until it can be read again."""
    await street.say(f"subscribe {REPO} prs")
    number = await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"})
    await street.hear()
    pull = street.github[REPO].pulls.pop(number)
    await street.look()
    assert "is the bot's app installed there?" in str((await street.say("subscriptions")).report)
    street.github[REPO].pulls[number] = pull
    await ada.labels(REPO, number, "a")
    await street.settle()
    assert "installed" not in str((await street.say("subscriptions")).report)


async def test_a_deleted_comment_goes(street: Street, ada: Person) -> None:
    """The reply is withdrawn."""
    await street.say(f"subscribe {REPO} prs,issues,comments")
    number = await ada.opens_issue(REPO, "It crashes", body="Badly", labels=["bug"])
    comment = await ada.comments(REPO, number, "My password is …")
    await street.settle()
    [card] = street.shown()
    assert "Open, nobody is assigned." in card.text
    assert len(card.replies) == 1
    issue = street.github[REPO].issues[number]
    issue.comments = [each for each in issue.comments if each.id != comment]
    await ada.labels(REPO, number, "later")
    await street.settle()
    [card] = street.shown()
    assert card.replies == ()


async def test_an_issue_is_closed_and_opened_again(street: Street, ada: Person) -> None:
    """Each is told below its card."""
    await street.say(f"subscribe {REPO} issues")
    number = await ada.opens_issue(REPO, "It crashes")
    await street.settle()
    await ada.closes(REPO, number, "not_planned")
    await street.settle()
    await ada.reopens(REPO, number)
    await street.settle()
    [card] = street.shown()
    assert "Open, nobody" in card.text
    assert ["Closed as not planned" in card.replies[0], "Open again." in card.replies[1]] == [
        True,
        True,
    ]


async def test_a_failure_has_to_last(street: Street, ada: Person) -> None:
    """What recovers in time is never told, what does not is told when its time is up."""
    await street.say(f"subscribe {REPO} ci for=15m")
    await ada.ends_ci(REPO, await ada.starts_ci(REPO), "test")
    await street.settle()
    await street.forward(600)
    await street.send()
    assert street.shown() == []
    await ada.ends_ci(REPO, await ada.starts_ci(REPO))
    await street.settle()
    await street.forward(600)
    await street.send()
    assert street.shown() == []

    await ada.ends_ci(REPO, await ada.starts_ci(REPO), "test")
    await street.settle()
    await ada.ends_ci(REPO, await ada.starts_ci(REPO), "lint")
    await street.settle()
    assert street.shown() == []
    await street.forward(900)
    await street.send()
    [card] = street.shown()
    assert "CI is broken on main" in card.text
    assert "2 runs have failed" in card.text
    assert card.replies == ()
    await ada.ends_ci(REPO, await ada.starts_ci(REPO), "lint")
    await street.settle()
    await ada.ends_ci(REPO, await ada.starts_ci(REPO))
    await street.settle()
    [card] = street.shown()
    assert "works again" in card.text
    assert ["Another run fails" in card.replies[0], "It works again" in card.replies[1]] == [
        True,
        True,
    ]


async def test_a_deployment_is_told_in_the_channel_and_below_its_pull_request(
    street: Street, ada: Person
) -> None:
    """The merge is what was deployed."""
    await street.say(f"subscribe {REPO} prs,deployments")
    number = await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"})
    await ada.merges(REPO, number)
    await street.settle()
    deployment = await ada.deploys(REPO, "production")
    await ada.reports(REPO, deployment, "in_progress")
    await street.settle()
    [_, card] = street.shown()
    assert "On its way" in card.text
    await ada.reports(REPO, deployment, "success", url="https://api.example")
    await street.settle()
    [pull, card] = street.shown()
    assert "Deployed." in card.text
    assert "Deployed to production" in pull.replies[-1]


async def test_a_deployment_that_was_replaced_before_is_no_news(
    street: Street, ada: Person
) -> None:
    """GitHub tells nobody that it is inactive; and what tells so all the same is not repeated."""
    old = await ada.deploys(REPO, "production")
    await ada.reports(REPO, old, "success")
    await street.settle()
    await street.say(f"subscribe {REPO} deployments")
    before = len(street.told)
    await ada.reports(REPO, await ada.deploys(REPO, "production"), "success")
    await street.settle()
    assert [each.event for each in street.told[before:]] == ["deployment", "deployment_status"]
    assert len(street.shown()) == 1
    await street.deal(street.told[before - 1], "once more")
    await street.settle()
    assert len(street.shown()) == 1


async def test_of_deployments_only_changes_may_be_told(street: Street, ada: Person) -> None:
    """The one that fails, and the first that works after it."""
    await street.say(f"subscribe {REPO} deployments changes-only")
    for state in ("success", "failure", "success", "success"):
        deployment = await ada.deploys(REPO, "production")
        await ada.reports(REPO, deployment, "in_progress")
        await street.settle()
        await ada.reports(REPO, deployment, state, text="Said so")
        await street.settle()
    told = [each.text for each in street.shown()]
    assert ["Failed: Said so." in told[0], "Deployed again: Said so." in told[1]] == [True, True]
    assert len(told) == 2


async def test_a_release_is_told_and_taken_back(street: Street, ada: Person) -> None:
    """A release that was deleted is not out."""
    await street.say(f"subscribe {REPO} releases")
    await ada.releases(REPO, "v1.3.0", "Limits, at last.", pre=True)
    await street.settle()
    [card] = street.shown()
    assert "acme/api v1.3.0 is out" in card.text
    assert "Limits, at last." in card.text
    releases = street.github[REPO].releases
    key = next(key for key, each in releases.items() if each.tag == "v1.3.0")
    del releases[key]
    await street.deal(street.told[-1], "once more")
    await street.settle()
    assert street.shown() == []


async def test_pushes_are_told_by_what_they_change(street: Street, ada: Person) -> None:
    """A filter knows the branch and the files."""
    await street.say(f"subscribe {REPO} pushes='branch:main path:docs/**'")
    await ada.pushes(REPO, {"a.py": "1\n"}, message="Code")
    await ada.pushes(REPO, {"docs/a.md": "1\n"}, message="Words\n\nMore of them")
    await ada.pushes(REPO, {"docs/b.md": "1\n"}, branch="side", message="Aside")
    await street.settle()
    [card] = street.shown()
    assert "ada pushed 1 commit" in card.text
    assert "Words" in card.text
    assert "More of them" not in card.text


async def test_two_workers_on_postgresql_tell_everything_once(postgres_street: Street) -> None:
    """They hear and look at the same time, again and again."""
    street = postgres_street
    ada, bo = street.github.person("ada"), street.github.person("bo")
    both = (street.follower, street.another_follower())
    await street.say(f"subscribe {REPO} prs,comments,ci,deployments")
    number = await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"}, branch="limits")
    await ada.ends_ci(REPO, await ada.starts_ci(REPO, "limits"), "test")
    await bo.comments(REPO, number, "Hm")
    await street.github.courier.deliver()
    got = street.receiver.all()
    await asyncio.gather(*(street.deal(each) for each in (*got, *got)))
    for _ in range(4):
        await street.forward(1)
        await asyncio.gather(*(each.look() for each in both))
    await street.send()
    [card] = street.shown()
    assert "checks fail" in card.text
    assert len(card.replies) == 2
    await ada.merges(REPO, number)
    await street.settle()
    deployment = await ada.deploys(REPO, "production")
    await ada.reports(REPO, deployment, "success")
    await ada.ends_ci(REPO, await ada.starts_ci(REPO), "test")
    await street.settle()
    assert len(street.shown()) == 3
    assert "Why this is here" in str(await street.say("why", thread=street.newest()))
    await street.say("subscribe acme/* issues")
    asked = await street.say("unsubscribe *")
    ended = await street.press(asked.buttons[0])
    await street.press(ended.buttons[0])
    assert "2 subscriptions" in (await street.say("subscriptions")).report.title


async def test_it_goes_on_by_itself(street: Street, ada: Person) -> None:
    """The loop wakes when something was heard."""
    await street.say(f"subscribe {REPO} prs")
    work = asyncio.create_task(street.follower.run())
    await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"})
    await street.forward(-1)  # what is heard now is due at once
    await street.hear()
    await street.forward(1)
    async with asyncio.timeout(PATIENCE):
        while not await _posts(street):
            await street.follower.forget()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


async def _posts(street: Street) -> int:
    async with street.lab.database.read() as connection:
        return len(await posts.of_topic(connection, PULL))
