"""A client library that others have written finds here what it finds at GitHub."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from github import Auth, Github, GithubException, InputGitTreeElement
from github.Repository import Repository

from integrations.emulators.github import TOKEN, GitHubWorld, github_app
from integrations.emulators.github.belongings import Protection
from integrations.emulators.server import serve
from tests.integrations.emulators.github.connection import git, remote

REPO = "acme/api"
METHODS = ("merge", "squash", "rebase")


@pytest.fixture
async def base(world: GitHubWorld) -> AsyncIterator[str]:
    """Serve the small world."""
    world.token("bo-token", "bo")
    async with serve(github_app(world)) as address:
        yield address


def opened(base: str, token: str = TOKEN) -> Repository:
    """Return the repository as the library sees it."""
    library = Github(auth=Auth.Token(token), base_url=base, seconds_between_writes=0, retry=None)
    return library.get_repo(REPO)


async def test_a_whole_change_goes_from_issue_to_release(
    world: GitHubWorld, base: str, tmp_path: Path
) -> None:
    """Issue, branch, commit, pull request, review, merge, release: by another's hands."""

    def work() -> None:
        repo = opened(base)
        issue = repo.create_issue("Retries are missing", body="Say so", labels=["bug"])
        tip = repo.get_branch("main").commit
        repo.create_git_ref("refs/heads/retries", tip.sha)
        element = InputGitTreeElement("retries.md", "100644", "blob", content="Retry.\n")
        tree = repo.create_git_tree([element], base_tree=tip.commit.tree)
        commit = repo.create_git_commit("Add retries", tree, [tip.commit])
        repo.get_git_ref("heads/retries").edit(commit.sha)
        repo.create_file("more.md", "Add more", "More.\n", branch="retries")
        pull = repo.create_pull(
            base="main", head="retries", title="Retries", body=f"Closes #{issue.number}"
        )
        assert [file.filename for file in pull.get_files()] == ["more.md", "retries.md"]
        pull.create_review_comment("Why?", repo.get_commit(commit.sha), "retries.md", line=1)
        review = opened(base, "bo-token").get_pull(pull.number).create_review(event="APPROVE")
        assert review.state == "APPROVED"
        pull.create_issue_comment("Going in")
        merged = pull.merge(merge_method="squash")
        assert merged.merged
        assert repo.get_pull(pull.number).merged
        release = repo.create_git_release("v1.3.0", "1.3", "Notes", target_commitish="main")
        assert repo.get_latest_release().id == release.id
        wheel = tmp_path / "api.whl"
        wheel.write_bytes(b"built")
        asset = release.upload_asset(str(wheel), "Wheel", "application/zip")
        assert [(one.name, one.size) for one in release.get_assets()] == [("api.whl", 5)]
        assert asset.update_asset("api-1.3.whl").name == "api-1.3.whl"
        with pytest.raises(GithubException, match="already_exists"):
            release.upload_asset(str(wheel), name="api-1.3.whl")
        assert asset.delete_asset()
        assert repo.get_git_ref("tags/v1.3.0").object.sha == merged.sha
        issue.edit(state="closed")
        assert [one.number for one in repo.get_issues(state="open")] == []
        with pytest.raises(GithubException) as refusal:
            repo.create_git_ref("refs/heads/main", tip.sha)
        assert refusal.value.status == 422

    await asyncio.to_thread(work)
    assert world.tags(REPO)["v1.3.0"] == world.head(REPO)


async def test_ci_and_settings_answer_the_library(world: GitHubWorld, base: str) -> None:
    """Workflows, environments, protection, labels, teams and alerts have its shapes."""
    world.team("acme", "web", "ada", repos={REPO: "push"})
    world[REPO].protections["main"] = Protection(approvals=1, checks=["test"])

    def work() -> None:
        repo = opened(base)
        flow = repo.get_workflow("ci.yml")
        assert flow.create_dispatch("main", throw=True)
        run = flow.get_runs(event="workflow_dispatch")[0]
        assert [job.name for job in run.jobs()] == ["lint", "test"]
        assert run.cancel()
        repo.create_environment("staging", wait_timer=5)
        assert repo.get_environment("staging").protection_rules[0].wait_timer == 5
        variable = repo.create_variable("REGION", "eu")
        assert repo.get_variable("REGION").value == variable.value
        branch = repo.get_branch("main")
        assert branch.get_protection().required_status_checks.contexts == ["test"]
        branch.remove_protection()
        assert not repo.get_branch("main").protected
        assert repo.create_label("new", "ffffff").name == "new"
        assert [team.slug for team in repo.get_teams()] == ["web"]
        assert list(repo.get_dependabot_alerts()) == []
        assert repo.get_collaborator_permission("ada") == "write"
        repo.replace_topics(["api"])
        assert repo.get_topics() == ["api"]

    await asyncio.to_thread(work)


@pytest.mark.parametrize("method", METHODS)
async def test_a_merge_is_the_one_that_git_would_make(
    method: str, world: GitHubWorld, base: str, tmp_path: Path
) -> None:
    """Trees, parents, authors and messages are those of the ordinary git on a clone."""
    ada = world.person("ada")
    number = await ada.opens_pull(REPO, "Two steps", {"a.md": "a\n"}, branch="steps")
    await ada.pushes(REPO, {"b.md": "b\n"}, branch="steps", message="Second step")
    await world.person("bo").pushes(REPO, {"c.md": "c\n"})
    clone = tmp_path / "clone"
    url = base.replace("http://", f"http://x:{TOKEN}@") + f"/{REPO}.git"
    assert (await remote(tmp_path, "clone", "--quiet", url, "clone")).returncode == 0
    by_git(clone, method)
    wanted = shape(clone, "HEAD")

    await asyncio.to_thread(lambda: opened(base).get_pull(number).merge(merge_method=method))
    assert (await remote(clone, "fetch", "--quiet", "origin", "main")).returncode == 0
    assert shape(clone, "FETCH_HEAD") == wanted

    assert (
        await remote(clone, "push", "--quiet", "origin", "HEAD:refs/heads/ours")
    ).returncode == 0
    assert world.head(REPO, "ours") == said(git(clone, "rev-parse", "HEAD"))


def by_git(clone: Path, method: str) -> None:
    """Do on a clone what the pull request is to do."""
    git(clone, "config", "user.name", "Somebody")
    git(clone, "config", "user.email", "somebody@acme.example")
    if method == "rebase":
        said(git(clone, "checkout", "--quiet", "-b", "mine", "origin/steps"))
        said(git(clone, "rebase", "--quiet", "main"))
    elif method == "squash":
        said(git(clone, "merge", "--quiet", "--squash", "origin/steps"))
        said(git(clone, "commit", "--quiet", "--author=Ada <ada@acme.example>", "-m", "x"))
    else:
        said(git(clone, "merge", "--quiet", "--no-ff", "-m", "x", "origin/steps"))


def shape(clone: Path, tip: str) -> list[tuple[str, int, str]]:
    """Return tree, number of parents and author of each commit; a merge is by who made it."""
    lines = said(git(clone, "log", "--format=%T|%P|%an <%ae>", f"v1.2.0..{tip}")).splitlines()
    rows = [line.split("|") for line in lines]
    found = [(tree, len(parents.split()), author) for tree, parents, author in rows]
    return [(tree, count, author if count == 1 else "") for tree, count, author in found]


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Return what git printed; fail where it failed."""
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
