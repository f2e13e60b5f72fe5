"""An emulated Linear comes back from its file as it was, and goes on."""

from datetime import timedelta
from pathlib import Path

import pytest

from integrations.emulators.linear import LinearWorld
from integrations.emulators.linear.keeping import written
from tests.integrations.emulators.linear.caller import asked


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Return where a workspace is kept."""
    return tmp_path / "linear.json"


async def test_what_callers_change_is_kept_at_once(kept: Path) -> None:
    """With all that it refers to, in both directions; the bot may still come in."""
    world = LinearWorld(keep=kept)
    project = world.project("Checkout", "ENG", lead="ada", due=world.clock.date())
    milestone = world.milestone(project, "Beta")
    world.issue("ENG", "One", project=project, project_milestone=milestone, labels=["bug"])
    world.change("ENG-1", estimate=3.0, labels=[])
    await asked(world, 'mutation { commentCreate(input: {issueId: "ENG-1", body: "Hi"}) {success}}')

    again = LinearWorld.load(kept)

    issue = again["ENG-1"]
    assert written(again) == written(world)
    assert issue.project is again.projects[0]
    assert issue.project_milestone in again.projects[0].project_milestones
    assert issue.comments[0].user is again.viewer
    assert issue.history[0].removed_labels == again.labels
    assert (await asked(again, "{ viewer { displayName } }"))["viewer"] == {
        "displayName": "flowbot"
    }


async def test_new_things_get_new_ids(kept: Path) -> None:
    """None that was used before, also for deliveries, which receivers know by their number."""
    world = LinearWorld(keep=kept)
    world.issue("ENG", "One")
    world.courier.hook("http://127.0.0.1:1/", "secret")
    world.comment("ENG-1", "First")
    await world.courier.deliver()

    again = LinearWorld.load(kept)
    again.comment("ENG-1", "Second")

    first, second = again.courier.waiting
    assert first.statuses == [0]
    assert first.body == world.courier.waiting[0].body
    assert first.id != second.id
    again.clock += timedelta(minutes=1)
    await again.courier.deliver()
    assert [len(each.statuses) for each in again.courier.waiting] == [2, 1]


def test_what_was_removed_stays_in_the_past(kept: Path) -> None:
    """A label that is gone is still named by the history of an issue, and cannot be found."""
    world = LinearWorld(keep=kept)
    world.issue("ENG", "One", labels=["bug"])
    label = world.labels[0]
    world.change("ENG-1", labels=[])
    world.labels.clear()
    del world.known[label.id]
    world.save()

    again = LinearWorld.load(kept)

    (row,) = again["ENG-1"].history
    assert [each.name for each in row.removed_labels] == ["bug"]
    assert label.id not in again.known


def test_nothing_is_kept_where_nobody_asked(tmp_path: Path) -> None:
    """A world of a test writes no file; one that was never kept cannot come back."""
    LinearWorld().save()
    with pytest.raises(FileNotFoundError):
        LinearWorld.load(tmp_path / "linear.json")
