"""What happens to a release after its plan was shown: a moved world, a loss, a change of mind."""

import pytest

from integrations.emulators.github import GitHubWorld
from tests.flows.play import Play, yes


@pytest.fixture
def ready(world: GitHubWorld) -> GitHubWorld:
    """Return a world with something to release."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    return world


async def test_a_tag_that_somebody_made_meanwhile_is_asked_about(
    ready: GitHubWorld, play: Play
) -> None:
    """The yes was given to a world without it; nothing is written by that yes."""
    waiting = await play("release acme/api")
    ready.git(ready["acme/api"]).call("update-ref", "refs/tags/v1.3.0", ready.head("acme/api"))
    ready.merge("acme/api", "fix: typo")
    run = await play.answer(waiting.run_id, yes("bo"))

    assert run.state == "waiting"
    first, second = run.questions
    assert first.question.key != second.question.key
    assert "relies on has changed since" in second.question.text
    assert ready.writes == []


@pytest.mark.parametrize("path", ["/git/refs", "/releases"])
async def test_a_lost_answer_and_a_lost_process_make_one_change(
    ready: GitHubWorld, play: Play, path: str
) -> None:
    """GitHub did it, the answer got lost, then the process: the repetition finds it done."""
    waiting = await play("release acme/api")
    ready.fail(status=502, method="POST", match=path, late=True)
    play.database.lose(3, committed=True)
    run = await play.answer(waiting.run_id, yes("bo"))

    assert play.losses == 1
    assert run.state == "done"
    made = [write for write in ready.writes if path in str(write)]
    assert len(made) == 1
    assert ready.release("acme/api", "v1.3.0")


async def test_a_release_is_taken_back_by_a_plan_of_its_own(ready: GitHubWorld, play: Play) -> None:
    """In reverse order, after a yes; what was there before stays."""
    run = await play("release acme/api", yes("bo"))
    assert run.state == "done"
    asked = await play(f"undo {run.run_id}")
    assert asked.plan == ["Undo: Publish the notes of v1.3.0", asked.plan[-1]]
    assert "v1.3.0" in ready.tags("acme/api")

    undone = await play.answer(asked.run_id, yes("bo"))

    assert (undone.state, undone.said) == ("done", "2 of 2 changes are taken back.")
    assert set(ready.tags("acme/api")) == {"v1.2.0"}
    assert ready.release("acme/api", "v1.3.0") is None
