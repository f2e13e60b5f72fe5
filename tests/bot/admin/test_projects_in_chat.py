"""People create projects, set them up and remove them, and can take each step back."""

import asyncio

import pytest

from bot.chat import Origin
from flows.engine.access import Role
from flows.engine.house import HouseRules, MergeRule, StaleRule
from flows.engine.policy import PolicySettings
from flows.engine.tools import EnvironmentSettings, ProjectSettings
from integrations.errors import Refused
from storage import projects
from tests.bot.front import ZOE, Front
from tests.bot.lab import ADA, CAT, HERE, NOBODY_READS

SHOP = ProjectSettings("acme/shop", environment="live", components={"web/**": "web"})
HEALTH = "https://shop.acme.example/health"


async def test_a_project_is_created_and_set_up(front: Front) -> None:
    """GitHub is asked first; each answer says what was, and can be taken back."""
    await set_up(front)


async def test_the_same_on_postgresql(postgres_front: Front) -> None:
    """Word by word."""
    await set_up(postgres_front)


async def set_up(front: Front) -> None:
    """Create a project, set it up, and take one step back."""
    told = await front.say("project create acme/shop", ZOE)
    assert told.startswith("acme/shop is a project now. I can read and write there.")
    assert list(front.buttons) == ["Undo"]
    told = await front.say("project default acme/shop")
    assert "This channel is about acme/shop, and was about nothing." in told
    told = await front.say("project set environment=live version-file=pyproject.toml")
    assert "Environment of acme/shop: none → live." in told
    assert "Version file of acme/shop: none → pyproject.toml." in told

    await front.say("project set shop environment=staging")
    told = await front.press("Undo")

    assert told == "Taken back: Environment of acme/shop: live → staging."
    settings = await front.settings()
    assert settings.environment == "live"
    assert settings.version_file == "pyproject.toml"
    assert settings.channels == ["slack:C1"]
    shown = await front.say("project", CAT)
    assert "Environment live (chosen in chat)" in shown
    assert "Channels this one (chosen in chat)" in shown
    assert "acme/shop (here) live none 0 1" in await front.say("project list", CAT)
    assert (await front.audited())[0] == ("zoe", "changed", "acme/shop is a project now.")


async def test_what_is_chosen_outlives_a_restart(front: Front) -> None:
    """The settings of the installation are stored again, and lie below it."""
    await front.set(SHOP)
    await front.say("project set acme/shop environment=staging linear_team=eng")
    await front.set(SHOP)

    settings = await front.settings()
    assert (settings.environment, settings.linear_team) == ("staging", "ENG")
    assert settings.components == {"web/**": "web"}
    await front.say("project set acme/shop environment=none")
    assert (await front.settings()).environment == ""
    assert "nothing has changed" in await front.say("project set acme/shop environment=none")


async def test_events_start_what_is_set(front: Front) -> None:
    """By alias, as many as wanted, and taken back."""
    await front.set(SHOP)
    told = await front.say("project set acme/shop triggers=Ask,ask")

    assert "Triggers of acme/shop: none → ask." in told
    assert (await front.settings()).triggers == ["ask"]
    assert "Triggers ask (chosen in chat)" in await front.say("project acme/shop", CAT)
    await front.say("project set acme/shop triggers=none")
    assert (await front.settings()).triggers == []
    await front.press("Undo")
    assert (await front.settings()).triggers == ["ask"]


async def test_where_deploy_goes_and_who_is_told_is_set(front: Front) -> None:
    """Environments keep what else is set for them, wherever they stand; all is taken back."""
    live = EnvironmentSettings("live", canary=["live-eu"])
    await front.set(ProjectSettings("acme/shop", environments=[live]))
    told = await front.say("project set acme/shop environments='test, live' tell_approvers=on")

    assert "Environments of acme/shop: live → test, then live." in told
    assert "Tell approvers of acme/shop: no → yes." in told
    settings = await front.settings()
    assert settings.environments == [EnvironmentSettings("test"), live]
    assert settings.tell_approvers
    shown = await front.say("project acme/shop", CAT)
    assert "Environments test, then live (chosen in chat)" in shown
    assert "Tell approvers yes (chosen in chat)" in shown
    assert "nothing has changed" in await front.say("project set acme/shop environments=test,live")
    await front.say("project set acme/shop environments=none tell_approvers=none")
    settings = await front.settings()
    assert (settings.environments, settings.tell_approvers) == ([], False)
    await front.press("Undo")
    settings = await front.settings()
    assert (len(settings.environments), settings.tell_approvers) == (2, True)


