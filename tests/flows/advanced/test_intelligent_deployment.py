"""Deployments: what stands against one, the plan, and who may have it when."""

from datetime import timedelta

import pytest

from bot.dispatch import Say
from flows.engine.policy import PolicySettings
from flows.engine.tools import EnvironmentSettings, ProjectSettings
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.rollouts import deployer
from tests.flows.advanced.shop import CANARY, COMMAND, REPO, STAGED, first, outcome, shop, went
from tests.flows.play import Play, Played, no, yes
from tests.flows.scenario import Scenario

scenario = Scenario(
    COMMAND,
    world=shop,
    answer=yes("bo"),
    project=ProjectSettings(REPO, environments=CANARY),
)


async def test_a_yes_deploys_exactly_the_commit_of_the_plan(
    shopped: GitHubWorld, play: Play
) -> None:
    """The report has the verdict, what is in it, and how long it took."""
    run = await play(COMMAND, yes("bo"))

    assert run.state == "done"
    assert went(shopped)[-1] == (shopped.head(REPO), "success")
    assert run.report
    assert run.report.title == f"{REPO} {shopped.head(REPO)[:7]} is on production"
    assert (run.report.tone, run.report.data["state"]) == ("good", "live")
    shown = str(run.report.blocks)
    assert "2 commits, 2 pull requests" in shown
    assert "Orders get lost" in shown
    assert "1 min for 1 deployment" in shown
    assert "the health, as no address is set for it" in shown


async def test_no_deploys_nothing(shopped: GitHubWorld, play: Play) -> None:
    """A declined deployment leaves GitHub untouched."""
    run = await play(COMMAND, no("bo"))

    assert (run.state, run.said) == ("stopped", "bo declined the plan; nothing was changed.")
    assert shopped.writes == []


async def test_a_dry_run_deploys_nothing(shopped: GitHubWorld, play: Play) -> None:
    """It shows the deployment, and what happens if that fails."""
    run = await play(f"{COMMAND} --dry-run")

    assert run.state == "done"
    shown = str(run.report)
    assert f"Deploy {shopped.head(REPO)[:7]} to production" in shown
    assert f"Roll back production to {first(shopped)[:7]} if it fails" in shown
    assert shopped.writes == []


async def test_asking_needs_a_role(shopped: GitHubWorld, play: Play) -> None:
    """Who only looks is told at once, and no run is made."""
    await play.project(ProjectSettings(REPO, policies={"deploy": PolicySettings(run="admin")}))  # type: ignore[arg-type] # as it is in JSON
    reply = await play.ask(COMMAND, by="cy")

    assert isinstance(reply, Say)
    assert "needs the role admin" in reply.report.summary
    assert shopped.writes == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("prodution", "Did you mean production?"),
        ("moon", "There is no environment moon: it is one of staging, canary, production."),
    ],
)
async def test_an_environment_that_is_not_there_is_not_made_by_a_typing_error(
    shopped: GitHubWorld, play: Play, name: str, said: str
) -> None:
    """GitHub would make it without a word."""
    run = await play(f"deploy {REPO} {name}")

    assert run.state == "stopped"
    assert said in run.said
    assert shopped.writes == []


async def test_a_repository_without_environments_says_what_to_do(
    world: GitHubWorld, play: Play
) -> None:
    """A new repository has none."""
    world.repo(REPO)
    run = await play(COMMAND)

    assert run.state == "stopped"
    assert "make one in the settings of the repository first" in run.said


@pytest.mark.parametrize(
    ("conclusion", "said"),
    [
        ("failure", "1 check failure: test."),
        ("timed_out", "1 check timed out: test."),
        (None, "1 check not finished: test."),
    ],
)
async def test_a_check_that_is_not_green_is_named_with_its_state(
    shopped: GitHubWorld, play: Play, conclusion: str | None, said: str
) -> None:
    """Nobody is asked about a commit that is not good."""
    shopped.check(REPO, conclusion)
    run = await play(COMMAND)

    assert run.state == "stopped"
    assert said in run.said
    assert "force=yes" in run.said
    assert run.questions == ()


async def test_a_commit_without_checks_is_not_green(shopped: GitHubWorld, play: Play) -> None:
    """What nobody knows is no yes."""
    await shopped.person("ada").pushes(REPO, {"new.md": "1\n"})
    run = await play(COMMAND)

    assert "No check has reported on this commit" in run.said


async def test_only_the_checks_that_are_named_count_and_have_to_be_there(
    shopped: GitHubWorld, play: Play
) -> None:
    """One that failed and is not named is no obstacle, one that is missing is."""
    shopped.check(REPO, "failure")
    named = EnvironmentSettings("production", checks=["lint", "smoke"])
    await play.project(ProjectSettings(REPO, environments=[named]))
    run = await play(COMMAND)
    assert "1 check never reported: smoke." in run.said
    assert "failure" not in run.said

    named = EnvironmentSettings("production", checks=["lint"])
    await play.project(ProjectSettings(REPO, environments=[named]))
    run = await play(COMMAND, yes("bo"))
    assert (run.state, went(shopped)[-1][1]) == ("done", "success")


