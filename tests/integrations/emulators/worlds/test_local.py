"""A local clone becomes a repository with its own history."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.git import SETTINGS, environment
from integrations.emulators.worlds import CannotImport, import_repository

START = datetime(2025, 1, 6, 9, tzinfo=UTC)


@dataclass
class Clone:
    """A repository in a folder, written hour by hour."""

    path: Path
    hours: int = 0

    def git(self, *args: str) -> str:
        settings = self.path.parent / "gitconfig"
        settings.write_text(SETTINGS + '[protocol "file"]\n\tallow = always\n')
        self.hours += 1
        at = (START + timedelta(hours=self.hours)).isoformat()
        dates = {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
        done = subprocess.run(  # noqa: S603 - the tests' own words
            ["git", *args],  # noqa: S607 - whatever git is on the path
            cwd=self.path,
            env=environment(settings) | dates,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def commit(self, message: str, path: str = "", who: str = "Ada L <ada@acme.example>") -> str:
        name = path or f"file{self.hours}.txt"
        (self.path / name).write_text(f"{message}\n" * 3)
        self.git("add", "--all")
        self.git("commit", "--quiet", f"--author={who}", "-m", message)
        return self.git("rev-parse", "HEAD")


def made(path: Path, branch: str = "main") -> Clone:
    """Make an empty repository."""
    path.mkdir(parents=True)
    clone = Clone(path)
    clone.git("init", "--quiet", "-b", branch)
    return clone


@pytest.fixture
def world(tmp_path: Path) -> Iterator[GitHubWorld]:
    """Make an empty world."""
    empty = GitHubWorld(tmp_path / "world")
    yield empty
    empty.close()


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """Make a repository with a first commit."""
    begun = made(tmp_path / "source" / "project")
    begun.commit("Begin")
    return begun


def test_a_squash_becomes_a_pull_request(world: GitHubWorld, clone: Clone) -> None:
    """Title, number, author and dates are those of the commit."""
    sha = clone.commit("Add retries (#12)", who="Zoë B <zoe@acme.example>")
    name = import_repository(world, clone.path)

    assert name == "local/project"
    (pull,) = world[name].pulls.values()
    assert (pull.number, pull.title, pull.author) == (12, "Add retries", "zoe-b")
    assert (pull.merge_sha, pull.commits) == (sha, [sha])
    assert pull.created_at <= (pull.merged_at or START)
    assert world.head(name) == sha
    assert world.login_of("zoe@acme.example") == "zoe-b"


async def test_a_merge_becomes_a_pull_request(world: GitHubWorld, clone: Clone) -> None:
    """The title is the body's first line; author and opening are those of the first commit."""
    clone.git("checkout", "--quiet", "-b", "topic")
    first = clone.commit("Start", who="Bo <7+bo-dev@users.noreply.github.com>")
    second = clone.commit("Finish", who="Cy <cy@acme.example>")
    clone.git("checkout", "--quiet", "main")
    message = "Merge pull request #7 from bo/topic\n\nAdd a cache"
    clone.git("merge", "--quiet", "--no-ff", "-m", message, "topic")
    name = import_repository(world, clone.path)

    pull = world[name].pulls[7]
    git = world.git(world[name])
    assert (pull.title, pull.author, pull.head_ref) == ("Add a cache", "bo-dev", "topic")
    assert (pull.commits, pull.head_sha) == ([first, second], second)
    assert pull.created_at == git.commit(first).author.at
    assert await git.sizes([(pull.base_sha, pull.head_sha)]) == [(6, 0, 2)]


def test_tags_become_releases(world: GitHubWorld, clone: Clone) -> None:
    """Annotated and light ones, versions or not; a preview is never the latest."""
    clone.git("tag", "-a", "v1.0.0", "-m", "The first one")
    clone.commit("More")
    clone.git("tag", "nightly-ok")
    clone.commit("Even more")
    clone.git("tag", "-a", "v1.1.0-rc.1", "-m", "Try it")
    clone.git("tag", "v2.0.0-0", "HEAD^")
    clone.git("tag", "tree-tag", "HEAD^{tree}")
    name = import_repository(world, clone.path)

    repo = world[name]
    previews = {r.tag: r.prerelease for r in repo.releases.values()}
    assert previews == {
        "v1.0.0": False,
        "nightly-ok": False,
        "v1.1.0-rc.1": True,
        "v2.0.0-0": True,
    }
    first = repo.release("v1.0.0")
    assert first is not None
    assert first.body == "The first one"
    latest = repo.latest_release()
    assert latest is not None
    assert latest.tag == "nightly-ok"
    assert world.tags(name)["v1.0.0"] != world.head(name)