async def test_rules_are_switched_on_as_is_sensible(front: Front) -> None:
    """What was set before stays as it is; the others are off, and all of it is taken back."""
    await front.set(ProjectSettings("acme/shop", rules=HouseRules(stale=StaleRule(warn=9))))
    told = await front.say("project set acme/shop rules=merge,Stale")

    assert "Rules of acme/shop: stale → stale, merge." in told
    chosen = (await front.settings()).rules
    assert chosen == HouseRules(stale=StaleRule(warn=9), merge=MergeRule())
    assert "Rules stale, merge (chosen in chat)" in await front.say("project acme/shop", CAT)
    assert "nothing has changed" in await front.say("project set acme/shop rules=stale,merge")
    await front.say("project set acme/shop rules=none")
    assert (await front.settings()).rules == HouseRules()
    await front.press("Undo")
    assert (await front.settings()).rules == chosen


async def test_creating_is_taken_back_and_done_again(front: Front) -> None:
    """It is gone from the list then."""
    await front.say("project create acme/shop", ZOE)
    await front.press("Undo", ZOE)
    assert "There is no project yet." in await front.say("project list")
    assert "acme/shop is a project now." in await front.say("project create acme/shop", ZOE)
    told = await front.say("project create acme/shop", ZOE)
    assert "acme/shop is a project already" in told


async def test_removing_asks_first(front: Front) -> None:
    """The button says yes; policies and roles are gone with it, and come back with it."""
    await front.set(ProjectSettings("acme/shop", policies={"*": PolicySettings(approvals=2)}))

    told = await front.say("project remove acme/shop", ZOE)
    assert "Nothing has changed yet." in told
    assert (await front.settings()).policies
    assert await front.press("Remove it", ZOE) == "acme/shop is removed."
    assert not (await front.settings()).policies
    assert "I know no project" in await front.say("project acme/shop")
    await front.say("undo-change 1", ZOE)
    assert (await front.settings()).policies


async def test_roles_decide_who_may_set_up(front: Front) -> None:
    """Those of the project; each refusal is audited, also of an undo."""
    await front.set(ProjectSettings("acme/shop", roles={"slack:U3": Role.MAINTAINER}))
    told = await front.say("project create acme/api")
    assert told == "Creating a project needs the role admin; yours is maintainer."
    assert "needs the role admin" in await front.say("project remove acme/shop")
    await front.say("project set acme/shop environment=live", CAT)
    assert front.kind == "answer"
    await front.set(ProjectSettings("acme/shop"))
    told = await front.say("undo-change 1", CAT)
    assert told == ("Taking this back needs the role maintainer in acme/shop; yours is viewer.")
    for command in (
        "project set acme/shop environment=x",
        "project link acme/shop linear=ENG",
        f"project endpoints acme/shop add {HEALTH}",
        "project component acme/shop add web/** web",
        "project default acme/shop",
    ):
        assert "needs the role maintainer in acme/shop" in await front.say(command, CAT)
        assert front.kind == "forbidden"
    refusals = [detail for _, action, detail in await front.audited() if action == "refused"]
    assert len(refusals) == 8
    assert refusals[0].startswith("project create acme/api: Creating a project needs")


