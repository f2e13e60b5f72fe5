"""Digests: what each audience reads, what is posted after a yes, and the words before it."""

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from bot.postings import posting_from
from flows.engine.tools import ProjectSettings
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.records import Milestone
from integrations.emulators.github.story import Story
from integrations.emulators.linear import LinearWorld
from storage.tables import posts
from tests.flows.play import Decision, Play, no, yes
from tests.flows.scenario import Scenario

DAY = timedelta(days=1)


def busy(world: GitHubWorld) -> None:
    """Build a repository in which all that a digest speaks of has happened."""
    now = world.clock
    story = Story(world, "acme/shop", created_at=now - 40 * DAY)
    story.commit("ada", now - 40 * DAY, "Begin", {"README.md": "# shop\n"})
    for number, (title, days) in enumerate(
        [
            ("feat: refunds by card", 3),
            ("fix: totals of empty carts", 2),
            ("chore: tidy up", 2),
            ("feat: parcel tracking", 9),
        ]
    ):
        merged = now - days * DAY
        files = {f"src/{number}.py": "1\n"}
        story.pull(title, "bo", files, opened=merged - 5 * timedelta(hours=1), merged=merged)
    story.pull("build: bump x", "renovate[bot]", {"x": "1"}, opened=now - DAY, merged=now - DAY)
    story.pull("Rewrite the cart", "cy", {"cart.py": "2\n"}, opened=now - 20 * DAY)
    story.pull("Try Rust", "cy", {"cart.rs": "2\n"}, opened=now - 20 * DAY, draft=True)
    story.release("v1.3.0", now - DAY, by="ada")
    issue = story.issue("Payments fail on Sundays", "dee", now - 6 * DAY, labels=["blocker"])
    issue.assignees = ["ada"]
    story.issue("Old sums", "dee", now - 9 * DAY, closed=now - 4 * DAY)
    late = f"Due: {(now - 3 * DAY).date()}"
    story.issue("Send the invoice", "dee", now - 9 * DAY, body=late)
    repo = story.tell()
    for number, (title, due) in enumerate([("1.4", 4 * DAY), ("2.0", 60 * DAY)], start=1):
        repo.milestones[number] = Milestone(
            id=world.next_id(),
            number=number,
            title=title,
            creator="ada",
            created_at=now - 9 * DAY,
            updated_at=now - 9 * DAY,
            due_on=now + due,
        )
    issue.milestone = 1
    world.save()


scenario = Scenario("digest acme/shop", world=busy, answer=yes("bo"))


async def shown(play: Play) -> list[tuple[str, str, str]]:
    """Return what channels are shown: where, the title, the lines."""
    async with play.database.read() as connection:
        rows = await connection.execute(select(posts.c.channel, posts.c.body).order_by(posts.c.id))
        found = [(channel, posting_from(body)) for channel, body in rows]
    return [(channel, f"{each.title[0]}", str(each.lines)) for channel, each in found]


async def test_a_digest_is_posted_once_somebody_said_yes(world: GitHubWorld, play: Play) -> None:
    """One message with the verdict; its sections are in the thread below."""
    busy(world)
    run = await play("digest acme/shop", yes("bo"))
    head, *below = await shown(play)

    assert run.report
    assert (run.state, run.plan) == ("done", ["Post the digest for engineering readers"])
    assert run.report.data == {"merged": 3, "releases": 1, "done": 1}
    assert head[0] == "dev"
    assert "3 changes merged, 1 release; 4 things at risk." in head[2]
    titles = [title for _, title, _ in below]
    assert titles == ["Released", "Shipped", "In progress", "At risk", "Numbers", "Next"]


async def test_a_no_posts_nothing(world: GitHubWorld, play: Play) -> None:
    """Whoever declines has seen exactly what would have been posted."""
    busy(world)
    run = await play("digest acme/shop", no("bo"))
    assert run.state == "stopped"
    assert "refunds by card" in str(run.questions[0].question.show)
    assert await shown(play) == []


