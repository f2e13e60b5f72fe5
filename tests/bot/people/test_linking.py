"""Who is who: by a code from one platform to another, by an address, and by an admin's word."""

import pytest

from bot.chat import Actor, Profile
from bot.console.render import render
from bot.grammar import Verb
from bot.people.acquaintance import Acquaintance
from bot.people.linking import Linking
from bot.people.naming import Naming
from flows.engine.run import YES
from storage import people
from storage.people import Identity
from tests.bot.lab import ADA, BEN, HERE, RULES, Lab
from tests.bot.town import ADA_THERE, ADMIN, Town
from tests.bot.yard import Yard

CAT_THERE = Actor("discord", "88", "cat")


@pytest.fixture
def town(lab: Lab) -> Town:
    """Return the bot with its desks about people."""
    return Town(lab)


async def code_of(town: Town, by: Actor = ADA, platform: str = "discord") -> str:
    """Return the command that joins somebody with who they are on another platform."""
    told = await town.say(f"link {platform}", by)
    assert "Type this there, to the bot: /flow link " in told
    return "link " + told.partition("/flow link ")[2].split()[0]


async def test_a_code_makes_one_person_of_two_platforms(town: Town) -> None:
    """With the settings of both; the answer says how to undo it."""
    await town.say("me zone Europe/Berlin")
    await town.say("me quiet on", ADA_THERE)
    command = await code_of(town)

    told = await town.say(command, ADA_THERE)

    assert "You are one person on Slack and here from now on." in told
    assert "If that is not so: /flow unlink slack" in told
    person = await town.who()
    assert person == await town.who(ADA_THERE)
    assert (person.settings.zone, person.settings.quiet) == ("Europe/Berlin", True)
    assert [each.proof for each in person.identities] == ["link", "link"]
    assert ("linked", "slack:U1 and discord:77") in await town.audited()
    assert "You are ada_l on Discord already." in await town.say("link discord")


async def test_linking_comes_to_the_same_on_each_engine(yard: Yard) -> None:
    """A code, an admin's word that takes an identity, and its way back."""
    town = Town(yard)
    await town.say(await code_of(town), ADA_THERE)
    assert (await town.who()).id == (await town.who(ADA_THERE)).id
    await town.say("me", BEN)
    await town.say("link @ben discord:77 --yes", ADMIN)
    assert (await town.who(ADA_THERE)).id == (await town.who(BEN)).id
    await town.say("team acme/platform <!subteam^S123>", ADMIN)
    await town.say("undo-change 2", ADMIN)
    await town.say("undo-change 1", ADMIN)
    assert (await town.who()).id == (await town.who(ADA_THERE)).id
    assert "No team has a group" in await town.say("team")


async def test_a_code_counts_once(town: Town) -> None:
    """Whoever types it second."""
    command = await code_of(town)
    await town.say(command, ADA_THERE)

    assert "used already" in await town.say(command, CAT_THERE)
    assert "used already" in await town.say(command, ADA_THERE)
    assert (await town.who()).on("discord") == Identity("discord", "77", "ada_l", "link")


async def test_a_code_is_good_for_ten_minutes(town: Town) -> None:
    """Afterwards it is as good as none."""
    command = await code_of(town)
    town.clock.forward(601)
    assert "too old, or no code of mine" in await town.say(command, ADA_THERE)


@pytest.mark.parametrize(
    "change",
    [
        lambda code: code.replace("U1", "U2"),
        lambda code: code[:-1] + ("a" if code[-1] != "a" else "b"),
        lambda code: code.replace("slack", "github"),
        lambda code: code.rpartition("-")[0] + "-é",
        lambda _: "link a-b-c-d",
        lambda _: "link ---",
    ],
)
async def test_a_forged_code_is_none(town: Town, change: object) -> None:
    """Whatever was changed in it."""
    command = await code_of(town)
    assert callable(change)
    answer = await town.type(change(command), ADA_THERE)
    assert answer.kind == "unfit"
    assert (await town.who()).on("discord") is None


async def test_a_code_is_typed_elsewhere(town: Town) -> None:
    """On the same platform it shows nothing."""
    command = await code_of(town)
    assert "Type it on the other platform" in await town.say(command)