def test_one_commit_is_enough(world: GitHubWorld, clone: Clone) -> None:
    """No tags, no pull requests: a repository all the same."""
    name = import_repository(world, clone.path)
    assert (world[name].pulls, world[name].releases) == ({}, {})
    assert world.head(name) == clone.git("rev-parse", "HEAD")


def test_an_empty_repository_is_refused_in_words(world: GitHubWorld, tmp_path: Path) -> None:
    """The error says what to do, and leaves nothing behind."""
    empty = made(tmp_path / "source" / "empty")
    with pytest.raises(CannotImport, match="has no commit yet"):
        import_repository(world, empty.path)
    with pytest.raises(CannotImport, match="no git repository"):
        import_repository(world, world.root.parent)
    with pytest.raises(CannotImport, match="There is no folder"):
        import_repository(world, tmp_path / "nowhere")
    assert world.repositories == {}


def test_any_branch_can_be_the_default(world: GitHubWorld, tmp_path: Path) -> None:
    """HEAD decides, not the name main."""
    clone = made(tmp_path / "source" / "x", branch="trunk")
    clone.commit("Begin")
    clone.git("branch", "other")
    name = import_repository(world, clone.path)
    assert world[name].default_branch == "trunk"
    assert world.head(name, "other") == world.head(name)


def test_a_detached_head_falls_back(world: GitHubWorld, clone: Clone) -> None:
    """The usual branch is taken; without any branch one is made at HEAD."""
    clone.git("checkout", "--quiet", "--detach")
    first = import_repository(world, clone.path)
    clone.git("branch", "-D", "main")
    second = import_repository(world, clone.path)
    assert (world[first].default_branch, world[second].default_branch) == ("main", "main")
    assert world.head(first) == world.head(second)
    assert second == "local/project-2"


def test_a_clone_of_a_clone_keeps_the_branches(world: GitHubWorld, clone: Clone) -> None:
    """Branches that a clone only knows from its origin count, in bare and shallow ones too."""
    clone.commit("Change (#1)")
    clone.git("branch", "feature/x")
    around = clone.path.parent
    here = Clone(around)
    here.git("clone", "--quiet", "project", "copy")
    here.git("clone", "--quiet", "--bare", "project", "bare.git")
    here.git("clone", "--quiet", "--depth=1", f"file://{clone.path}", "shallow")
    names = [
        import_repository(world, around / folder) for folder in ("copy", "bare.git", "shallow")
    ]
    assert names == ["local/copy", "local/bare", "local/shallow"]
    assert world.head("local/copy", "feature/x") == world.head("local/bare", "feature/x")
    assert len(world["local/bare"].pulls) == 1
    assert world["local/shallow"].pulls == {}


def test_odd_things_do_no_harm(world: GitHubWorld, tmp_path: Path) -> None:
    """Spaces, umlauts, line breaks in names, symlinks and submodules come along as git has them."""
    inner = made(tmp_path / "source" / "inner")
    inner.commit("Inside")
    clone = made(tmp_path / "source" / "Über uns & Co")
    clone.commit("Begin")
    (clone.path / "link").symlink_to("/etc/passwd")
    clone.commit("Größe ändern (#3)", path="zwei\nZeilen ü.txt")
    clone.git("submodule", "--quiet", "add", str(inner.path), "sub module")
    clone.commit("With a part (#4)")
    name = import_repository(world, clone.path)

    assert name == "local/Uber-uns-Co"
    assert world[name].pulls[3].title == "Größe ändern"
    modes = world.git(world[name]).call("ls-tree", "-z", "HEAD").split(b"\0")
    assert {row[:6] for row in modes if row} == {b"100644", b"120000", b"160000"}


def test_a_number_counts_once(world: GitHubWorld, clone: Clone) -> None:
    """A revert names the old number in its title; the first landing keeps it."""
    clone.commit("Add x (#5)")
    clone.commit('Revert "Add x (#5)" (#6)')
    clone.commit("Add x (#5)", path="again.txt")
    name = import_repository(world, clone.path)
    titles = {number: pull.title for number, pull in world[name].pulls.items()}
    assert titles == {5: "Add x", 6: 'Revert "Add x (#5)"'}
