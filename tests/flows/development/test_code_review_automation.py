"""A pull request gets its reviewers, a comment that stays true, and reminders in hours of work."""

from datetime import timedelta

import pytest

from flows.development.code_review_automation import AGAIN, QUIET
from flows.engine.tools import ProjectSettings
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.people import Person
from integrations.emulators.github.records import Pull
from integrations.emulators.github.story import Story
from storage import people
from storage.people import PersonSettings
from storage.tables import identities
from storage.tables import people as persons
from tests.flows.play import Decision, Play, no, yes
from tests.flows.scenario import Scenario

REPO = "acme/shop"
DAY = timedelta(days=1)
SECRET = f"AKIA{'Q' * 16}"
RISKY = {
    "shop/cart.py": f"def save(cart):\n    key = '{SECRET}'\n    breakpoint()\n    return cart\n",
    "migrations/0002_cart.sql": "ALTER TABLE cart ADD COLUMN saved boolean;\n",
}
CLEAN = {"shop/cart.py": "def save(cart):\n    return cart\n", "tests/test_cart.py": "1\n"}
OWNERS = "*.sql @dee\n"


def shop(
    world: GitHubWorld,
    *,
    owners: str = OWNERS,
    files: dict[str, str] | None = None,
    age: timedelta = 30 * DAY,
) -> None:
    """Build a repository whose cart cy knows, and whose database dee owns, with a pull request."""
    start = world.clock - age
    story = Story(world, REPO, created_at=start)
    story.commit("ada", start, "Begin", {"CODEOWNERS": owners, "shop/app.py": "x = 1\n"})
    for number in range(4):
        code = {"shop/cart.py": f"def save(cart):\n    return {number}\n"}
        story.commit("cy", start + number * DAY, f"Change the cart {number}", code)
    for login in ("cy", "dee"):
        world.account(login)
    story.pull("Save carts", "bo", files or RISKY, opened=world.clock - timedelta(hours=1))
    story.tell()


scenario = Scenario("review acme/shop 1 follow=1", world=shop, answer=yes("bo"))


def pull(world: GitHubWorld) -> Pull:
    """Return the pull request."""
    return world[REPO].pulls[1]


async def test_who_owns_and_knows_the_code_is_asked(world: GitHubWorld, play: Play) -> None:
    """The plan says whom and why; the comment has what was found, and no secret."""
    shop(world)
    run = await play("review acme/shop 1 reviewers=2 follow=1", yes("bo"))

    assert run.plan == [
        "Ask cy for a review of #1",
        "Ask dee for a review of #1",
        "Comment on #1 with what was found",
    ]
    assert pull(world).reviewers == ["cy", "dee"]
    [said] = pull(world).comments
    assert said.body.startswith("**Size XS, high risk**")
    assert "`shop/cart.py:2` A key of AWS: revoke it" in said.body
    assert "- [ ] Changes the database: migrations/0002\\_cart.sql" in said.body
    assert "No issue is named" in said.body
    assert SECRET not in said.body


async def test_who_knows_a_quiet_file_is_found(world: GitHubWorld, play: Play) -> None:
    """A file that nobody touched for a year has somebody who knows it all the same."""
    shop(world, owners="", age=500 * DAY)
    run = await play("review acme/shop 1 follow=1", no("bo"))
    assert run.plan[0] == "Ask cy for a review of #1"


async def test_what_is_fixed_vanishes_from_the_comment(world: GitHubWorld, play: Play) -> None:
    """The one comment is edited on each push, without another yes."""
    shop(world)
    bo = Person(world, "bo")

    async def fixes() -> None:
        branch = pull(world).head_ref
        await bo.pushes(REPO, CLEAN, branch=branch)

    play.meanwhile += [fixes]
    await play("review acme/shop 1 follow=2", yes("bo"))
    [said] = pull(world).comments
    assert "A key of AWS" not in said.body
    assert "Changes the database" in said.body


async def test_a_clean_change_gets_no_comment(world: GitHubWorld, play: Play) -> None:
    """Somebody is asked, and nothing is written."""
    shop(world, files={"shop/app.py": "x = 2\n", "tests/test_app.py": "1\n"})
    pull(world).title = "Save carts (#7)"
    run = await play("review acme/shop 1 follow=1 remind=80", yes("bo"))
    assert run.plan == ["Ask ada for a review of #1"]
    assert pull(world).comments == []
    dry = await play("review acme/shop 1 --dry-run", by="bo")
    assert dry.report
    assert dry.report.title == "#1 is XS, low risk"


