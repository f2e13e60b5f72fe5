"""What happens after the yes: canaries, health, the way back, and what is said of it."""

import pytest

from flows.engine.tools import ProjectSettings
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.rollouts import deployer
from tests.flows.advanced.service import Service, watched
from tests.flows.advanced.shop import CANARY, COMMAND, REPO, first, went
from tests.flows.play import Play, yes


async def test_canaries_go_first_under_the_same_yes(shopped: GitHubWorld, play: Play) -> None:
    """Nobody is asked in between."""
    await play.project(ProjectSettings(REPO, environments=CANARY))
    run = await play(COMMAND, yes("bo"))

    assert len(run.questions) == 1
    assert run.plan[:2] == [
        f"Deploy {shopped.head(REPO)[:7]} to canary",
        f"Deploy {shopped.head(REPO)[:7]} to production",
    ]
    assert went(shopped, "canary")[-1] == (shopped.head(REPO), "success")
    assert went(shopped)[-1] == (shopped.head(REPO), "success")


async def test_a_canary_that_fails_spares_production(shopped: GitHubWorld, play: Play) -> None:
    """It goes back itself, and production never had it."""
    await play.project(ProjectSettings(REPO, environments=CANARY))
    deployer(shopped, REPO, "canary", "failure", "success")
    run = await play(COMMAND, yes("bo"))

    assert run.report
    assert run.report.data["state"] == "rolled back"
    assert went(shopped, "canary")[-1] == (first(shopped), "success")
    assert went(shopped) == [(first(shopped), "success")]


async def test_a_service_that_stays_well_lets_it_stay(
    shopped: GitHubWorld, play: Play, service: Service
) -> None:
    """Three looks over five minutes, and one before the plan; a single bad one is no reason."""
    await watched(play, service, 200, 200, 503, 200)
    run = await play(COMMAND, yes("bo"))

    assert run.report
    assert run.report.data["state"] == "live"
    assert "2 of 3 looks well" in str(run.report.blocks)
    assert sum(step.title.startswith("Look ") and "at production" in step.title
               for step in run.steps) == 3  # fmt: skip


async def test_a_failing_health_gate_goes_back_by_itself(
    shopped: GitHubWorld, play: Play, service: Service
) -> None:
    """GitHub learns that the deployment was bad, nobody is asked, and the service is looked at."""
    await watched(play, service, 200, 200, 503, 503, 200)
    run = await play(COMMAND, yes("bo"))

    assert run.state == "done"
    assert len(run.questions) == 1
    assert [state for _, state in went(shopped)] == ["success", "failure", "success"]
    assert went(shopped)[-1][0] == first(shopped)
    assert run.report
    assert (run.report.tone, run.report.data["state"]) == ("bad", "rolled back")
    assert run.report.title == f"{shopped.head(REPO)[:7]} was rolled back on production"
    assert "does not answer well: 503" in run.report.summary


async def test_a_last_bad_look_is_looked_at_again(
    shopped: GitHubWorld, play: Play, service: Service
) -> None:
    """One more decides."""
    await watched(play, service, 200, 200, 200, 500, 500, 200)
    run = await play(COMMAND, yes("bo"))

    assert run.report
    assert run.report.data["state"] == "rolled back"


async def test_a_failing_gate_takes_canary_and_production_back(
    shopped: GitHubWorld, play: Play, service: Service
) -> None:
    """The last place first."""
    await watched(play, service, 200, 200, 200, 200, 503, 503, 200, canary=True)
    run = await play(COMMAND, yes("bo"))

    assert run.report
    assert run.report.title.endswith("was rolled back on production and canary")
    assert [each.partition(" — ")[0] for each in play.room.news] == [
        f"✅ canary has {shopped.head(REPO)[:7]}",
        "🔴 production goes back",
    ]
    assert went(shopped)[-1] == went(shopped, "canary")[-1] == (first(shopped), "success")


async def test_a_rollback_that_fails_is_said_loudly_with_what_to_do(
    shopped: GitHubWorld, play: Play
) -> None:
    """The title says that production may be broken, and the first block what to type."""
    deployer(shopped, REPO, "production", "failure", "error")
    run = await play(COMMAND, yes("bo"))

    assert run.state == "done"
    assert run.report
    assert (run.report.tone, run.report.data["state"]) == ("bad", "broken")
    assert run.report.title.startswith("production may be broken: the rollback of ")
    assert run.report.summary.endswith("Somebody has to act now.")
    todo = str(run.report.blocks[0])
    assert f"/flow deploy {REPO} production rollback ref={first(shopped)[:12]}" in todo
    assert "open an incident" in todo

    deployer(shopped, REPO, "production", "success")
    again = await play(f"deploy {REPO} production rollback ref={first(shopped)[:12]}", yes("bo"))
    assert again.report
    assert again.report.data["state"] == "live"


