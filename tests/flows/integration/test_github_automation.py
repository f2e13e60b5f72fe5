"""The rules of a repository: what each wants, what is done, what waits and why."""

from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from bot.dispatch import Say
from bot.intake import Delivery
from flows.engine.access import Role
from flows.engine.house import (
    SENSIBLE,
    BranchRule,
    HouseRules,
    MergeRule,
    RebaseRule,
    ReviewRule,
)
from flows.engine.tools import ProjectSettings
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.story import Story
from tests.flows.integration.house import DAY, HOUSE, REPO, kept, pull, shop
from tests.flows.play import Play, no, yes
from tests.flows.scenario import Scenario
from tests.flows.told import report, said

scenario = Scenario("gh acme/shop", world=shop, answer=yes("bo"), project=kept(auto=[]))


async def test_each_rule_does_what_it_says(world: GitHubWorld, play: Play) -> None:
    """What is small needs no yes; a second round finds everything in order."""
    shop(world)
    await play.project(kept())
    run = await play("gh acme/shop")

    assert run.said == "11 changes made."
    assert run.plan == []
    new, fast, issue = pull(world, 2), pull(world, 3), world[REPO].issues[4]
    assert new.labels == ["documentation"]
    assert new.reviewers == ["dee"]
    assert [each.body.split("\n")[0] for each in new.comments] == ["Welcome to acme/shop, eve!"]
    assert fast.labels == ["stale", "needs-rebase"]
    assert issue.labels == ["bug", "stale"]
    assert "Is it still wanted?" in issue.comments[0].body
    assert "refs/heads/cart" not in str(world.git(world[REPO]).refs("refs/heads/"))
    assert "on 20" in said(run, "Branches")[0]

    writes = len(world.writes)
    again = await play("gh acme/shop")
    assert again.said == "All rules are kept."
    assert report(again).quiet
    assert "0, 11 fewer than last time" in str(report(again).blocks[0])
    assert len(world.writes) == writes


async def test_without_rules_it_shows_what_sensible_ones_would_do(
    world: GitHubWorld, play: Play
) -> None:
    """And how to set them; nothing is changed, and nobody is asked."""
    shop(world)
    run = await play("gh acme/shop")

    assert run.said.startswith("No rules are set; sensible ones would make 10 changes.")
    assert "/flow project set acme/shop rules=labels,stale,rebase," in str(report(run))
    assert said(run, "Conflicts")[0].startswith("Link(label='#3'")
    assert (world.writes, run.questions) == ([], ())
    await play.project(kept(HouseRules(rebase=RebaseRule())))
    alone = await play("gh acme/shop rule=stale")
    assert alone.said.startswith("The rule stale is not set; a sensible one would make 4 changes.")
    assert not said(alone, "Conflicts")
    assert world.writes == []


async def test_a_dry_run_shows_each_rule_and_changes_nothing(
    world: GitHubWorld, play: Play
) -> None:
    """All of them, or the one that is asked about."""
    shop(world)
    await play.project(kept())
    every = await play("gh acme/shop --dry-run")
    alone = await play("gh acme/shop rule=stale --dry-run")

    assert len(said(every, "This would happen")) == 11
    assert len(said(alone, "This would happen")) == 4
    assert "because nothing happened for 70 days of work" in said(alone, "Stale: 4")[0]
    assert world.writes == []


async def test_what_changes_by_itself_is_taken_back(world: GitHubWorld, play: Play) -> None:
    """A comment ends the wait, a rebase the conflict; what nobody wants is closed, after a yes."""
    shop(world)
    await play.project(kept())
    await play("gh acme/shop")
    bo = world.person("bo")
    world.clock += DAY
    world.git(world[REPO]).set_ref("refs/heads/change-3", world.head(REPO))
    await bo.pushes(REPO, {"shop/fast.py": "x = 3\n"}, branch="change-3")
    run = await play("gh acme/shop")

    assert run.plan == []
    assert pull(world, 3).labels == []
    assert [each.body[:15] for each in pull(world, 3).comments] == ["Nothing has hap"]
    world.clock += 13 * DAY
    asked = await play("gh acme/shop rule=stale")
    await world.person("cy").edits(REPO, 4, title="Broken on Mondays")
    late = await play.answer(asked.run_id, yes("bo"))
    assert (late.state, len(late.questions)) == ("waiting", 2)
    await play.answer(asked.run_id, no("bo"))
    assert world[REPO].issues[4].state == "open"
    await play("gh acme/shop rule=stale")
    assert "stale" not in world[REPO].issues[4].labels
    world.clock += 45 * DAY
    await play("gh acme/shop rule=stale")
    world.clock += 15 * DAY
    closed = await play("gh acme/shop rule=stale", yes("bo"))
    assert closed.plan == ["Close #2", "Close #3", "Close #4"]
    assert len(world[REPO].issues[4].comments) == 2
    assert (world[REPO].issues[4].state, world[REPO].issues[4].reason) == ("closed", "not_planned")