async def test_force_deploys_what_is_not_ready_and_says_so(
    shopped: GitHubWorld, play: Play
) -> None:
    """Whoever says yes reads what stands against it first."""
    shopped.check(REPO, "failure")
    run = await play(f"{COMMAND} force=yes", yes("bo"))

    assert run.state == "done"
    shown = run.questions[-1].question.show
    assert shown
    assert shown.tone == "warn"
    assert "1 check failure" in str(shown.blocks[0])


async def test_staging_comes_before_production(shopped: GitHubWorld, play: Play) -> None:
    """The newest deployment counts; once staging has the commit, production may have it."""
    await play.project(ProjectSettings(REPO, environments=STAGED))
    shopped.merge(REPO, "fix: one more")
    run = await play(COMMAND)
    assert run.state == "stopped"
    assert "staging comes first, and it has" in run.said

    await play(f"deploy {REPO} staging", yes("bo"))
    run = await play(COMMAND, yes("bo"))
    assert run.state == "done"


async def test_a_commit_that_failed_on_staging_does_not_go_on(
    shopped: GitHubWorld, play: Play
) -> None:
    """It is said that it failed there, not only that it is not there."""
    await play.project(ProjectSettings(REPO, environments=STAGED))
    shopped.merge(REPO, "fix: one more")
    deployer(shopped, REPO, "staging", "failure", "success")
    failed = await play(f"deploy {REPO} staging", yes("bo"))
    assert failed.report
    assert failed.report.data["state"] == "rolled back"
    run = await play(COMMAND)

    assert "staging comes first, and it has" in run.said


async def test_what_is_deployed_already_is_not_deployed_again(
    shopped: GitHubWorld, play: Play
) -> None:
    """Unless somebody means it."""
    await play(COMMAND, yes("bo"))
    again = await play(COMMAND)
    assert again.said.endswith("already. force=yes repeats it.")

    forced = await play(f"{COMMAND} force=yes", yes("bo"))
    assert forced.state == "done"
    assert len(went(shopped)) == 3


async def test_two_people_at_once_deploy_one_after_the_other(
    shopped: GitHubWorld, play: Play
) -> None:
    """The second waits in the line, and finds then that it is done."""
    mine = await play(COMMAND)
    theirs = await play(COMMAND, by="cy")
    assert theirs.line.startswith(f"Next in the line for deploy:{REPO}:production, which ada")
    assert theirs.steps == ()

    done = await play.answer(mine.run_id, yes("bo"))
    after = await play.answer(theirs.run_id)

    assert done.state == "done"
    assert after.state == "stopped"
    assert after.said.endswith("already. force=yes repeats it.")
    assert len(went(shopped)) == 2


async def test_another_environment_is_another_line(shopped: GitHubWorld, play: Play) -> None:
    """Who deploys to staging waits for nobody at production."""
    await play(COMMAND)
    shopped.merge(REPO, "fix: one more")
    run = await play(f"deploy {REPO} staging", yes("bo"), by="cy")

    assert run.state == "done"


async def test_a_deployment_by_others_is_waited_for(shopped: GitHubWorld, play: Play) -> None:
    """Two at once would get in each other's way, whoever asked for them."""
    shopped[REPO].deployers.clear()
    theirs = await shopped.person("dee").deploys(REPO, "production", first(shopped))
    play.meanwhile.append(lambda: deployer(shopped, REPO, "production", "success"))
    run = await play(COMMAND, yes("bo"))

    assert run.state == "done"
    titles = [step.title for step in run.steps]
    assert f"Wait for the deployment of {first(shopped)[:7]} to end" in titles
    assert outcome(shopped[REPO].deployments[theirs]) == "success"


async def test_a_deployment_by_others_that_never_ends_stops_ours(
    shopped: GitHubWorld, play: Play
) -> None:
    """After an hour somebody has to look."""
    deployer(shopped, REPO, "production", "")
    await shopped.person("dee").deploys(REPO, "production", first(shopped))
    run = await play(COMMAND)

    assert run.state == "stopped"
    assert "dee has been deploying" in run.said
    assert shopped.writes == []

    deployer(shopped, REPO, "production", "success")
    await shopped.person("dee").deploys(REPO, "production", first(shopped))
    forced = await play(f"{COMMAND} force=yes")
    assert forced.line == "Waiting for a yes to the plan"


