"""Requirements: what became of each, what is missing, and what changed after approval."""

from datetime import timedelta

from flows.engine.tools import ProjectSettings
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.story import Story
from integrations.emulators.linear import LinearWorld
from integrations.emulators.linear.issues import Attachment
from tests.flows.play import Play
from tests.flows.scenario import Scenario

DAY = timedelta(days=1)
TEST = '@pytest.mark.requirement("#1")\ndef test_refunds():\n    assert refunds()\n\n\n# see #99\n'


def wished(world: GitHubWorld) -> None:
    """Build four requirements: released, built without a test, done by nobody knows what, open."""
    now = world.clock
    story = Story(world, "acme/shop", created_at=now - 90 * DAY)
    story.commit("ada", now - 90 * DAY, "Begin", {"README.md": "# shop\n"})
    labels = ["requirement"]
    story.issue("Refund by card", "dee", now - 80 * DAY, labels=[*labels, "approved"])
    story.issue("Search by colour", "dee", now - 79 * DAY, labels=labels, closed=now - 5 * DAY)
    story.issue("Track parcels", "dee", now - 78 * DAY, labels=labels, closed=now - 9 * DAY)
    story.issue("Gift wrapping", "dee", now - 77 * DAY, labels=labels).assignees = ["cy"]
    story.issue("No wish at all", "dee", now - 77 * DAY)
    files = {"tests/test_refunds.py": TEST, "src/refunds.py": "1\n"}
    merged = now - 30 * DAY
    story.pull("feat: refunds", "bo", files, opened=merged - DAY, merged=merged, body="Fixes #1")
    story.release("v1.1.0", now - 20 * DAY, by="ada")
    merged = now - 6 * DAY
    story.pull(
        "feat: colours", "bo", {"src/c.py": "1\n"}, opened=merged - DAY, merged=merged,
        branch="feature/2-colours", how="merge",
    )  # fmt: skip
    story.pull("chore: tidy", "bo", {"x": "1\n"}, opened=merged - DAY, merged=merged)
    story.tell()


scenario = Scenario("reqs acme/shop", world=wished)


async def test_each_requirement_is_traced(world: GitHubWorld, play: Play) -> None:
    """From the issue to its pull request, its test and the release that it went out in."""
    wished(world)
    run = await play("reqs acme/shop")

    assert run.report
    assert run.said == "1 of 4 requirements built and tested."
    assert run.report.data["built"] == ["#1", "#2"]
    assert run.report.data["tested"] == ["#1"]
    assert run.report.data["released"] == ["#1"]
    said = str(run.report)
    for part in ("2 of 4 (50%)", "'open, approved', '#6', '1', 'v1.1.0'", "'#7', '–', '–'"):
        assert part in said
    assert world.writes == []


async def test_what_is_missing_is_said_with_who_does_what(world: GitHubWorld, play: Play) -> None:
    """Both ways: requirements without work, and work without a requirement."""
    wished(world)
    said = str((await play("reqs acme/shop")).report)
    for part in (
        "nobody has it: done, and no pull request of acme/shop names it",
        "nobody has it: built, and no test names it",
        "nobody has it: is in v1.1.0 and still open; close it.",
        "cy: nobody works on it; plan it.",
        "1 of 3 merged pull requests, such as",
        "#8 chore: tidy",
        "1 mention of another issue in tests, such as",
        "#99 in tests/test_refunds.py",
    ):
        assert part in said


async def test_a_change_after_approval_is_found(world: GitHubWorld, play: Play) -> None:
    """The words of the first report that saw it approved count, however often one looks."""
    wished(world)
    await play("reqs acme/shop")
    edited = world["acme/shop"].issues[1]
    edited.body, edited.updated_at = "Also by invoice.", world.clock
    for _ in range(2):
        run = await play("reqs acme/shop")
        assert run.report
        assert run.said.endswith("; 1 changed after approval.")
        assert run.report.tone == "bad"
    edited.labels, edited.updated_at = ["requirement"], world.clock
    again = await play("reqs acme/shop")
    assert "changed after approval" not in again.said


async def test_the_next_report_says_what_came(world: GitHubWorld, play: Play) -> None:
    """And what is no longer so."""
    wished(world)
    await play("reqs acme/shop")
    story = Story.continued(world, "acme/shop")
    now = world.clock
    story.pull("feat: wrap (#4)", "bo", {"w": "1\n"}, opened=now - DAY, merged=now)
    story.tell()
    second = str((await play("reqs acme/shop")).report)
    third = str((await play("reqs acme/shop")).report)
    assert "Built since then: #4." in second
    assert "before 2 of 4" in second
    assert "Nothing changed." in third


async def test_requirements_of_linear_have_a_past(world: GitHubWorld, play: Play) -> None:
    """Attachments link pull requests, and the history tells what was edited after the label."""
    wished(world)
    pull = world["acme/shop"].pulls[8]
    play.linear = linear = LinearWorld(now=world.clock - 9 * DAY)
    first = linear.issue("ENG", "Refund by card", labels=["requirement"])
    linear.issue("ENG", "Sums", labels=["requirement", "approved"])
    approved = linear.label("approved", team="ENG")
    linear.clock += DAY
    linear.change(first.identifier, labels=[*first.labels, approved])
    linear.clock += DAY
    linear.change(first.identifier, description="Also by invoice.")
    url = f"{play.base}/acme/shop/pull/{pull.number}"
    first.attachments.append(linear.make(Attachment, issue=first, title="x", url=url))
    await play.project(ProjectSettings("acme/shop", linear_team="ENG"))
    await play.start()
    run = await play("reqs acme/shop")
    assert run.report
    assert "changed on 23 Feb 2026, after it was approved" in str(run.report)
    assert run.report.data["built"] == ["ENG-1"]


async def test_other_labels_are_other_requirements(world: GitHubWorld, play: Play) -> None:
    """A report on one label is not compared with one on another."""
    wished(world)
    await world.person("dee").opens_issue("acme/shop", "As a buyer", labels=["story"])
    await play("reqs acme/shop")
    run = await play("reqs acme/shop label=story")
    assert run.said == "0 of 1 requirement built and tested."
    assert "Since the last report" not in str(run.report)


async def test_there_may_be_none(world: GitHubWorld, play: Play) -> None:
    """That is a result, and says what to do; so does a window without a length."""
    world.repo("acme/shop")
    run = await play("reqs acme/shop label=story")
    assert run.said == "No issue of GitHub has the label story; give it to some."
    refused = await play("reqs acme/shop window=since=v1.0.0")
    assert refused.line == "Say how far to look back: 90d, 6m or 2y."


async def test_a_look_costs_few_calls(world: GitHubWorld, play: Play) -> None:
    """Lists in pages of a hundred, and a checkout; nothing for each requirement."""
    wished(world)
    await play("reqs acme/shop")
    assert world.requests["rest"] + world.requests["graphql"] <= 10
