"""Knowledge: answers are quoted with links, threads are kept as pages, old pages are listed."""

from datetime import timedelta

import pytest

from flows.engine.talk import Said
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.story import Story
from tests.flows.play import Play, no, yes
from tests.flows.scenario import Scenario

LINK = "https://chat.example/dev/1"
GUIDE = "# Guide\n\nHow we work.\n\n## Deploy\n\nRun `make deploy` on Mondays.\n"


def written(world: GitHubWorld) -> None:
    """Build a repository with docs, a decision, old pages and a merged pull request."""
    start = world.clock - timedelta(days=500)
    story = Story(world, "acme/api", created_at=start)
    pages = {"docs/guide.md": "# Guide\n", "docs/old.md": "# Old\n\nOnce.\n", "src/a.py": "x\n"}
    story.commit("ada", start, "Begin", pages)
    recent = world.clock - timedelta(days=9)
    story.commit("ada", recent, "Write", {"docs/guide.md": GUIDE})
    story.pull(
        "feat: canaries",
        "bo",
        {"docs/adr/0001.md": "# Canaries\n\nWe roll out canaries first.\n"},
        opened=recent,
        merged=recent + timedelta(hours=2),
        body="Canaries watch the error rate for an hour.",
    )
    story.tell()


scenario = Scenario(
    'kb acme/api "Who feeds the canaries?" answer="Bo feeds them at nine."',
    world=written,
    answer=yes("bo"),
)


async def test_a_question_is_answered_by_passages(world: GitHubWorld, play: Play) -> None:
    """Each with its page, its heading and an address at the commit that was read."""
    written(world)
    run = await play('kb acme/api "how do we deploy?"')
    said = str(run.report)

    assert run.said.startswith("docs/guide.md is the closest of 1 passage (3 pages, ")
    assert "docs/guide.md: Deploy" in said
    assert "Run make deploy on Mondays." in said
    assert f"/blob/{world.head('acme/api')}/docs/guide.md#L5" in said
    assert world.writes == []


async def test_pull_requests_and_decisions_answer_as_well(world: GitHubWorld, play: Play) -> None:
    """They are called what they are."""
    written(world)
    said = str((await play("kb acme/api canaries")).report)
    assert "(decision)" in said
    assert "(pull request): Canaries watch the error rate" in said


async def test_what_nobody_wrote_down_is_said(world: GitHubWorld, play: Play) -> None:
    """With what to do about it."""
    written(world)
    run = await play('kb acme/api "Where is the moon?"')
    assert run.said.startswith("Nothing is written down about that")
    assert "save=yes" in str(run.report)


async def test_a_thread_is_kept_as_a_page(world: GitHubWorld, play: Play) -> None:
    """A pull request with the question, what people said, and where; nothing in it pings."""
    written(world)
    play.room.said = [
        Said("Ada", "How do we roll back?", world.clock, LINK),
        Said("Bo", "With `make undo`.\n@everyone should know", world.clock, LINK),
    ]
    run = await play(f"kb acme/api save=yes link={LINK}", yes("bo"))
    branch = "flowbot/how-do-we-roll-back"
    page = world.git(world["acme/api"]).call(
        "show", f"{branch}:docs/answers/how-do-we-roll-back.md"
    )
    text = page.decode()

    assert run.report
    assert run.report.title == "“How do we roll back?” is kept"
    assert text.startswith("# How do we roll back?\n")
    assert "**Bo**, 2026-03-02:" in text
    assert "@\u200beveryone" in text
    assert f"Kept from [the thread]({LINK}) on 2026-03-02 by ada." in text
    [pull] = [each for each in world["acme/api"].pulls.values() if each.state == "open"]
    assert pull.title == "docs: How do we roll back?"


async def test_a_no_keeps_nothing(world: GitHubWorld, play: Play) -> None:
    """The page was shown before."""
    written(world)
    run = await play('kb acme/api "Who?" answer="Bo does."', no("bo"))
    assert "Bo does" in str(run.questions[0].question.show)
    assert world.writes == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("kb acme/api", "Ask something"),
        ("kb acme/api question=… answer=yes", "Say what the page is called"),
        ("kb acme/api save=yes", "no thread here to read"),
    ],
)
async def test_what_is_missing_is_said(
    world: GitHubWorld, play: Play, command: str, said: str
) -> None:
    """The text says how it is typed."""
    written(world)
    run = await play(command)
    assert run.state == "stopped"
    assert said in run.line


async def test_a_page_that_is_there_is_left_alone(world: GitHubWorld, play: Play) -> None:
    """Two answers to one question are one page, which people edit."""
    written(world)
    story = Story.continued(world, "acme/api")
    story.commit("ada", world.clock, "Answer", {"docs/answers/who.md": "# Who\n"})
    story.tell()
    run = await play("kb acme/api Who? answer=Bo")
    assert "docs/answers/who.md already" in run.line


async def test_pages_that_nobody_touched_are_listed(world: GitHubWorld, play: Play) -> None:
    """For a year; where there is none that is good."""
    written(world)
    run = await play("kb acme/api stale=yes")
    assert run.said.startswith("1 of 3 pages untouched since 02 Mar 2025")
    assert "docs/old.md" in str(run.report)
    world.repo("acme/shop")
    fresh = await play("kb acme/shop stale=yes")
    assert fresh.report
    assert (fresh.report.tone, fresh.report.blocks) == ("good", ())