@pytest.mark.parametrize(
    ("audience", "there", "absent"),
    [
        ("executive", ["Refunds by card", "1 smaller change", "Payments fail"], ["bump", "chore"]),
        ("customer", ["Refunds by card", "Totals of", "2.0"], ["tidy", "Payments fail", "bo"]),
        ("engineering", ["chore: tidy up", "open for 20 days", "overdue for 3 days"], ["Try Rust"]),
    ],
)
async def test_each_audience_reads_what_concerns_it(
    world: GitHubWorld, play: Play, audience: str, there: list[str], absent: list[str]
) -> None:
    """Customers read of no risks and no people; robots' upkeep is news to nobody."""
    busy(world)
    run = await play(f"digest acme/shop audience={audience}")
    draft = str(run.questions[0].question.show)
    assert [each for each in there if each not in draft] == []
    assert [each for each in absent if f" {each}" in draft or f"'{each}" in draft] == []
    assert f"{world.clock:%d %b %Y}" in draft


async def test_numbers_are_compared_with_the_stretch_before(world: GitHubWorld, play: Play) -> None:
    """Each says from how many it is; the windows have their dates."""
    busy(world)
    run = await play("digest acme/shop")
    draft = str(run.questions[0].question.show)
    for part in ("3, before 1", "1, before 0", "5.0 h, 5.0 h, 5.0 h (n = 3)", "7 days before"):
        assert part in draft
    run = await play("digest acme/shop window=1y")
    began, ended = f"{world.clock - 365 * DAY:%d %b %Y}", f"{world.clock:%d %b %Y}"
    assert f"acme/shop, {began} – {ended}" in str(run.questions[0].question.show)


async def test_words_are_edited_before_the_plan(world: GitHubWorld, play: Play) -> None:
    """Lines go by their numbers, words come at both ends; the plan is what comes of it."""
    busy(world)
    asked = await play("digest acme/shop edit=yes audience=customer")
    draft = str(asked.questions[0].question.show)
    assert "Code(code='1'), ' ', 'Refunds by card" in draft
    words = {"summary": "A good week.", "leave_out": [2], "note": "Thank you all!"}
    run = await play.answer(asked.run_id, Decision("ada", json.dumps(words)), yes("bo"))

    everything = str(await shown(play))
    assert run.said == "A good week."
    assert "Thank you all!" in everything
    assert "Refunds by card" in everything
    assert "empty carts" not in everything


async def test_it_goes_to_channels_of_the_project_alone(world: GitHubWorld, play: Play) -> None:
    """Nobody writes where the project has no business."""
    busy(world)
    await play.project(ProjectSettings("acme/shop", channels=["slack:C7"]))
    refused = await play("digest acme/shop channel=slack:C8")
    await play("digest acme/shop channel=slack:C7", yes("bo"))
    await play("digest acme/shop channel=slack:dev", yes("bo"))

    assert refused.line == "slack:C8 is no channel of acme/shop; there is slack:C7."
    assert {channel for channel, _, _ in await shown(play)} == {"C7", "dev"}


async def test_linear_tells_what_is_going_on(world: GitHubWorld, play: Play) -> None:
    """Started, due and done are Linear's where the project has its issues there."""
    busy(world)
    play.linear = linear = LinearWorld(now=world.clock)
    linear.team("ENG")
    linear.issue("ENG", "Refund by card", state="In Progress", assignee=linear.user("bo"))
    linear.issue("ENG", "Sign the contract", due_date=date(2026, 3, 20))
    linear.move(linear.issue("ENG", "Ship it").identifier, "Done")
    await play.project(ProjectSettings("acme/shop", linear_team="ENG"))
    await play.start()
    run = await play("digest acme/shop")
    draft = str(run.questions[0].question.show)
    for part in ("ENG-1 Refund by card", "ENG-2 Sign the contract", ", 20 Mar", "1, before 0"):
        assert part in draft
    assert "Payments fail" not in draft


async def test_no_news_is_one_quiet_line(world: GitHubWorld, play: Play) -> None:
    """Nothing is posted, and a schedule that tells news alone stays silent."""
    world.repo("acme/shop")
    run = await play("digest acme/shop")
    assert run.report
    assert (run.report.quiet, run.said) == (
        True,
        "No news: nothing shipped, and nothing is at risk.",
    )


async def test_a_window_has_a_length(world: GitHubWorld, play: Play) -> None:
    """What began at a tag has no stretch of the same kind before it."""
    busy(world)
    run = await play("digest acme/shop window=since=v1.3.0")
    assert "write 7d, 2w or 1m" in run.line