@pytest.mark.parametrize(
    ("typed", "told", "mark"),
    [
        ("project create shop", "“shop” names no repository with its owner", "^^^^"),
        ("project create acme/nothing", "acme/nothing", ""),
        (
            "project set acme/shop linear=ENG",
            "Example: /flow project set acme/shop linear_",
            "^^^^^^",
        ),
        ("project set acme/shop zone=UTC", "by each person for themselves: /flow channel", "^^^^"),
        ("project set acme/shop environment", "Example: environment=production", "^^^^^^^^^^^"),
        ("project set acme/shop env=live", "did you mean environment?", "^^^"),
        ("project set acme/shop environments=a,,b", "names with commas between", "^^^^"),
        ("project set acme/shop environments=a,a", "“a” can only stand there once", "^^^"),
        ("project set acme/shop tell_approvers=ben", "it takes yes or no", "^^^"),
        ("project set acme/shop live", "A project has no setting “live”", "^^^^"),
        ("project set acme/shop endpoints=x", "endpoints have a command of their own", "^^^^"),
        ("project set acme/shop linear_team=e-n-g", "takes the key of a team, such as", "^^^^^"),
        ("project set acme/shop version_file=/etc/x", "the path of a file", "^^^^^^"),
        ("project set acme/shop version_file=../x", "the path of a file", "^^^^"),
        ("project set acme/shop triggers=make", "Events start ask: triggers=ask", "^^^^"),
        ("project set acme/shop rules=stal", "did you mean stale? Example: rules=", "^^^^"),
        (
            "project set acme/shop rules=stale,x",
            "There is no rule “x”: there are labels",
            "^^^^^^^",
        ),
        ("project set acme/shop", "Say what to set", "^^^^"),
        ("project set acme/shp environment=x", "Did you mean acme/shop?", "^^^^^^^^"),
        ("project set nothing environment=x", "project create acme/shop adds one", "^^^^^^^"),
        ("project set environment=x", "This channel is about no project", ""),
        ("project link acme/shop", "Say which team in Linear", "^^^^"),
        ("project link acme/shop linear=e-1", "Say which team in Linear", "^^^^"),
        ("project default acme/nothing", "I know no project", "^^^^"),
        ("project endpoints acme/shop open x", "Say what to do with which address", "^^^^"),
        ("project endpoints acme/shop remove https://x.example/", "it has none", "^^^^"),
        ("project endpoints acme/shop add ftp://x.example/", "Write the address as https", "^^^^"),
        (f"project endpoints acme/shop add https://x.example/{'a' * 2000}", "2,000", ""),
        ("project component acme/shop", "Say which folder is which", "^^^^"),
        ("project component acme/shop remove ui/**", "it has web/**", "^^^^^"),
        ("project crate acme/shop", "Did you mean create?", ""),
        ("project remoev acme/shop", "Did you mean remove?", "^^^^^^"),
        ("project remove --yes", "What is set for this channel's project", ""),
        ("project remove", "What is set for this channel's project", ""),
        ("project create", "What is set for this channel's project", ""),
    ],
)
async def test_what_makes_no_sense_gets_a_helpful_answer(
    front: Front, typed: str, told: str, mark: str
) -> None:
    """With a mark under the word, where it is one word; nothing changes."""
    await front.set(SHOP)

    said = await front.say(typed, ZOE)

    assert told in said
    assert mark in said
    assert await front.settings() == SHOP
    assert await front.audited() == []


async def test_a_channel_changes_what_it_is_about(front: Front) -> None:
    """It is about one project at most, and none in a terminal."""
    await front.set(
        ProjectSettings("acme/api", channels=["slack:C1"]), ProjectSettings("acme/shop")
    )
    told = await front.say("project default acme/shop")
    assert "This channel is about acme/shop, and was about acme/api." in told
    assert (await front.settings("acme/api")).channels == []
    assert "nothing has changed" in await front.say("project default acme/shop")
    await front.say("undo-change 1")
    assert (await front.settings("acme/api")).channels == ["slack:C1"]
    assert (await front.settings("acme/shop")).channels == []
    assert "about nothing, and was about acme/api" in await front.say("project default none")
    assert "Say this in the channel" in await front.say(
        "project default acme/shop", origin=NOBODY_READS
    )
    elsewhere = Origin("slash", "discord", "7")
    await front.say("project default shop", ADA, elsewhere)
    assert (await front.settings("acme/shop")).channels == ["discord:7"]


