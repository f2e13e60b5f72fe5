"""Sync with Linear at its edges: what is not made, gone, refused, too much, or not there."""

from flows.engine.tools import ProjectSettings
from flows.engine.triggers import inputs_of
from flows.integration.linear_sync import Sync
from integrations.emulators.github import GitHubWorld
from integrations.github.webhooks import told as github_told
from integrations.linear.webhooks import told as linear_told
from tests.flows.integration.sync import REPO, TEAM, desk, opened, project, repository
from tests.flows.integration.sync import said as commented
from tests.flows.play import Play
from tests.flows.told import report, said


async def test_only_what_is_wanted_is_made(world: GitHubWorld, play: Play) -> None:
    """No closed ones, no pull requests, no other labels; a public repository gets none."""
    world.repo(REPO, merged=["feat: one"])
    repo = world[REPO]
    bug = opened(world, "Bug", labels=["bug"])
    opened(world, "Talk")
    opened(world, "Old", labels=["bug"], state="closed", closed_at=world.clock)
    on = await desk(play, only=["b*"], create="auto")
    on.linear.issue(TEAM, "Ours", labels=["bug"])
    on.linear.issue(TEAM, "Theirs", labels=["bug"], elsewhere=["github"])
    run = await on.sync()

    assert [each.title for each in on.linear.issues] == ["Ours", "Theirs", "Bug"]
    assert on.twin(bug).title == "Bug"
    assert len(repo.issues) == 3
    assert said(run, "Not synced") == [
        "ENG-1: acme/api is public; sync.create=both makes issues there all the same",
        "ENG-2: Linear's own integration with GitHub keeps it in step",
    ]
    repo.private = True
    await play.project(ProjectSettings("acme/shop", linear_team=TEAM))
    shared = await on.sync()
    assert "acme/shop has team ENG, too" in said(shared, "Not synced")[0]
    await play.project(project(only=["b*"], create="linear"))
    assert "makes no issues on GitHub" in said(await on.sync(), "Not synced")[0]
    await play.project(project(create="auto"))
    await play.project(ProjectSettings("acme/shop"))
    await on.sync()
    assert [each.title for each in repo.issues.values()][3:] == ["Ours"]


async def test_what_is_refused_does_not_stop_the_others(world: GitHubWorld, play: Play) -> None:
    """Its own changes are taken back, the report says why, and the next run tries again."""
    repository(world)
    one, two = opened(world, "One"), opened(world, "Two")
    on = await desk(play)
    on.linear.fail(status=200, match="attachmentCreate", code="INPUT_ERROR", message="No links.")
    run = await on.sync()

    assert said(run, "Not synced") == ["#1: Linear refused: No links."]
    assert [each.title for each in on.linear.issues if not each.trashed] == ["Two"]
    assert (await on.sync("")).said.startswith("1 twin made")
    assert {on.twin(one).title, on.twin(two).title} == {"One", "Two"}


async def test_nothing_there_is_a_sync_that_can_begin(world: GitHubWorld, play: Play) -> None:
    """From then on new issues get their twins."""
    on = await desk(play)
    run = await on.sync()
    assert run.said == "Nothing had changed; all pairs are in step."
    issue = opened(world, "First")
    await on.sync("")
    assert on.twin(issue).title == "First"


async def test_who_is_gone_changes_nothing(world: GitHubWorld, play: Play) -> None:
    """What was deleted on one side stays on the other, and is told; nothing is made anew."""
    repository(world)
    one, two = opened(world, "One"), opened(world, "Two")
    on = await desk(play)
    await on.sync()
    on.twin(one).archived_at = world.clock
    del world[REPO].issues[two.number]
    writes = on.writes
    run = await on.sync()

    assert on.writes == writes
    assert said(run, "Not synced") == [
        "#1: its twin is archived or gone in Linear, so it stays as it is",
        "ENG-2: it is gone from GitHub, so its twin stays as it is",
    ]
    assert report(await play(f"linear {REPO} 2")).quiet
    assert report(await play(f"linear {REPO} ENG-77")).quiet


async def test_a_long_list_is_made_in_parts(world: GitHubWorld, play: Play) -> None:
    """The first yes covers the rest: the next run goes on by itself."""
    repository(world)
    for number in range(3):
        opened(world, f"Issue {number}", body="x" * (61_000 * (number == 2)))
    on = await desk(play)
    run = await on.sync("most=2")
    assert said(run, "Not synced") == ["1 issue more: the next run goes on with them"]
    rest = await play(f"linear {REPO} most=2")
    assert rest.questions == ()
    assert len(on.linear.issues) == 3
    assert "it goes on where it was written" in (on.linear["ENG-3"].description or "")
    last = await on.sync()
    assert said(last, "Not synced") == ["#3: its text is too long for GitHub"]


def test_webhooks_of_both_sides_name_the_issue() -> None:
    """So one event looks at one pair."""
    github = github_told(
        "issue_comment",
        b'{"action": "created", "repository": {"full_name": "acme/api"}, "issue": {"number": 7}}',
    )
    linear = linear_told(
        b'{"action": "create", "type": "Comment", "url": "https://linear.app/a/issue/ENG-7/x", '
        b'"data": {"id": "c", "issueId": "i", "issue": {"id": "i", "team": {"key": "ENG"}}}}'
    )
    fields = Sync.model_fields
    assert inputs_of(REPO, github.topics, fields) == {"repo": REPO, "issue": "7"}
    assert inputs_of(REPO, linear.topics, fields) == {"repo": REPO, "issue": "ENG-7"}


async def test_an_answer_of_linear_that_gets_lost_repeats_nothing(
    world: GitHubWorld, play: Play
) -> None:
    """Whatever it did is found done: one twin, one link, one comment."""
    repository(world)
    issue = opened(world, "Cart")
    commented(world, issue, "Me too")
    on = await desk(play)
    for mutation in ("issueCreate", "attachmentCreate", "commentCreate"):
        on.linear.fail(status=502, match=mutation, late=True)
    run = await on.sync()

    (twin,) = on.linear.issues
    assert report(run).tone == "good"
    assert (len(twin.comments), len(twin.attachments)) == (1, 1)
