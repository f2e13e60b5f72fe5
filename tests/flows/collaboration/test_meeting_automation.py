"""Meetings: the agenda, what was decided becomes issues, and people are reminded until done."""

from datetime import date, timedelta

import pytest

from flows.collaboration.meeting_automation import AGAIN, ENOUGH
from flows.engine.talk import Said
from flows.engine.tools import ProjectSettings
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.records import Issue
from integrations.emulators.github.story import Story
from integrations.emulators.linear import LinearWorld
from tests.flows.play import Decision, Play, no, yes
from tests.flows.scenario import Scenario, small

LINK = "https://chat.example/dev/1"
DAY = timedelta(days=1)

scenario = Scenario(
    "meeting acme/api text='@bo please renew the certificate by tomorrow' reminders=0",
    world=small,
    answer=yes("bo"),
)


def issues(world: GitHubWorld) -> list[Issue]:
    """Return the issues of the API."""
    return list(world["acme/api"].issues.values())


def heard(world: GitHubWorld, play: Play) -> None:
    """Let people decide two things in a thread."""
    small(world)
    play.room.said = [
        Said("Ada", "What do we do about the outage?", world.clock, LINK),
        Said("Cy", "- [ ] @dee: write it up by Friday\nTo do: call zed", world.clock, LINK),
    ]


async def test_a_thread_becomes_issues_with_owners_and_days(world: GitHubWorld, play: Play) -> None:
    """Whom the tracker does not know is named in the text."""
    heard(world, play)
    run = await play(f"meeting acme/api link={LINK}", yes("bo"))
    one, two = issues(world)

    plan = [each.title for each in run.questions[0].question.plan]
    assert plan == ["Issue 1: Write it up", "Issue 2: Call zed"]
    assert (one.title, one.assignees) == ("Write it up", ["dee"])
    assert "Due: 2026-03-06" in one.body
    assert (two.title, two.assignees) == ("Call zed", [])
    assert f"[The message]({LINK})" in one.body
    assert "1 of them for nobody" in str(run.questions[0].question.show)


async def test_people_are_asked_until_all_is_done(world: GitHubWorld, play: Play) -> None:
    """After the last day, then each week; the end says what became of each."""
    heard(world, play)
    first = await play(f"meeting acme/api link={LINK}", yes("bo"))
    waits = [step.title for step in first.steps if step.title.startswith("Wait for")]
    assert waits == ["Wait for the action items to be done (1)"]
    assert "2 of 2 action items still open: #3 (dee), #4 (nobody)" in (
        first.questions[-1].question.text
    )
    for each in issues(world):
        each.state, each.reason = "closed", "completed"
    run = await play.answer(first.run_id, Decision("ada", AGAIN))

    assert (run.state, run.said) == ("done", "2 of 2 action items done.")


async def test_nobody_is_asked_for_ever(world: GitHubWorld, play: Play) -> None:
    """Whoever leaves it ends it; so does the last of the reminders."""
    heard(world, play)
    left = await play(f"meeting acme/api link={LINK}", yes("bo"), Decision("ada", ENOUGH))
    asked = await play(f"meeting acme/api link={LINK}", yes("bo"), *([Decision("ada", AGAIN)] * 3))
    assert left.said == asked.said == "0 of 2 action items done."
    assert "asked 3 times" in asked.questions[-1].question.text


async def test_a_message_can_be_one_item(world: GitHubWorld, play: Play) -> None:
    """Whoever chose it has said so; it is from its author, and in Linear it has its assignee."""
    small(world)
    play.linear = linear = LinearWorld(now=world.clock)
    linear.team("ENG")
    await play.project(ProjectSettings("acme/api", linear_team="ENG"))
    await play.start()
    play.meanwhile.append(lambda: linear.move("ENG-1", "Done"))
    words = "text='Bo will fix the door by 10 March' author=cy"
    run = await play(f"meeting acme/api {words}", yes("bo"))

    made = linear["ENG-1"]
    assert run.said == "1 of 1 action item done."
    assert (made.title, made.due_date) == ("Fix the door", date(2026, 3, 10))
    assert made.assignee is linear.user("bo")
    assert "what cy wrote" in (made.description or "")


async def test_a_no_makes_nothing(world: GitHubWorld, play: Play) -> None:
    """The plan names every issue."""
    heard(world, play)
    run = await play(f"meeting acme/api link={LINK}", no("bo"))
    assert run.state == "stopped"
    assert issues(world) == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("meeting acme/api", "There is no thread here"),
        ("meeting acme/api link=https://elsewhere.example/1", "no address of a message"),
        ("meeting acme/api link=https://chat.example/other/1", "another channel"),
        (f"meeting acme/api link={LINK}", "Begin a line with “To do:”"),
    ],
)
async def test_what_cannot_be_read_is_said(
    world: GitHubWorld, play: Play, command: str, said: str
) -> None:
    """The text says what to do."""
    small(world)
    run = await play(command)
    assert run.state == "stopped"
    assert said in run.line


async def test_the_agenda_is_what_is_stuck(world: GitHubWorld, play: Play) -> None:
    """Blocked, overdue, left alone, waiting for review; each with who can move it."""
    start = world.clock - 40 * DAY
    story = Story(world, "acme/api", created_at=start)
    story.commit("ada", start, "Begin", {"a.py": "1\n"})
    story.issue("Pay the bill", "cy", start, labels=["blocked"])
    story.issue("Send the letter", "cy", world.clock - DAY, body="Due: 2026-03-01")
    story.issue("Move the data", "cy", start).assignees = ["dee"]
    story.issue("Some day", "cy", start)
    story.pull("Rewrite it", "bo", {"a.py": "2\n"}, opened=world.clock - 9 * DAY)
    story.tell()
    run = await play("meeting acme/api agenda")

    assert run.said == "4 topics, about 12 minutes at 3 each."
    said = str(run.report)
    for part in ("Pay the bill", "was due 01 Mar", "untouched for 40 days", "open for 9 days"):
        assert part in said
    assert "Some day" not in said
    assert world.writes == []


async def test_without_a_topic_there_is_no_need_to_meet(world: GitHubWorld, play: Play) -> None:
    """That is an agenda as well."""
    small(world)
    run = await play("meeting acme/api agenda")
    assert run.said.endswith("no need to meet.")
