"""The team of acme in Linear is plausible, the same every time, and knows what GitHub knows."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from integrations.emulators.github import INSTANT, GitHubWorld
from integrations.emulators.linear import LinearWorld
from integrations.emulators.linear.keeping import written
from integrations.emulators.worlds import build_acme, build_acme_linear, lead_to
from integrations.emulators.worlds.tickets import TRACES, tickets, waiting


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHubWorld]:
    """Build the repositories once: these tests only look."""
    world = GitHubWorld(tmp_path_factory.mktemp("acme"))
    build_acme(world)
    yield world
    world.close()


@pytest.fixture(scope="module")
def acme(github: GitHubWorld) -> LinearWorld:
    """Build the team once."""
    world = LinearWorld()
    build_acme_linear(world, github)
    return world


def test_two_builds_are_the_same(acme: LinearWorld, github: GitHubWorld) -> None:
    """One clock, one seed and one GitHub give the same ids, times and words."""
    again = LinearWorld()
    build_acme_linear(again, github)
    assert written(again) == written(acme)
    other = LinearWorld()
    build_acme_linear(other, github, seed=8)
    assert written(other) != written(acme)


def test_people_are_those_of_github(acme: LinearWorld, github: GitHubWorld) -> None:
    """By e-mail; some are admins, and one was away for long."""
    people = [user for user in acme.users if not user.app]
    known = {account.email: account.login for account in github.accounts.values()}
    assert [known[user.email] for user in people] == [user.display_name for user in people]
    assert [user.display_name for user in people if user.admin] == ["ada", "bo"]
    last = {user.display_name: user.last_seen for user in people}
    ages = {name: acme.clock - at for name, at in last.items() if at}
    assert [name for name, age in ages.items() if age > timedelta(days=90)] == ["eli"]


def test_there_is_an_issue_in_every_state(acme: LinearWorld) -> None:
    """From what nobody has looked at to what will never be done."""
    counts = Counter(issue.state.name for issue in acme.issues)
    assert set(counts) == {state.name for state in acme.teams[0].states}
    assert min(counts.values()) >= 2


def test_cycles_have_work_and_leave_some_over(acme: LinearWorld) -> None:
    """Six are over, one is on, one is to come; what was late went on to the next."""
    cycles = acme.teams[0].cycles
    assert Counter((cycle.is_past, cycle.is_active, cycle.is_future) for cycle in cycles) == {
        (True, False, False): 6,
        (False, True, False): 1,
        (False, False, True): 1,
    }
    assert all(cycle.issues for cycle in cycles[:-1])
    assert sum(len(cycle.uncompleted_issues_upon_close) for cycle in cycles) >= 3
    assert 0 < cycles[-2].progress < 1


def test_projects_have_milestones_in_every_condition(acme: LinearWorld) -> None:
    """Done, late and open ones; each project has its reasons written down."""
    kinds = {project.state for project in acme.projects}
    assert kinds == {"started", "completed", "planned"}
    states = Counter(each.status for one in acme.projects for each in one.project_milestones)
    assert states["done"] >= 5
    assert states["unstarted"] >= 2
    assert {project.health for project in acme.projects} == {"onTrack", "atRisk", "offTrack", None}
    assert all(project.documents and project.issues for project in acme.projects)
    grown = [project.scope_history for project in acme.projects if project.state == "started"]
    assert all(scope[-1] > scope[0] for scope in grown)


def test_changes_name_their_issues_in_every_way(acme: LinearWorld, github: GitHubWorld) -> None:
    """In the branch, in the title, in the text, or only by a link that Linear has."""
    told: Counter[str] = Counter()
    for ticket in (*tickets().values(), *waiting().values()):
        pulls = github[ticket.repo].pulls.values()
        pull = next(each for each in pulls if f": {ticket.change.subject}" in each.title)
        issue = acme[ticket.identifier]
        assert issue.title.lower() == ticket.change.subject.lower()
        places = {
            "branch": ticket.identifier.lower() in pull.head_ref,
            "title": ticket.identifier in pull.title,
            "body": ticket.identifier in pull.body,
            "link": any(link.url.endswith(f"/{pull.number}") for link in issue.attachments),
        }
        assert places[ticket.trace]
        assert (issue.completed_at or None) == pull.merged_at
        told[ticket.trace] += 1
    assert set(told) == set(TRACES)


def test_requirements_are_traced_to_tests(acme: LinearWorld, github: GitHubWorld) -> None:
    """Some have a test that names them, some only a change, and some are not even begun."""
    wanted = [i for i in acme.issues if "requirement" in {label.name for label in i.labels}]
    git = github.git(github["acme/shop"])
    tests = git.call("grep", "-h", "def test_eng_", "main", "--", "tests").decode()
    tested = [i for i in wanted if f"test_{i.identifier.lower().replace('-', '_')}_" in tests]
    open_ones = [i for i in wanted if not i.completed_at]
    changed_later = [
        issue
        for issue in wanted
        for approval in issue.history
        if any(label.name == "approved" for label in approval.added_labels)
        if any(
            row.updated_description and row.created_at > approval.created_at
            for row in issue.history
        )
    ]
    assert len(tested) >= 5
    assert len(wanted) - len(tested) - len(open_ones) >= 3
    assert len(open_ones) >= 5
    assert changed_later


@pytest.mark.parametrize("days", range(7))
def test_nothing_lies_in_the_future(days: int, tmp_path: Path) -> None:
    """Whatever day the clock shows, and everything happened in its order."""
    now = INSTANT + timedelta(days=days, hours=3 * days, minutes=17)
    github, world = GitHubWorld(tmp_path, now=now), LinearWorld(now=now)
    build_acme(github)
    build_acme_linear(world, github)
    github.close()
    for issue in world.issues:
        times = [issue.created_at, *(row.created_at for row in issue.history)]
        assert times == sorted(times)
        assert max(times[-1], issue.updated_at) <= now
        assert issue.started_at is None or issue.created_at <= issue.started_at
    assert world.clock == now


def test_links_follow_an_emulated_github(github: GitHubWorld, tmp_path: Path) -> None:
    """It has another address with every start; other links stay."""
    kept = tmp_path / "linear.json"
    world = LinearWorld(keep=kept)
    build_acme_linear(world, github)
    again = LinearWorld.load(kept)
    before, github.address = github.address, "http://127.0.0.1:1234"
    try:
        lead_to(again, github)
    finally:
        github.address = before
    pages = {link.url for issue in again.issues for link in issue.attachments}
    assert pages
    assert all(page.startswith("http://127.0.0.1:1234/acme/") for page in pages)
