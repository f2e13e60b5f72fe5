"""What changed since a release is what git says, and plain words ask for it."""

import pytest

from bot import grammar
from bot.console.render import render
from bot.dispatch import Form
from flows.analysis.releases import tag_called
from flows.engine.tools import ProjectSettings
from integrations.emulators.github import GitHubWorld
from integrations.github import Tag
from tests.flows.play import Play
from tests.flows.scenario import Scenario

scenario = Scenario("changes acme/api since=v1.2")


async def test_pull_requests_are_counted_with_their_authors(world: GitHubWorld, play: Play) -> None:
    """Since the last release, where nothing else is said."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries", "fix: ENG-12 typo"])

    run = await play("changes acme/api")

    assert run.report
    assert run.report.summary == "2 pull requests in 2 commits since v1.2.0."
    shown = render(run.report)
    assert "ENG-12" in shown
    assert "feat: add retries" in shown
    assert run.report.next == ("release acme/api --dry-run",)
    assert run.report.data["pulls"] == 2


async def test_two_releases_are_compared(world: GitHubWorld, play: Play) -> None:
    """Nothing between them is an answer as well."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    run = await play("changes acme/api since=v1.2.0 until=1.2")
    assert run.report
    assert (run.report.summary, run.report.quiet) == ("Nothing changed up to v1.2.0.", True)


async def test_without_a_release_it_asks_where_to_start(world: GitHubWorld, play: Play) -> None:
    """With an example."""
    world.repo("acme/api")
    run = await play("changes acme/api")
    assert run.state == "stopped"
    assert "say where to start, such as since=main~20" in run.line


async def test_plain_words_ask_for_it(world: GitHubWorld, play: Play) -> None:
    """In the channel of a project without its name; elsewhere a form asks for it."""
    world.repo("acme/api", release="v1.3.0", merged=["feat: add retries"])
    asked = await play.ask("what changed since v1.3?")
    assert isinstance(asked, Form)
    await play.project(ProjectSettings("acme/api", channels=["slack:C1"]))
    heard = grammar.parse("what changed in acme/api since v1.3?")
    assert isinstance(heard, grammar.Heard)
    assert heard.command == "changes acme/api since=v1.3"
    run = await play("what's new in acme/api?")
    assert run.report
    assert run.report.title == "acme/api since v1.3.0"


@pytest.mark.parametrize(
    ("words", "tag"),
    [
        ("v1.3.0", "v1.3.0"),
        ("1.3.0", "v1.3.0"),
        ("v1.3", "v1.3.1"),
        ("1", "v1.4.0"),
        ("main", "main"),
    ],
)
def test_a_release_is_named_as_people_do(words: str, tag: str) -> None:
    """The newest of those that are meant; a branch stays a branch."""
    tags = [Tag(name, "c0ffee") for name in ("v1.4.0", "v1.3.1", "v1.3.0", "nightly")]
    assert tag_called(words, tags) == tag
    assert tag_called("", tags) == ""