async def test_a_rollback_that_github_refuses_is_said_as_loudly(
    shopped: GitHubWorld, play: Play
) -> None:
    """It is no bug of ours that ends the run, but what somebody has to know."""
    deployer(shopped, REPO, "production", "failure")
    waiting = await play(COMMAND)
    shopped.fail(status=422, method="POST", match="/statuses", message="Locked")
    play.meanwhile.append(
        lambda: shopped.fail(status=422, method="POST", match="/deployments", message="Locked")
    )
    run = await play.answer(waiting.run_id, yes("bo"))

    assert run.report
    assert run.report.data["state"] == "broken"
    assert "Locked" in run.report.summary


async def test_a_service_that_stays_ill_after_the_rollback_is_said(
    shopped: GitHubWorld, play: Play, service: Service
) -> None:
    """Going back was done, and did not help."""
    await watched(play, service, 200, 503)
    run = await play(COMMAND, yes("bo"))

    assert run.report
    assert run.report.data["state"] == "broken"


async def test_a_first_deployment_that_fails_has_nothing_to_go_back_to(
    world: GitHubWorld, play: Play
) -> None:
    """It stays, is marked as failed, and the plan has said so before."""
    world.repo(REPO)
    deployer(world, REPO, "production", "failure")
    run = await play(COMMAND, yes("bo"))

    assert run.report
    assert (run.report.tone, run.report.data["state"]) == ("bad", "failed")
    assert "there was no good deployment before" in str(run.report.blocks[0])
    assert len(went(world)) == 1


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [((), "Nothing has taken up the deployment"), (("pending",), "has not ended within 60 min")],
)
async def test_a_deployment_that_nobody_reports_on_is_not_called_good_or_bad(
    shopped: GitHubWorld, play: Play, outcomes: tuple[str, ...], said: str
) -> None:
    """What nobody knows is said; nothing is rolled back on a guess."""
    shopped[REPO].deployers.clear()
    if outcomes:
        deployer(shopped, REPO, "production", *outcomes)
    run = await play(COMMAND, yes("bo"))

    assert run.report
    assert (run.report.tone, run.report.data["state"]) == ("warn", "unknown")
    assert said in run.report.summary
    assert len(went(shopped)) == 2


async def test_a_rollback_passes_over_what_was_bad(
    shopped: GitHubWorld, play: Play, service: Service
) -> None:
    """A deployment that failed its gate is nothing to go back to, though GitHub called it done."""
    await watched(play, service, 200, 503, 503, 200)
    await play(COMMAND, yes("bo"))
    run = await play(f"{COMMAND} rollback")

    assert run.said == (
        "production has no good deployment before the present one to go back to: "
        "name a commit, as in ref=v1.2.0."
    )


async def test_a_rollback_by_hand_that_fails_never_goes_forward_again(
    shopped: GitHubWorld, play: Play
) -> None:
    """What somebody flees from is nothing to go back to; it is said loudly."""
    await play(COMMAND, yes("bo"))
    deployer(shopped, REPO, "production", "failure")
    run = await play(f"{COMMAND} rollback", yes("bo"))

    assert run.plan[1:] == ["Mark production as failed if it fails"]
    assert went(shopped)[-1] == (first(shopped), "failure")
    assert run.report
    assert (run.report.tone, run.report.data["state"]) == ("bad", "broken")
    assert run.report.title.startswith("production may be broken: the rollback to ")
    assert "by hand, or try again" in str(run.report.blocks[0])


async def test_a_second_rollback_goes_further_back(shopped: GitHubWorld, play: Play) -> None:
    """Not forward to what the first one came from."""
    second = shopped.head(REPO)
    await play(COMMAND, yes("bo"))
    shopped.merge(REPO, "fix: one more")
    await play(COMMAND, yes("bo"))
    await play(f"{COMMAND} rollback", yes("bo"))
    assert went(shopped)[-1][0] == second
    await play(f"{COMMAND} rollback", yes("bo"))

    assert went(shopped)[-1][0] == first(shopped)
