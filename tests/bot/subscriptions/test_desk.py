"""What is said about subscriptions, and what the bot answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bot.chat import Actor, Origin
from bot.grammar import Verb
from bot.replies import Say
from bot.subscriptions.desk import Subscriptions
from bot.subscriptions.preview import MOST_REPOSITORIES, Previews
from bot.subscriptions.telling import SILENT
from flows.engine.access import Role
from flows.engine.tools import ProjectSettings
from integrations.emulators.linear import TOKEN, LinearWorld, linear_app
from integrations.emulators.server import serve
from integrations.emulators.slack import SlackWorld
from integrations.linear import LinearApi, LinearReader, LinearSignIn
from storage import audit, changes, deliveries, projects, subscriptions
from storage.followed_records import SubscriptionRecord
from tests.bot.lab import ADA, BEN, CAT, RULES
from tests.bot.subscriptions.street import REPO, Street

ROOT = Actor("slack", "U9", "root")  # an admin


@pytest.fixture
def street(slack_street: Street) -> Street:
    """Return the street: no chat makes a difference here."""
    return slack_street


async def every(street: Street) -> list[SubscriptionRecord]:
    """Return what channels follow."""
    async with street.lab.database.read() as connection:
        return await subscriptions.every(connection)


def words(said: Say) -> str:
    """Return everything that an answer says."""
    return f"{said.report.title} {said.report.summary} {said.report.blocks}"


async def test_subscribing_says_what_it_does_and_what_it_would_have_sent(street: Street) -> None:
    """In words, with examples of the last week; one button takes it back."""
    github, clock = street.github, street.lab.clock
    number = await github.person("cy").opens_pull(REPO, "Old news", {"a.py": "1\n"})
    await github.person("cy").merges(REPO, number)
    await github.person("robo[bot]").opens_pull(REPO, "Bump a", {"b.py": "1\n"}, branch="bump")
    run = await github.person("cy").starts_ci(REPO)
    await github.person("cy").ends_ci(REPO, run, "test")
    await github.person("cy").releases(REPO, "v1.3.0")
    deployment = await github.person("cy").deploys(REPO, "production")
    await github.person("cy").reports(REPO, deployment, "success")
    await github.person("cy").opens_issue(REPO, "It crashes")
    clock.forward(3600)
    typed = f"subscribe {REPO} prs,ci,releases,deployments,issues prs='-author:*[bot]' for=15m"
    said = await street.say(typed)
    told = words(said)
    assert said.report.summary == "This channel follows acme/api."
    assert "where the author is not *[bot]" in told
    assert "once it has lasted 15 min" in told
    # Two were merged this week: that of Cy, and that of the world as it was made.
    assert "(prs 2, issues 1, ci 1, deployments 1, releases 1)" in told
    assert "Old news" in told
    assert "Bump a" not in told
    undo, more = said.buttons
    assert (undo.label, more.label) == ("Undo", "Show more")
    detail = await street.press(more)
    assert (
        f"/flow subscribe {REPO} issues,ci,deployments,releases prs='-author:*[bot]' for=15m"
        in (words(detail))
    )
    assert "it belongs to the channel" in words(detail)
    await street.press(undo)
    assert await every(street) == []


async def test_a_look_back_uses_what_github_has_told(street: Street) -> None:
    """No call is made for what the bot has heard of itself."""
    ada, bo = street.github.person("ada"), street.github.person("bo")
    await street.say("subscribe acme/* prs")
    await ada.pushes(REPO, {"docs/b.md": "1\n"}, message="Long ago")
    await street.settle()
    street.lab.clock.forward(6.5 * 24 * 3600)
    number = await ada.opens_pull(REPO, "Add limits", {"a.py": "1\n"}, labels=["urgent"])
    await bo.comments(REPO, number, "Nice")
    await bo.approves(REPO, number, "Go")
    issue = await ada.opens_issue(REPO, "It crashes")
    await bo.comments(REPO, issue, "Does it?")
    await ada.pushes(REPO, {"docs/a.md": "1\n"}, message="Words")
    await ada.ends_ci(REPO, await ada.starts_ci(REPO), "test")
    await ada.ends_ci(REPO, await ada.starts_ci(REPO), "test")
    await ada.ends_ci(REPO, await ada.starts_ci(REPO))
    await ada.releases(REPO, "v1.3.0")
    deployment = await ada.deploys(REPO, "production")
    await ada.reports(REPO, deployment, "success")
    await street.settle()
    before = street.github.requests.total()
    said = await street.say(
        "subscribe acme/* prs,issues,ci,pushes,comments,reviews,releases,deployments"
    )
    counted = words(said)
    assert street.github.requests.total() == before
    for each in ("prs 1", "issues 1", "ci 3", "pushes 3", "reviews 1", "comments 2", "releases 1"):
        assert each in counted
    assert "Changed: this channel follows acme/*." in counted

    said = await street.say("subscribe acme/* prs='path:a.py' ci changes-only")
    assert street.github.requests.total() == before + 1  # what changed is only told by a look
    assert "prs 1, ci 2" in words(said)
    said = await street.say("subscribe acme/* ci for=15m")
    assert "would have sent nothing" in words(said)


async def test_a_look_back_says_what_it_left_out(street: Street) -> None:
    """No Linear, an unknown owner, too many repositories, a GitHub that does not answer."""
    assert "Linear is not connected" in words(await street.say("subscribe ENG"))
    assert "I know no such repository" in words(await street.say("subscribe nobody/* prs"))
    said = await street.say("subscribe acme/gone prs")
    assert said.kind == "answer"
    assert "acme/gone" in words(said)
    async with street.lab.database.begin() as connection:
        for number in range(MOST_REPOSITORIES + 1):
            name = f"many/r{number}"
            street.github.repo(name)
            await projects.save(connection, ProjectSettings(name), street.lab.clock())
    said = await street.say("subscribe many/* prs")
    assert "would have sent nothing" in words(said) or f"Only {MOST_REPOSITORIES} of" in words(said)


async def test_subscribing_again_changes_it(street: Street) -> None:
    """It is the same subscription, the change is kept, and can be taken back."""
    await street.say(f"subscribe {REPO} prs")
    [first] = await every(street)
    changed = await street.say("subscribe Acme/API prs='-label:deps'", by=BEN)
    [second] = await every(street)
    assert (second.id, second.owner) == (first.id, first.owner)
    assert second.settings["features"] == {"prs": "-label:deps"}
    assert "no label is deps" in words(changed)
    async with street.lab.database.read() as connection:
        last = await changes.newest(connection, f"subscription {first.id}")
    assert last is not None
    assert (last.before["settings"], last.by["name"]) == (first.settings, "ben")
    same = await street.say(f"subscribe {REPO} prs='-label:deps'")
    assert len(same.buttons) == 1  # nothing was changed, so there is nothing to undo
    await street.press(changed.buttons[0])
    assert (await every(street))[0].settings == first.settings


async def test_a_repeated_command_is_one_subscription(street: Street) -> None:
    """A platform may deliver it twice, also after it was ended."""
    await street.say(f"subscribe {REPO} prs", key="one")
    await street.say(f"subscribe {REPO} prs", key="one")
    assert len(await every(street)) == 1
    await street.say(f"unsubscribe {REPO}")
    await street.say(f"subscribe {REPO} prs", key="one")
    assert await every(street) == []


async def test_operators_subscribe_and_viewers_do_not(street: Street) -> None:
    """By their role in the repository; every no is in the audit."""
    said = await street.say(f"subscribe {REPO} prs", by=CAT)
    assert said.kind == "forbidden"
    assert "needs the role operator" in said.report.summary
    async with street.lab.database.begin() as connection:
        project = ProjectSettings(REPO, roles={"slack:U3": Role.OPERATOR})
        await projects.save(connection, project, street.lab.clock())
    made = await street.say(f"subscribe {REPO} prs", by=CAT)
    assert made.kind == "answer"
    assert (await street.say(f"unsubscribe {REPO}", by=Actor("slack", "U8", "eve"))).kind == (
        "forbidden"
    )
    undone = await street.press(made.buttons[0], by=Actor("slack", "U8", "eve"))
    assert undone.kind == "forbidden"
    assert len(await every(street)) == 1
    async with street.lab.database.read() as connection:
        told = [each.action for each in await audit.of_run(connection, "")]
    assert sorted(told) == ["changed", "refused", "refused", "refused"]


async def test_the_list_says_how_each_is(street: Street) -> None:
    """Those of this channel; an admin sees all of them."""
    assert "follows nothing yet" in words(await street.say("subscriptions"))
    await street.say(f"subscribe {REPO} prs,ci filter='branch:main'")
    await street.say("subscribe ENG linear='-label:x'")
    await street.say("subscribe acme/web-* prs='label:a' issues")
    street.lab.clock.forward(SILENT.total_seconds() + 3600)
    told = words(await street.say("subscriptions"))
    for each in (
        "3 subscriptions of this channel",
        "acme/api prs,ci",
        "branch:main",
        "prs: label:a",
        "Nothing for 14 days",
        "never",
        "ada",
    ):
        assert each in told
    assert (await street.say("subscriptions all")).kind == "forbidden"
    told = words(await street.say("subscriptions all", by=ROOT))
    assert "3 subscriptions everywhere" in told
    assert street.channel in told
    assert (await street.say("subscriptions nonsense")).kind == "unknown"


async def test_a_channel_that_takes_no_messages_is_said_in_the_list(street: Street) -> None:
    """The bot was removed, or the channel is archived."""
    assert isinstance(street.chat, SlackWorld)
    await street.say(f"subscribe {REPO} prs")
    street.chat.space.channel("dev").archived = True
    await street.github.person("ada").opens_pull(REPO, "Add limits", {"a.py": "1\n"})
    await street.settle()
    assert "This channel is archived" in words(await street.say("subscriptions"))


async def test_unsubscribing_names_one_or_all(street: Street) -> None:
    """By pattern, by id, or everything; one needs no second word."""
    await street.say(f"subscribe {REPO} prs")
    await street.say("subscribe ENG")
    await street.say("subscribe acme/* issues")
    assert "it follows" in words(await street.say("unsubscribe acme/other"))
    ended = await street.say("unsubscribe ENG")
    assert "Ended: subscribe ENG linear" in words(ended)
    asked = await street.say("unsubscribe *")
    assert asked.kind == "unfit"
    assert [each.label for each in asked.buttons] == ["End all 2"]
    [one, two] = await every(street)
    await street.say(f"unsubscribe {one.id}")
    assert [each.id for each in await every(street)] == [two.id]
    await street.say(f"unsubscribe {two.id}")
    assert "nor anything else" in words(await street.say("unsubscribe acme/other"))
    assert (await street.say("unsubscribe")).kind == "misread"


async def test_what_has_changed_since_is_not_taken_back(street: Street) -> None:
    """The channel follows the same in another way by now."""
    made = await street.say(f"subscribe {REPO} prs")
    ended = await street.say(f"unsubscribe {REPO}")
    await street.say(f"subscribe {REPO} issues")
    said = await street.press(ended.buttons[0])
    assert "in another way" in words(said)
    assert made.buttons


async def test_only_a_channel_can_follow(street: Street) -> None:
    """Not the terminal, nor the status page; bad words are marked."""
    origin = Origin("terminal", "terminal", "")
    for typed in (f"subscribe {REPO} prs", f"unsubscribe {REPO}"):
        said = await street.dispatch.command(typed, Actor("terminal", "me", "me"), origin, "k")
        assert isinstance(said, Say)
        assert "Say this in the channel" in said.report.summary
    said = await street.say(f"subscribe {REPO} prs filter='labell:x'")
    assert said.kind == "misread"
    assert "^^^" in words(said)


async def test_what_can_never_come_is_said(street: Street) -> None:
    """Issues have no branch."""
    said = await street.say(f"subscribe {REPO} issues filter='branch:main'")
    assert "Nothing of issues gets through: issues have no branch." in words(said)
    said = await street.say(
        f"subscribe {REPO} prs='title:fix -title:wip (label:a or -(head:x -path:y))' for=15m"
    )
    told = words(said)
    assert "the title contains fix" in told
    assert "the title does not contain wip" in told
    assert "not (the branch it comes from is x and no changed file is y)" in told


async def test_a_preview_changes_nothing(street: Street) -> None:
    """It says what would come, and offers to follow it."""
    said = await street.say(f"subscribe {REPO} prs --preview filter='-author:x y:z'")
    assert said.kind == "misread"
    said = await street.say(f"subscribe {REPO} prs --dry-run filter='branch:main -author:x'")
    assert said.report.summary == f"This channel would follow {REPO}."
    assert "where the branch is main and the author is not x" in words(said)
    assert "Nothing has changed yet." in words(said)
    assert await every(street) == []

    [follow] = said.buttons
    await street.press(follow)
    [record] = await every(street)
    assert record.settings["features"] == {"prs": "branch:main -author:x"}


async def test_a_repository_that_nobody_knows_is_followed_with_a_warning(street: Street) -> None:
    """It may come yet; what may have been meant is offered, and undone is undone."""
    async with street.lab.database.begin() as connection:
        await projects.save(connection, ProjectSettings(REPO), street.lab.clock())
    said = await street.say("subscribe acme/apii prs")
    assert said.report.tone == "warn"
    assert "but nothing comes of it: GitHub has no repository acme/apii" in words(said)
    assert f"/flow subscribe {REPO} prs" in words(said)
    [undo] = said.buttons
    await street.press(undo)
    assert "Did you mean" not in words(await street.say("subscribe other/one prs"))


async def test_what_ends_can_be_linked(street: Street) -> None:
    """A channel is none of it: the example is of the same verb."""
    await street.say(f"subscribe {REPO} prs")
    assert "/flow unsubscribe acme/*" in words(await street.say("unsubscribe #dev"))
    ended = await street.say(f"unsubscribe https://github.com/{REPO}")
    assert ended.report.summary.startswith(f"Ended: subscribe {REPO}")


async def test_a_team_that_linear_does_not_have_is_not_followed(street: Street) -> None:
    """Who may follow is told so; where Linear is away, the word is taken."""
    now = street.lab.clock()
    linear = LinearWorld(now=now)
    with linear.at(now - timedelta(days=30)):
        linear.issue("ENG", "Long ago", labels=["bug"])
    with linear.at(now - timedelta(days=2)):
        linear.issue("ENG", "Add retries", labels=["bug"])
        linear.issue("ENG", "Rename it", labels=["later"])
    async with connected(linear) as reader:

        async def say(*typed: str, by: Actor = ADA) -> Say:
            return await follow_in_linear(street, reader, typed, by)

        assert "There is no team NOPE in Linear" in words(await say("NOPE"))
        assert "needs the role" in words(await say("NOPE", by=CAT))
        told = words(await say("ENG", "issues", "filter=-label:later"))
        assert "would have sent 1 message." in told
        assert "ENG-2 Add retries: Backlog" in told
        linear.fail(times=2)
        away = await say("OPS", "linear")
        assert away.kind == "answer"
        assert "would have sent" not in words(away)


@asynccontextmanager
async def connected(linear: LinearWorld) -> AsyncIterator[LinearReader]:
    """Yield what reads this Linear."""
    async with (
        serve(linear_app(linear)) as url,
        LinearApi(LinearSignIn(TOKEN), base_url=url) as api,
    ):
        yield LinearReader(api)


async def follow_in_linear(
    street: Street, reader: LinearReader, typed: tuple[str, ...], by: Actor
) -> Say:
    """Say what to follow, with this Linear at hand."""
    lab = street.lab
    previews = Previews(lab.database, street.reader, lab.clock, reader)
    desk = Subscriptions(lab.database, RULES, lab.clock, previews, reader)
    here = Origin("slash", street.platform, street.channel)
    return await desk.answer(Verb("subscribe", typed), by, here, f"{typed} {by.id}")


async def test_a_look_back_asks_github_for_the_time_before_the_first_webhook(
    street: Street,
) -> None:
    """What came yesterday says nothing of the days before."""
    ada, clock = street.github.person("ada"), street.lab.clock
    await ada.releases(REPO, "v1.3.0")
    clock.forward(2 * 24 * 3600)
    await street.say(f"subscribe {REPO} releases")
    async with street.lab.database.begin() as connection:
        await deliveries.forget(connection, clock())
    await ada.releases(REPO, "v1.4.0")
    await street.settle()
    told = words(await street.say(f"subscribe {REPO} releases --preview"))
    assert "v1.3.0 is out" in told
    assert "v1.4.0 is out" in told
