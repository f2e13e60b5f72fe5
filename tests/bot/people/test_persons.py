"""People in commands: mentioned, named or by id, they reach a flow by their ids."""

from bot.chat import Actor
from bot.dispatch import Accepted, FormErrors
from tests.bot.front import ZOE, Front
from tests.bot.lab import ADA, BEN, HERE


async def test_people_are_found_by_name(front: Front) -> None:
    """A mention tells the id itself; a name is looked up on the platform it is typed on."""
    await front.meet(ADA, BEN)

    run_id = await front.start("ask ENG-12 who=@ada who=<@U2|ben> owner=slack:U9")

    params = (await front.run(run_id)).params
    assert params == {
        "issue": "ENG-12",
        "who": ["slack:U1", "slack:U2"],
        "owner": "slack:U9",
        "boss": None,
    }


async def test_people_are_shown_as_they_are_called(front: Front) -> None:
    """Where the name means them alone; typed again, it comes to the same."""
    await front.meet(BEN, Actor("slack", "U5", "Ben"), Actor("slack", "U6", "Eve Ning"))
    run_id = await front.start("ask ENG-12 @U5,slack:U6 owner=<@U6> boss=discord:77")

    run = await front.run(run_id)
    assert run.command == 'ask ENG-12 "@U5,@Eve Ning" owner="@Eve Ning" boss=discord:77'
    again = await front.run(await front.start(run.command))
    assert again.params == run.params


async def test_a_link_to_an_issue_is_its_key(front: Front) -> None:
    """Whatever the input is called."""
    run_id = await front.start("ask https://linear.app/acme/issue/eng-7/a-title owner=<@U2>")

    params = (await front.run(run_id)).params
    assert (params["issue"], params["owner"]) == ("ENG-7", "slack:U2")


async def test_a_name_that_nobody_has_is_marked(front: Front) -> None:
    """So is one that several have."""
    told = await front.say("ask ENG-1 who=@nobody")
    assert front.kind == "misread"
    assert "I know nobody called “@nobody” here: mention them" in told
    assert "ask ENG-1 who=@nobody ^^^^^^^" in told
    assert "ask ENG-1 @nobody ^^^^^^^" in await front.say("ask ENG-1 @nobody")

    await front.meet(ADA, Actor("slack", "U7", "Ada"))
    told = await front.say("ask ENG-1 owner=ada")
    assert "2 people are called “@ada”: take one of slack:U1, slack:U7." in told
    told = await front.say("ask ENG-1 who=@-")
    assert "who: “@-” is nobody's name: name a person as @ada" in told
    assert "issue: “soon” is no issue in Linear" in await front.say("ask soon")


async def test_a_form_knows_people_too(front: Front) -> None:
    """What does not fit is told above it."""
    await front.meet(ADA)
    values = {"issue": "ENG-1", "who": "@ada, @U2"}
    reply = await front.dispatch.submit_form("people-asking", values, ZOE, HERE, "one")
    assert isinstance(reply, Accepted)
    assert (await front.run(reply.run_id)).params["who"] == ["slack:U1", "slack:U2"]

    values = {"issue": "ENG-1", "who": "@nobody"}
    wrong = await front.dispatch.submit_form("people-asking", values, ZOE, HERE, "two")
    assert isinstance(wrong, FormErrors)
    assert "I know nobody called" in wrong.errors[""]