async def test_endpoints_are_probed_from_then_on(front: Front) -> None:
    """In every process; and not any more once they are removed."""
    await front.set(SHOP)
    probes = front.tools.probes
    with pytest.raises(Refused, match="not on the list"):
        await probes.probe("https://nowhere.acme.example/")

    await front.say("project endpoints acme/shop add https://nowhere.acme.example/")

    assert (await probes.probe("https://nowhere.acme.example/")).error == "nobody knows its name"
    shown = await front.say("project endpoints acme/shop")
    assert "https://nowhere.acme.example/ (chosen in chat)" in shown
    again = "project endpoints acme/shop add https://nowhere.acme.example/"
    assert "nothing has changed" in await front.say(again)
    await front.say("project endpoints acme/shop remove https://nowhere.acme.example/")
    with pytest.raises(Refused, match="not on the list"):
        await probes.probe("https://nowhere.acme.example/")
    assert "acme/shop has no endpoints." in await front.say("project endpoints acme/shop")


async def test_a_private_network_is_opened_by_an_admin_who_was_asked(front: Front) -> None:
    """So is an address without encryption; taking it back is possible, and back again not alone."""
    await front.set(SHOP)
    inner = "project endpoints acme/shop add https://inner.acme.example/"
    assert "needs the role admin in acme/shop" in await front.say(inner)
    assert "is on a private network" in await front.say(inner, ZOE)
    assert (await front.settings()).endpoints == []
    await front.press("Open it", ZOE)
    assert (await front.settings()).endpoints == ["https://inner.acme.example/"]

    await front.say("project endpoints acme/shop remove https://inner.acme.example/")
    assert "needs the role admin" in await front.press("Undo")
    told = await front.say("project endpoints acme/shop add http://shop.acme.example/", ZOE)
    assert "is not encrypted" in told
    await front.press("Open it", ZOE)
    assert (await front.settings()).endpoints == ["http://shop.acme.example/"]


async def test_components_are_folders_with_names(front: Front) -> None:
    """They are added, renamed and removed one by one."""
    await front.set(SHOP)
    told = await front.say("project component acme/shop add web/** storefront")
    assert told == "web/** of acme/shop: web → storefront."
    await front.say("project component acme/shop add api/** api")
    told = await front.say("project component acme/shop remove web/**")
    assert told == "web/** of acme/shop: storefront → no component."
    assert (await front.settings()).components == {"api/**": "api"}
    assert "api/** is api (chosen in chat)" in await front.say("project acme/shop")
    assert "nothing has" in await front.say("project component acme/shop add api/** api")


async def test_a_team_is_linked_and_let_go(front: Front) -> None:
    """By its key; Linear is asked whether there is such a team."""
    await front.set(SHOP)
    told = await front.say("project link acme/shop linear=eng")
    assert told == "Linear team of acme/shop: none → ENG."
    assert "There is no team OPS" in await front.say("project link acme/shop linear=OPS")
    told = await front.say("project link acme/shop linear=none", origin=HERE)
    assert told == "Linear team of acme/shop: ENG → none."


async def test_what_is_not_as_it_was_left_is_not_taken_back(front: Front) -> None:
    """Somebody else's hand is in between, though no change tells of it."""
    await front.set(SHOP)
    await front.say("project set acme/shop environment=staging")
    async with front.database.begin() as connection:
        await projects.choose(connection, "acme/shop", ["environment"], ["x"], front.clock())

    assert "not as it was left any more" in await front.press("Undo")

    assert (await front.settings()).environment == "x"


async def test_only_who_may_change_it_makes_anybody_ask_outside(front: Front) -> None:
    """A name server is asked for nobody else."""
    await front.set(SHOP)
    told = await front.say("project endpoints acme/shop add https://inner.acme.example/", CAT)
    assert (
        told == "Choosing what is probed needs the role maintainer in acme/shop; yours is viewer."
    )


async def test_two_at_once_lose_nothing(postgres_front: Front) -> None:
    """Each changes what the other has left."""
    front = postgres_front
    await front.set(ProjectSettings("acme/shop"))
    said = (
        "project set acme/shop environment=live",
        "project component acme/shop add web/** web",
        "policy acme/shop make approvals=2",
        "role slack:U3 operator acme/shop",
    )

    await asyncio.gather(*(front.type(each, ZOE, key=each) for each in said))

    settings = await front.settings()
    assert (settings.environment, settings.components) == ("live", {"web/**": "web"})
    assert settings.policies == {"make": PolicySettings(approvals=2)}
    assert settings.roles == {"slack:U3": Role.OPERATOR}
    assert len(await front.audited()) == len(said)
