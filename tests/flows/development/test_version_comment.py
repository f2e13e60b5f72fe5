"""The comment on a pull request: said once, edited where it changes, gone where it is unwanted."""

from bot.dispatch import Say
from flows.engine.access import Role
from flows.engine.policy import PolicySettings
from flows.engine.tools import ProjectSettings
from integrations.emulators.github import GitHubWorld
from tests.flows.development.test_version_preview import REPO, open_pull, proposed
from tests.flows.play import Play, no, yes
from tests.flows.scenario import Scenario

COMMAND = f"preview-comment {REPO} 2"

scenario = Scenario(COMMAND, world=open_pull)


def said(world: GitHubWorld) -> list[str]:
    """Return what is said below the pull request, without our mark."""
    return [each.body.split("\n\n<!--")[0] for each in world[REPO].pulls[2].comments]


async def test_one_comment_lives(world: GitHubWorld, play: Play) -> None:
    """It is said once, edited when a label changes, taken away when one wants that, and back."""
    open_pull(world)
    dee = world.person("dee")
    first = await play(COMMAND)
    assert (first.state, first.questions) == ("done", ())
    (text,) = said(world)
    assert text.startswith(
        "This pull request makes **v1.3.0** (minor, because its title begins with feat)."
    )
    assert "In the notes, below **Features**:\n\n> add retries ([#2](" in text

    again = await play(COMMAND)
    assert again.said == "The comment on #2 is as it should be."
    assert len(world.writes) == 1

    await dee.labels(REPO, 2, "breaking")
    await play(COMMAND)
    (text,) = said(world)
    assert "makes **v2.0.0** (major, because it has the label breaking)" in text

    await dee.labels(REPO, 2, "no-release")
    await play(COMMAND)
    assert said(world) == []
    await dee.unlabels(REPO, 2, "no-release")
    await play(COMMAND)
    assert len(said(world)) == 1


async def test_an_edit_is_taken_back_to_what_it_said(world: GitHubWorld, play: Play) -> None:
    """An undo brings back the words before, or no comment where there was none."""
    open_pull(world)
    first = await play(COMMAND)
    (before,) = said(world)
    await world.person("dee").labels(REPO, 2, "breaking")
    second = await play(COMMAND)

    await play.answer((await play(f"undo {second.run_id}")).run_id, yes("bo"))
    assert said(world) == [before]
    await play.answer((await play(f"undo {first.run_id}")).run_id, yes("bo"))
    assert said(world) == []


async def test_nothing_is_said_where_nobody_wants_it(world: GitHubWorld, play: Play) -> None:
    """A dry run, a closed pull request, a missing role, and a project that wants a yes first."""
    proposed(world, merged=("feat: add retries", "fix: typo"))
    dry = await play("preview-comment acme/api 3 --dry-run")
    closed = await play(COMMAND)
    await play.project(
        ProjectSettings(
            REPO,
            roles={"*": Role.VIEWER, "slack:ada": Role.OPERATOR, "slack:bo": Role.MAINTAINER},
            policies={"preview-comment": PolicySettings(auto_approve=[])},
        )
    )
    refused = await play.ask("preview-comment acme/api 3", by="cy")
    asked = await play("preview-comment acme/api 3", no("bo"))

    assert "Say on #3 what it would release" in str(dry.report)
    assert closed.said == "#2 is merged, so it says no more."
    assert isinstance(refused, Say)
    assert asked.state == "stopped"
    assert world.writes == []


async def test_links_to_nobody_and_pings_nobody(world: GitHubWorld, play: Play) -> None:
    """GitHub tells every issue that is linked: others stand there as code, and titles as text."""
    proposed(world, "feat: thanks @everyone, see #1", merged=["feat: more"])
    await play(COMMAND)
    (text,) = said(world)

    assert "(minor: `#1` is a feature)" in text
    assert "@everyone" not in text
    assert text.count("](") == 1
