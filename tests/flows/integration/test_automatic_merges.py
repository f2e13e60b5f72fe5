"""What is green and approved is merged at that commit, and why the rest is not is said."""

from flows.engine.house import (
    HouseRules,
    MergeRule,
)
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.belongings import Protection
from tests.flows.integration.house import REPO, kept, pull, ready
from tests.flows.play import Play, no, yes
from tests.flows.told import said

MERGE = HouseRules(merge=MergeRule())


async def test_what_is_green_and_approved_is_merged(world: GitHubWorld, play: Play) -> None:
    """After a yes to exactly that commit, one for each branch; then it is the next one's turn."""
    ready(world, "Add it", "Add more")
    await play.project(kept(MERGE))
    declined = await play("gh acme/shop pull=1", no("bo"))
    assert (declined.state, world.writes) == ("stopped", [])
    run = await play("gh acme/shop", yes("bo"))

    assert run.plan == [f"Merge #1 at {pull(world, 1).head_sha[:7]}"]
    assert run.said == "1 change made; #1 is merged."
    assert "#1 is merged first" in said(run, "Not merged yet")[0]
    assert pull(world, 1).merged_at
    assert world.git(world[REPO]).commit(world.head(REPO)).headline == "Add it (#1)"
    await play.project(kept(MERGE, ["Merge #*"]))
    second = await play("gh acme/shop branch=main")
    assert (second.plan, second.said) == ([], "1 change made; #2 is merged.")


async def test_a_merge_survives_the_loss_of_its_process(world: GitHubWorld, play: Play) -> None:
    """Wherever it is lost, there is one question and one merge; GitHub's no is told."""
    ready(world, "Add it")
    await play.project(kept(MERGE))
    play.database.lose(2, committed=True, again=True)
    run = await play("gh acme/shop", yes("bo"))
    assert (run.state, len(run.questions), len(world.writes)) == ("done", 1, 1)
    await play.project(kept(HouseRules(merge=MergeRule(label="")), ["Merge #*"]))
    number = await world.person("cy").opens_pull(REPO, "More", {"more.py": "x = 1\n"})
    await world.person("bo").approves(REPO, number)
    world.check(REPO, "success", sha=pull(world, number).head_sha)
    world.fail(status=405, match=f"/pulls/{number}/merge", method="PUT", message="Not now.")
    refused = await play("gh acme/shop")
    why = "failed: GitHub refused: Not now. Nothing was changed."
    assert refused.line == f"“{merging(world, number)}” {why}"


def merging(world: GitHubWorld, number: int) -> str:
    """Return what a merge is called in its plan."""
    return f"Merge #{number} at {pull(world, number).head_sha[:7]}"


async def test_a_check_that_turns_green_is_seen(world: GitHubWorld, play: Play) -> None:
    """Although GitHub does not count that as a change of the pull request."""
    ready(world, "Add it")
    world[REPO].protections["main"] = Protection(checks=["late"])
    await play.project(kept(MERGE, ["Merge #*"]))
    waits = await play("gh acme/shop")
    assert "the rules of main ask for more" in said(waits, "Not merged yet")[0]
    world.check(REPO, "success", sha=pull(world, 1).head_sha)
    world[REPO].checks[-1].name = "late"
    run = await play("gh acme/shop")
    assert run.said == "1 change made; #1 is merged."


async def test_what_is_not_merged_is_said_in_words(world: GitHubWorld, play: Play) -> None:
    """All that stands against it, whether GitHub or the project asks for it."""
    ready(world, "Add it", labels=())
    await play.project(kept(MERGE))
    first = await play("gh acme/shop pull=1")
    assert "it lacks the label automerge" in said(first, "Not merged yet")[0]
    cy = world.person("cy")
    await cy.labels(REPO, 1, "automerge", "hold")
    await cy.pushes(REPO, {"part_1.py": "x = 2\n"}, branch=pull(world, 1).head_ref)
    second = await play("gh acme/shop pull=1")
    assert said(second, "Not merged yet")[0].endswith(
        "the label hold holds it; it needs 1 more approval; bo approved an earlier commit"
    )
    await cy.unlabels(REPO, 1, "hold")
    await world.person("bo").approves(REPO, 1)
    run = await cy.starts_ci(REPO, pull(world, 1).head_ref)
    third = await play(f"gh acme/shop commit={pull(world, 1).head_sha}")
    assert "lint, test not done yet" in said(third, "Not merged yet")[0]
    await cy.ends_ci(REPO, run, "test")
    fourth = await play("gh acme/shop")
    assert "test failed" in said(fourth, "Not merged yet")[0]
    assert fourth.said == "All rules are kept. 1 waits to be merged."
    assert world.writes == []


async def test_a_plan_that_the_world_has_overtaken_is_asked_again(
    world: GitHubWorld, play: Play
) -> None:
    """Somebody holds it between the look and the yes, so the yes was to something else."""
    ready(world, "Add it")
    await play.project(kept(MERGE))
    asked = await play("gh acme/shop pull=1")
    await world.person("cy").labels(REPO, 1, "hold")
    again = await play.answer(asked.run_id, yes("bo"))

    assert again.state == "waiting"
    assert len(again.questions) == 2
    stopped = await play.answer(asked.run_id, no("bo"))
    assert (stopped.state, world.writes) == ("stopped", [])


async def test_github_waits_where_its_own_rules_ask(world: GitHubWorld, play: Play) -> None:
    """Where the repository allows that; it is taken back like everything else."""
    ready(world, "Add it")
    world[REPO].protections["main"] = Protection(approvals=2)
    house = HouseRules(merge=MergeRule(approvals=2, native=True))
    await play.project(kept(house))
    alone = await play("gh acme/shop pull=1")
    assert "it needs 1 more approval" in said(alone, "Not merged yet")[0]
    assert not alone.questions
    world[REPO].settings.auto_merge = True
    run = await play("gh acme/shop pull=1", yes("bo"))
    assert run.plan == ["Let GitHub merge #1 once it may"]
    assert pull(world, 1).auto_merge == ("squash", world.account("flowbot").login)
    after = await play("gh acme/shop pull=1")
    assert "GitHub merges it by itself after this" in said(after, "Not merged yet")[0]
