"""Help is for one person in one place: what they may do there, with the rules that hold."""

from dataclasses import replace
from datetime import UTC, datetime

from bot.help import Asked, answer
from bot.places import places_of
from flows.engine.access import Role
from flows.engine.policy import PolicySettings
from flows.engine.registry import catalogue
from flows.engine.tools import ProjectSettings
from tests.bot.front import ZOE, Front
from tests.bot.lab import ADA, CAT, RULES

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
SHOP = ProjectSettings(
    "acme/shop",
    channels=["slack:C1"],
    roles={"slack:U3": Role.OPERATOR, "discord:5": Role.ADMIN},
    policies={
        "make": PolicySettings(approvals=2, deadline="4h"),
        "release": PolicySettings(run=Role.ADMIN),
        "*": PolicySettings(freezes=["2026-03-04 - 2026-03-05 UTC"]),
    },
)
API = ProjectSettings("acme/api", roles={"slack:U3": Role.MAINTAINER})


async def test_the_list_has_what_this_person_may_do_here(front: Front) -> None:
    """By their role in the project of the channel, and the rules that are set for it."""
    await front.set(SHOP, API)
    for_cat, for_ada, for_zoe = [await front.say("help all", each) for each in (CAT, ADA, ZOE)]

    assert "lock keep something" in for_cat
    assert "role give somebody" not in for_cat
    assert "role give somebody" in for_ada
    assert "release Ship a release" not in for_ada
    assert "release Ship a release" in for_zoe


async def test_the_first_screen_is_short(front: Front) -> None:
    """It has the names alone, and how to learn more: of all, of one line, of one thing."""
    await front.set(SHOP, API)
    told = await front.say("help", CAT)
    assert "Keep things apart locks lock unlock notify-me" in told
    assert "steal" not in told
    assert "/flow help all" in told
    assert len(told) < len(await front.say("help all", CAT)) / 2
    ships = await front.say("help ship", ZOE)
    assert "release Ship a release" in ships
    assert "steal" not in ships
    assert "lock keep something" in await front.say("help apart", CAT)


def test_in_a_place_without_a_project_the_highest_role_counts() -> None:
    """Somebody who is a maintainer somewhere sees what maintainers may do."""
    every = [SHOP, API]
    asked = Asked(RULES, every, places_of(every, "slack", "C9"), CAT, NOW)
    assert asked.role is Role.MAINTAINER
    assert asked.project == ProjectSettings("")


async def test_a_flow_is_told_with_its_real_rules(front: Front) -> None:
    """Who approves, how many, whether it is frozen now; and what is meant without a repository."""
    await front.set(SHOP)

    told = await front.say("help make", ADA)

    assert "Rules in acme/shop" in told
    assert "Run by maintainer and up" in told
    assert "Approved by 2 people with the role maintainer, not who asked" in told
    assert "A plan waits 4 h" in told
    assert "(frozen until Fri 6 Mar 00:00 (UTC))" in told
    assert "You need" not in told


async def test_who_may_not_learns_whom_to_ask(front: Front) -> None:
    """Admins of this chat first, by name where it is known."""
    await front.set(SHOP)
    await front.meet(ZOE)

    told = await front.say("help make", CAT)
    assert "You need the role maintainer, yours is operator: ask @zoe and @discord:5." in told
    told = await front.say("help role", CAT)
    assert "You need the role maintainer, yours is operator: ask @zoe and @discord:5." in told
    assert "You need" not in await front.say("help lock", CAT)
    assert "Did you mean /flow help make?" not in await front.say("help look", CAT)
    assert "I know no flow called “nonsense”" in await front.say("help nonsense", CAT)
    assert "Runs a command again and again" in await front.say("help schedules", CAT)


def test_a_lock_and_the_repository_are_told() -> None:
    """Where a flow has them."""
    every = [SHOP]
    asked = Asked(RULES, every, places_of(every, "slack", "C1"), CAT, NOW)
    flow = catalogue()["release-management"]
    locked = replace(flow, lock="release:{repo}")
    told = repr(answer("release", asked, lambda _: locked))
    assert "release:{repo}" in told
    assert "acme/shop, in this channel" in told
    nobody = replace(RULES, admins=frozenset(), maintainers=frozenset())
    alone = Asked(nobody, [], places_of([], "slack", "C1"), CAT, NOW)
    told = repr(answer("release", alone, lambda _: flow))
    assert "ask whoever runs this bot" in told
    assert "'Rules'" in told