async def test_reminders_come_in_hours_of_work(world: GitHubWorld, play: Play) -> None:
    """They name who is asked; a button asks one more, another ends them."""
    shop(world)
    asked = await play("review acme/shop 1", yes("bo"))
    question = asked.questions[-1].question
    assert question.text == "#1 still waits for a review. What now? (reminder 1)"
    assert question.choices == ("Ask dee as well", QUIET, AGAIN)
    assert question.show
    assert "cy" in str(question.show.blocks)

    again = await play.answer(asked.run_id, Decision("ada", "Ask dee as well"))
    assert again.questions[-1].question.choices == (QUIET, AGAIN)
    assert pull(world).reviewers == ["cy", "dee"]
    run = await play.answer(asked.run_id, Decision("ada", QUIET))
    assert run.state == "done"
    assert run.said == "I followed it for 14 days, and stop."


async def test_it_lives_until_the_merge(world: GitHubWorld, play: Play) -> None:
    """Changes requested, asked again, approved, merged: the report counts the rounds."""
    shop(world)
    bo, cy = Person(world, "bo"), Person(world, "cy")

    async def reworks() -> None:
        await bo.pushes(REPO, CLEAN, branch=pull(world).head_ref)
        await bo.asks(REPO, 1, "cy")

    play.meanwhile += [
        lambda: cy.requests_changes(REPO, 1, "No secrets"),
        reworks,
        lambda: cy.approves(REPO, 1),
        lambda: bo.merges(REPO, 1),
    ]
    run = await play("review acme/shop 1 remind=80", yes("bo"))
    assert run.report
    assert run.report.title == "#1 is merged"
    assert "1 with 1 reviewer" in str(run.report.blocks)
    assert run.report.data["rounds"] == 1
    assert run.report.data["waited"] is not None


async def test_who_is_away_is_not_asked(world: GitHubWorld, play: Play) -> None:
    """As they have told the bot, whatever the platform."""
    shop(world)
    settings = PersonSettings(away_until=world.clock + 9 * DAY)
    async with play.database.begin() as connection:
        await connection.execute(
            persons.insert().values(
                id="p1", name="Cy", email="", created_at=world.clock, settings={}
            )
        )
        await connection.execute(
            identities.insert().values(
                platform="github", id="cy", person_id="p1", name="cy", proof="link", at=world.clock
            )
        )
        person = await people.of(connection, "github", "cy")
        assert person
        await people.save(connection, people.changed(person, settings), None)
    run = await play("review acme/shop 1 follow=1", yes("bo"))
    assert run.plan[0] == "Ask dee for a review of #1"
    assert run.report
    assert "is away until 2026-03-11" in str(run.report.blocks)


async def test_a_team_that_owns_it_is_asked_where_nobody_else_is(
    world: GitHubWorld, play: Play
) -> None:
    """By its short name."""
    shop(world, owners="* @acme/web\n", files={"docs/new.md": "# New\n"})
    world.team("acme", "web", "dee")
    run = await play("review acme/shop 1 follow=1", yes("bo"))
    assert pull(world).teams == ["web"]
    assert run.plan[0] == "Ask web for a review of #1"


async def test_a_draft_and_a_merged_one_need_no_review(world: GitHubWorld, play: Play) -> None:
    """What an event has started says nothing then."""
    shop(world)
    pull(world).draft = True
    run = await play("review acme/shop 1")
    assert run.report
    assert run.report.quiet
    assert run.said == "It is a draft: I look at it when it is ready."
    again = await play("review acme/shop 1 drafts=yes", no("bo"))
    assert again.state == "stopped"
    assert world.writes == []
    await Person(world, "bo").closes(REPO, 1)
    closed = await play("review acme/shop 1")
    assert closed.said == "Closed."


async def test_a_no_writes_nothing(world: GitHubWorld, play: Play) -> None:
    """A declined plan leaves GitHub untouched."""
    shop(world)
    run = await play("review acme/shop 1", no("bo"))
    assert run.state == "stopped"
    assert world.writes == []


@pytest.mark.parametrize(
    ("command", "said"),
    [("review acme/shop 9", "no pull request #9"), ("review acme/nothing 1", "acme/nothing")],
)
async def test_what_is_not_there_is_said(
    world: GitHubWorld, play: Play, command: str, said: str
) -> None:
    """In a sentence."""
    shop(world)
    run = await play(command)
    assert run.state == "stopped"
    assert said in run.line


async def test_a_review_costs_few_calls(world: GitHubWorld, play: Play) -> None:
    """However large the change is: the history of five files is read at most."""
    files = {f"shop/part_{number}.py": "x = 1\n" for number in range(60)}
    shop(world, files=files)
    await play.project(ProjectSettings(REPO))
    run = await play("review acme/shop 1 follow=1", yes("bo"))
    reads = [step for step in run.steps if step.kind == "step"]
    assert sum(step.calls for step in reads) <= 20