async def test_a_second_account_on_a_platform_is_asked_for(town: Town) -> None:
    """The code is still good for the yes."""
    await town.say(await code_of(town), ADA_THERE)
    town.clock.forward(1)
    command = await code_of(town, CAT_THERE, "slack")
    asked = await town.type(command)

    assert "Then you are both cat and ada_l on Discord. Are both of them you?" in (
        asked.report.summary
    )
    assert (await town.who()).id != (await town.who(CAT_THERE)).id
    assert "You are one person" in await town.press("Both are me", asked)
    assert (await town.who()).id == (await town.who(CAT_THERE)).id


async def test_the_same_address_is_the_same_person(town: Town) -> None:
    """Of the platforms that tell it; not where they have somebody there already."""
    async with town.lab.database.begin() as connection:
        known = await people.seen(connection, "discord", "77", "ada_l", town.clock())
        known = people.with_address(known, "ada@acme.example")
        await people.save(connection, known, None)
    town.outside.profiles["U1"] = Profile("Ada", "Ada@acme.example", "Mars/Base")
    town.outside.profiles["U2"] = Profile("Ada", "ada@acme.example")

    await town.say("me")
    person = await town.who()
    assert person.id == (await town.who(ADA_THERE)).id
    assert person.on("slack") == Identity("slack", "U1", "Ada", "email")
    assert person.settings.zone == ""
    await town.say("me", BEN)
    assert (await town.who(BEN)).id != person.id


async def test_linear_tells_who_has_the_address(town: Town) -> None:
    """GitHub does not, so an admin has to say it."""
    town.outside.profiles["U1"] = Profile("Ada", "ada@acme.example")
    town.outside.profiles["U2"] = Profile("Ben", "ben@acme.example")
    assert "An admin can say it: /flow link @ada linear:LOGIN" in await town.say("link linear")
    ada = Identity("linear", "u-1", "Ada", "email")
    town.outside.linear |= {"ada@acme.example": ada, "ben@acme.example": ada}

    assert "You are Ada on Linear: the e-mail address is the same." in await town.say("link linear")
    assert (await town.who()).on("linear") == ada
    assert "Ada on Linear is Ada already." in await town.say("link linear", BEN)
    assert "/flow link @ada github:LOGIN" in await town.say("link github")


async def test_an_admin_says_who_is_who_and_takes_it_back(town: Town) -> None:
    """What is somebody else's is asked for first."""
    await town.say("me")
    assert "needs the role admin; yours is maintainer" in await town.say("link @ada github:ada-l")
    said = await town.type("link @ada github:Ada-L", ADMIN)
    assert said.report.summary == "ada-l on GitHub is ada."
    assert "That is known" in await town.say("link @ada github:ada-L", ADMIN)
    assert (await town.who()).on("github") == Identity("github", "ada-l", "ada-l", "admin")

    asked = await town.type("link <@U2> github:ada-l", ADMIN)
    assert asked.report.summary == "ada-l on GitHub is ada so far. Shall it be U2 instead?"
    assert (await town.who()).on("github")
    assert "ada-l on GitHub is U2." in await town.press("It is U2", asked, ADMIN)
    assert (await town.who()).on("github") is None

    number = 2
    assert "needs the role admin" in await town.say(f"undo-change {number}", BEN)
    assert "Taken back: ada-l on GitHub is U2." in await town.say(f"undo-change {number}", ADMIN)
    assert (await town.who()).on("github")
    assert "Taken back: ada-l on GitHub is ada." in await town.press("Undo", said, ADMIN)
    assert (await town.who()).on("github") is None
    assert [each for each, _ in await town.audited()].count("refused") == 2


async def test_an_identity_that_was_all_of_somebody_comes_back_with_their_settings(
    town: Town,
) -> None:
    """Undo makes the person again."""
    await town.say("me")
    await town.say("me zone Europe/Berlin", ADA_THERE)
    said = await town.type("link @ada discord:77 --yes", ADMIN)
    assert (await town.who(ADA_THERE)).id == (await town.who()).id

    await town.press("Undo", said, ADMIN)

    person = await town.who(ADA_THERE)
    assert person.id != (await town.who()).id
    assert person.settings.zone == "Europe/Berlin"