async def test_a_freeze_that_begins_before_the_yes_holds(shopped: GitHubWorld, play: Play) -> None:
    """The plan was shown in time; what comes too late is not deployed."""
    day = f"{shopped.clock:%Y-%m-%d}"
    freeze = f"{day} {shopped.clock + timedelta(minutes=3):%H:%M} - {day} 18:00 UTC"
    rules = {"deploy": PolicySettings(freezes=[freeze])}
    await play.project(ProjectSettings(REPO, policies=rules))
    waiting = await play(COMMAND)
    shopped.clock += timedelta(minutes=5)
    run = await play.answer(waiting.run_id, yes("bo"))

    assert run.state == "waiting"
    assert "Nothing is applied before" in run.refusals[0]
    assert shopped.writes == []


async def test_a_freeze_that_begins_on_the_way_does_not_leave_it_half_done(
    shopped: GitHubWorld, play: Play
) -> None:
    """What has begun is brought to its end: the canary has it already."""
    day = f"{shopped.clock:%Y-%m-%d}"
    freeze = f"{day} {shopped.clock + timedelta(minutes=4):%H:%M} - {day} 18:00 UTC"
    rules = {"deploy": PolicySettings(freezes=[freeze])}
    await play.project(ProjectSettings(REPO, policies=rules, environments=CANARY))
    run = await play(COMMAND, yes("bo"))

    assert run.state == "done"
    assert went(shopped, "canary")[-1] == went(shopped)[-1] == (shopped.head(REPO), "success")


async def test_a_branch_that_moved_is_shown_and_does_not_move_the_plan(
    shopped: GitHubWorld, play: Play
) -> None:
    """A yes is for one commit; who gave it is asked again."""
    approved = shopped.head(REPO)
    waiting = await play(COMMAND)
    shopped.merge(REPO, "feat: something else")
    asked = await play.answer(waiting.run_id, yes("bo"))
    assert (asked.state, shopped.writes) == ("waiting", [])

    run = await play.answer(waiting.run_id, yes("bo"))
    assert run.state == "done"
    assert went(shopped)[-1][0] == approved != shopped.head(REPO)


async def test_a_rollback_is_a_word_of_its_own(shopped: GitHubWorld, play: Play) -> None:
    """To the last good deployment before; checks and the order of environments do not count."""
    await play.project(ProjectSettings(REPO, environments=STAGED))
    await play(COMMAND, yes("bo"))
    run = await play(f"{COMMAND} rollback", yes("bo"))

    assert run.state == "done"
    assert went(shopped)[-1] == (first(shopped), "success")
    assert run.report
    assert "takes back 2 commits" in str(run.report.blocks)


async def test_commits_that_only_production_has_are_shown_before_the_yes(
    shopped: GitHubWorld, play: Play
) -> None:
    """A hotfix that was never merged back would be lost without a word."""
    ada = shopped.person("ada")
    shopped.git(shopped[REPO]).call("update-ref", "refs/heads/hot", first(shopped))
    hot = await ada.pushes(REPO, {"hot.md": "1\n"}, branch="hot", message="Fix prices at once")
    done = await ada.deploys(REPO, "production", hot)
    await ada.reports(REPO, done, "success")
    run = await play(COMMAND)

    shown = run.questions[-1].question.show
    assert shown
    assert "Only the deployed version has these" in str(shown.blocks[0])
    assert "Fix prices at once" in str(shown.blocks[0])


async def test_a_deployed_commit_that_is_gone_is_no_obstacle(
    shopped: GitHubWorld, play: Play
) -> None:
    """After a force push nobody can say what is new; that is said, and it can be deployed."""
    newest = list(shopped[REPO].deployments.values())[2]
    newest.sha = "1" * 40
    run = await play(COMMAND, yes("bo"))

    assert run.state == "done"
    assert "is gone from GitHub" in str(run.report)


async def test_what_github_refuses_changes_nothing(shopped: GitHubWorld, play: Play) -> None:
    """Its reason is passed on."""
    shopped.fail(status=422, method="POST", match="/deployments", message="Branch not allowed")
    run = await play(COMMAND, yes("bo"))

    assert run.state == "stopped"
    assert "GitHub did not take the deployment" in run.said
    assert "Branch not allowed" in run.said


async def test_it_is_undone_by_deploying_what_was_there(shopped: GitHubWorld, play: Play) -> None:
    """By a plan of its own."""
    run = await play(COMMAND, yes("bo"))
    asked = await play(f"undo {run.run_id}")
    undone = await play.answer(asked.run_id, yes("bo"))

    assert undone.state == "done"
    assert went(shopped)[-1][0] == first(shopped)


async def test_it_takes_few_calls(shopped: GitHubWorld, play: Play) -> None:
    """At most twenty up to the plan; each minute of waiting costs little."""
    before = sum(shopped.requests.values())
    run: Played = await play(COMMAND)
    planned = sum(shopped.requests.values()) - before
    await play.answer(run.run_id, yes("bo"))

    assert planned <= 20
    assert sum(shopped.requests.values()) - before <= 40
