"""What is asked of the git server: refs, addresses, secrets, and how that may fail."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from integrations.emulators.github import TOKEN, GitHubWorld, github_app
from integrations.emulators.server import serve
from integrations.errors import NotFound, Refused, Transient
from integrations.git import Patience, TagRef, Workspaces
from integrations.git.command import Git, GitFailed
from integrations.meter import IoOutsideStep, Meter, metered
from tests.integrations.doorkeeper import Doorkeeper
from tests.integrations.git.conftest import Origin


@pytest.mark.parametrize(
    "ref",
    ["--upload-pack=touch x", "-x", "a..b", "a b", "*", "a:b", "@{1}", "nope", "x.lock", "a\nb"],
)
async def test_a_ref_is_never_an_option(origin: Origin, workspaces: Workspaces, ref: str) -> None:
    """A ref that git would misread is simply not there."""
    origin.write("a")
    origin.commit()
    with pytest.raises(NotFound):
        async with workspaces.checkout("acme/shop", ref):
            pass


async def test_a_ref_may_be_a_branch_a_tag_or_a_commit(
    origin: Origin, workspaces: Workspaces
) -> None:
    """Annotated tags are peeled; a branch goes before a tag of the same name."""
    origin.write("a", b"one")
    one = origin.commit("One")
    origin.git("tag", "v1")
    origin.git("tag", "--annotate", "--message", "Two", "v2")
    origin.git("tag", "feature/x")
    origin.write("a", b"two")
    two = origin.commit("Two")
    origin.git("branch", "feature/x")
    origin.publish()
    for ref, sha in (("v1", one), ("v2", one), (one, one), ("feature/x", two), ("main", two)):
        async with workspaces.checkout("acme/shop", ref) as tree:
            assert (tree.commit, tree.ref) == (sha, ref)
            assert TagRef("v2", one) in tree.tags


@pytest.mark.parametrize("repo", ["acme", "../x", "a/b/c", "-x/y", "acme/..", "https://x/y"])
async def test_only_owner_and_name_can_be_cloned(workspaces: Workspaces, repo: str) -> None:
    """An address from outside never becomes a clone."""
    with pytest.raises(Refused, match="owner/name"):
        async with workspaces.checkout(repo):
            pass


async def test_what_is_missing_is_said_plainly(origin: Origin, workspaces: Workspaces) -> None:
    """No repository, no commit in it, no such commit: three different answers."""
    with pytest.raises(NotFound, match="no repository acme/nope"):
        async with workspaces.checkout("acme/nope"):
            pass
    with pytest.raises(NotFound, match="empty"):
        async with workspaces.checkout("acme/shop"):
            pass
    origin.write("a")
    origin.commit()
    with pytest.raises(NotFound, match="no such commit"):
        async with workspaces.checkout("acme/shop", "0" * 39 + "1"):
            pass


async def test_other_protocols_are_closed(origin: Origin, tmp_path: Path) -> None:
    """Without the test's permission a path on this disk is no server."""
    origin.write("a")
    origin.commit()
    strict = Workspaces(tmp_path / "checkouts", server=f"file://{origin.root}")
    with pytest.raises(Refused, match="https://"):
        async with strict.checkout("acme/shop"):
            pass


async def test_the_token_is_in_no_place_that_others_see(
    origin: Origin, tmp_path: Path, left: Callable[[], list[Path]]
) -> None:
    """The secret is neither in a file of the checkout nor in what objects print."""
    secret = "ghs_" + "x" * 300
    asked: list[str] = []

    async def token(repo: str) -> str:
        asked.append(repo)
        return secret

    origin.write("a")
    origin.commit()
    signed = Workspaces(
        tmp_path / "checkouts", server=f"file://{origin.root}", protocols=("file",), token=token
    )
    async with signed.checkout("acme/shop", history="all") as tree:
        assert asked == ["acme/shop"]
        assert "x-access-token" not in repr(tree)
        for path in left()[0].rglob("*"):
            assert not path.is_file() or b"Basic" not in path.read_bytes()
    assert secret not in repr(Git(tmp_path, secrets=(("a", secret),)))


async def test_the_token_opens_a_repository_over_http(tmp_path: Path) -> None:
    """The header reaches the server; without it, or with another, the door stays shut."""
    world = GitHubWorld(tmp_path / "world")
    world.repo("acme/api", release="v1.2.0", merged=["Add retries"])

    async def good(repo: str) -> str:
        return TOKEN

    async def bad(repo: str) -> str:
        return "wrong"

    async with serve(github_app(world)) as base:
        signed = Workspaces(tmp_path / "checkouts", server=base, token=good)
        async with signed.checkout("acme/api", history="all") as tree:
            assert tree.commit == world.head("acme/api")
            assert "README.md" in [file.path for file in tree.files]
            assert len(await tree.history()) == len(await tree.first_parents())
        with pytest.raises(NotFound):
            async with signed.checkout("acme/nope"):
                pass
        for token in (None, bad):
            other = Workspaces(tmp_path / "checkouts", server=base, token=token)
            with pytest.raises(Refused, match="rights"):
                async with other.checkout("acme/api"):
                    pass
    world.close()


async def test_a_name_of_something_else_than_a_commit_is_not_found(
    origin: Origin, workspaces: Workspaces
) -> None:
    """A file has a name of the same form."""
    origin.write("a")
    origin.commit()
    blob = origin.git("rev-parse", "HEAD:a")
    with pytest.raises(NotFound, match="no commit"):
        async with workspaces.checkout("acme/shop", blob, history="all"):
            pass


async def test_a_checkout_is_input_and_needs_a_step(workspaces: Workspaces) -> None:
    """Between steps a flow cannot reach for a repository."""
    with metered(Meter(reads=False)), pytest.raises(IoOutsideStep):
        async with workspaces.checkout("acme/shop"):
            pass


async def test_git_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    """A time-out ends git together with its helpers and is worth another try."""
    waiting = Git(tmp_path, secrets=(("alias.wait", "!cat"),))
    with pytest.raises(Transient, match="too long"):
        async with waiting.process("wait", within=0.05) as process:
            await process.wait()
    assert process.returncode is not None


async def test_a_cancelled_checkout_leaves_nothing(
    origin: Origin, workspaces: Workspaces, left: Callable[[], list[Path]]
) -> None:
    """Stopping a run while git works stops git and removes the folder."""
    origin.write("a")
    origin.commit()

    async def use() -> None:
        async with workspaces.checkout("acme/shop"):
            raise AssertionError("it was stopped before")

    task = asyncio.create_task(use())
    while not left():  # noqa: ASYNC110 - nothing else says that the folder is there
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left() == []


async def test_git_failing_tells_its_reason_only_to_us(tmp_path: Path) -> None:
    """Git's own words may name addresses: they choose the error and are not in it."""
    with pytest.raises(GitFailed) as failed:
        await Git(tmp_path).run("rev-parse", "nope", within=30)
    assert "not a git repository" in failed.value.said
    assert "not a git" not in str(failed.value)


async def test_an_unreachable_server_is_worth_another_try(tmp_path: Path) -> None:
    """A refused connection is transient."""
    nowhere = Workspaces(
        tmp_path, server="http://127.0.0.1:9", patience=Patience(fetch=30, read=30)
    )
    gate = Doorkeeper()
    with metered(Meter(gate=gate)), pytest.raises(Transient):
        async with nowhere.checkout("acme/shop"):
            pass
    assert gate.heard == [("git", "entered"), ("git", "Transient Meter")]