async def test_an_event_costs_few_calls(world: GitHubWorld, play: Play) -> None:
    """It looks at what it is about alone; what no rule is about costs nothing."""
    shop(world)
    await play.project(kept())

    async def calls(command: str) -> int:
        run = await play(command)
        report(run)
        return sum(step.calls for step in run.steps if step.kind == "step")

    assert await calls("gh acme/shop pull=3") == 1
    assert await calls("gh acme/shop issue=4 pull=0") == 1
    assert await calls("gh acme/shop pull=1") == 3
    assert await calls("gh acme/shop pull=1") == 2
    assert await calls("gh acme/shop branch=main") <= 2
    assert await calls(f"gh acme/shop commit={pull(world, 3).head_sha}") == 0
    quiet = await play(f"gh acme/shop commit={pull(world, 3).head_sha}")
    assert report(quiet).quiet


async def test_a_team_is_asked_and_what_is_left_is_told(world: GitHubWorld, play: Play) -> None:
    """Who reviews goes by CODEOWNERS and by load, so two requests go to two people."""
    shop(world)
    world.team("acme", "web", "dee")
    story = Story.continued(world, REPO)
    story.commit("ada", world.clock, "Owners", {"CODEOWNERS": "docs/ @acme/web\n"})
    story.tell()
    await play.project(kept(HouseRules(reviewers=ReviewRule())))
    run = await play("gh acme/shop")
    assert pull(world, 2).teams == ["web"]
    assert "web owns what it changes" in said(run, "Reviewers")[0]


@pytest.mark.parametrize("house", [None, SENSIBLE])
async def test_an_empty_repository_has_nothing_to_keep(
    world: GitHubWorld, play: Play, house: HouseRules | None
) -> None:
    """With rules or without."""
    world.add("acme/empty", created_at=world.clock)
    await play.project(ProjectSettings("acme/empty", rules=house))
    run = await play("gh acme/empty")
    assert run.said == "It has no commit yet: there is nothing to keep in order."
    assert report(run).quiet


async def test_what_is_not_there_is_said(world: GitHubWorld, play: Play) -> None:
    """In a sentence; who may not run it is told so."""
    shop(world)
    await play.project(ProjectSettings(REPO, rules=HOUSE, roles={"slack:zoe": Role.VIEWER}))
    run = await play("gh acme/shop pull=99")
    assert "no pull request #99" in run.line
    refused = await play.ask("gh acme/shop", by="zoe")
    assert isinstance(refused, Say)
    assert "needs the role operator" in refused.report.summary


async def test_a_large_repository_costs_few_calls(world: GitHubWorld, play: Play) -> None:
    """What is closed costs nothing; a second round asks only for what has changed."""
    shop(world)
    repo, now = world[REPO], world.clock
    closed, issue = repo.pulls[1], repo.issues[4]
    for number in range(10, 5_010):
        repo.pulls[number] = replace(closed, id=world.next_id(), number=number, head_ref="gone")
    for number in range(5_010, 5_710):
        at = now - timedelta(seconds=number)
        made = {"id": world.next_id(), "number": number, "created_at": at, "updated_at": at}
        repo.issues[number] = replace(issue, title="New", comments=[], labels=[], **made)
    await play.project(kept(replace(HOUSE, greet=None, branches=BranchRule(keep=["**"]))))
    await play("gh acme/shop")
    first = world.spent["reads"]
    world.clock += timedelta(minutes=5)
    await world.person("ada").comments(REPO, 5_500, "Look")
    again = await play("gh acme/shop")

    assert [first, world.spent["reads"] - first] == [42, 4]
    assert again.said == "All rules are kept."


async def test_what_github_does_not_know_yet_is_asked_again(world: GitHubWorld, play: Play) -> None:
    """It never guesses: the label comes once GitHub has found out that it conflicts."""
    shop(world)
    world.clock += DAY
    number = await world.person("cy").opens_pull(REPO, "Mine", {"shop/mine.py": "x = 1\n"})
    await world.person("ada").pushes(REPO, {"shop/mine.py": "x = 2\n"})
    await play.project(kept(HouseRules(rebase=RebaseRule(), merge=MergeRule())))
    await play(f"gh acme/shop pull={number}")
    assert pull(world, number).labels == ["needs-rebase"]
    await play("gh acme/shop")
    assert pull(world, 3).labels == ["needs-rebase"]


def delivery(key: int, event: str, action: str, **about: object) -> Delivery:
    """Return a webhook of the repository."""
    body = {"action": action, "repository": {"full_name": REPO}, **about}
    return Delivery("github", event, f"{key}", msgspec.json.encode(body))


async def test_events_start_it_and_its_own_changes_end_it(world: GitHubWorld, play: Play) -> None:
    """A burst is one run; what that changes comes back as events, which find nothing to do."""
    shop(world)
    await play.project(replace(kept(), triggers=["gh"], roles={"event:github": Role.OPERATOR}))
    it = {"pull_request": {"number": 2}}
    burst = ("opened", "labeled", "synchronize")
    told = [delivery(n, "pull_request", action, **it) for n, action in enumerate(burst)]
    [run] = await play.hear(*told)
    assert run.said == "3 changes made."
    writes = len(world.writes)
    again = await play.hear(
        delivery(7, "pull_request", "labeled", **it),
        delivery(8, "issue_comment", "created", issue={"number": 2, "pull_request": {}}),
        delivery(9, "check_run", "completed", check_run={"head_sha": "a1", "pull_requests": []}),
    )
    assert [report(each).quiet for each in again] == [True, True, True]
    assert len(world.writes) == writes
    [merged] = await play.hear(delivery(10, "pull_request", "closed", pull_request={"number": 1}))
    assert said(merged, "Branches")