async def test_an_identity_is_given_up(town: Town) -> None:
    """One's own from elsewhere, or somebody's by an admin."""
    await town.say("me")
    assert "No other account on GitHub is linked with you." in await town.say("unlink github")
    await town.say("link @ada github:ada-l", ADMIN)
    assert "ada-l on GitHub is no longer you." in await town.say("unlink github")
    assert "No other account on Slack" in await town.say("unlink slack")
    assert "No other account on Slack" in await town.say("unlink slack", CAT_THERE)

    await town.say("link @ada github:ada-l", ADMIN)
    assert "needs the role admin" in await town.say("unlink @ada github", BEN)
    said = await town.type("unlink @ada github", ADMIN)
    assert "ada is not known on GitHub." in await town.say("unlink @ada github", ADMIN)
    await town.press("Undo", said, ADMIN)
    assert (await town.who()).on("github")


async def test_a_team_has_a_group_of_this_chat(town: Town) -> None:
    """An admin says which; all can see it."""
    assert "No team has a group" in await town.say("team")
    assert "needs the role admin" in await town.say("team acme/platform <!subteam^S123|@plat>")
    said = await town.type("team acme/Platform <!subteam^S123|@plat>", ADMIN)
    assert said.report.summary == "acme/platform is the group S123 on Slack."
    there = Actor("terminal", "root", "root")
    assert "is no group of this chat" in await town.say("team acme/platform @x", there)
    assert "S123" in await town.say("team")
    assert "no group on Slack any more" in await town.say("team acme/platform off", ADMIN)
    assert "No team has a group" in await town.say("team")
    assert "needs the role admin" in await town.say("undo-change 2", BEN)
    await town.say("undo-change 2", ADMIN)
    await town.say("undo-change 1", ADMIN)
    assert "No team has a group" in await town.say("team")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("link", "Say who you are elsewhere: /flow link discord"),
        ("link nowhere", "Say who you are elsewhere"),
        ("link a b c", "Say who you are elsewhere"),
        ("unlink nowhere", "Say who you are elsewhere: /flow unlink discord"),
        ("link @ada ada-l", "“ada-l” is nobody: say the platform too, as /flow link @ada github"),
        ("link @nobody github:x", "I know nobody called “@nobody”: mention them"),
        ("unlink @nobody gitlab", "Say the platform: /flow unlink @ada github"),
        ("team platform @x", "Say the team and its group here: /flow team acme/platform"),
        ("team acme/platform", "Say the team and its group here"),
        ("team acme/platform @x-y", "“@x-y” is no group of this chat"),
    ],
)
async def test_what_makes_no_sense_is_answered_with_an_example(
    town: Town, typed: str, told: str
) -> None:
    """And changes nothing."""
    answer = await town.type(typed, ADMIN)
    assert answer.kind == "misread"
    assert told in await town.say(typed, ADMIN)


async def test_who_asks_on_one_platform_does_not_approve_on_another(town: Town) -> None:
    """One person has one voice."""
    await town.say(await code_of(town), ADA_THERE)
    lab = town.lab
    run_id = await lab.start("make desk", BEN)
    await lab.player().play(run_id)
    question = (await lab.asked(run_id)).id
    async with lab.database.begin() as connection:
        ben = await people.seen(connection, "slack", "U2", "ben", town.clock())
        there = Identity("slack", "U9", "eve", "link")
        await people.give(connection, ben.id, there, town.clock())

    refused = await town.dispatch.answer(question, YES, ADMIN)
    assert refused is not None
    assert "You asked for this plan, so somebody else has to approve it." in refused.report.summary
    assert await town.dispatch.answer(question, YES, ADA) is None


async def test_where_it_is_set_up_github_is_linked_by_signing_in_there(town: Town) -> None:
    """By a link for this person alone."""
    lab = town.lab
    desk = Linking(
        lab.database,
        Naming(lab.database, RULES, lab.clock),
        lab.clock,
        Acquaintance(lab.database, lab.clock, {}),
        lab.passes,
        github_at="https://flowbot.example",
    )
    said = await desk.answer(Verb("link", ("github",)), ADA, HERE, "k")
    told = " ".join(render(said.report).split())
    assert "Sign in at GitHub (https://flowbot.example/link/github?token=" in told
