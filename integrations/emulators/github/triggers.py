"""What was pushed or opened starts CI by itself, where a repository is set up for it."""

from collections.abc import Iterator, Mapping, Sequence

from integrations.emulators.github import ci
from integrations.emulators.github.calls import Call
from integrations.emulators.github.mergeability import mergeable
from integrations.emulators.github.recipes import Recipe, is_place, recipe_of
from integrations.emulators.github.records import Pull, Repository
from integrations.emulators.github.workflows import Automation, JobSpec, Workflow
from integrations.emulators.github.world import GitHubWorld

HEADS = "refs/heads/"
KINDS = (HEADS, "refs/tags/")
SKIPS = ("[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]")
SECONDS = 90  # how long a job takes of which only a file speaks


def automated(
    world: GitHubWorld,
    repo: Repository,
    *,
    red: Mapping[str, Sequence[str]] | None = None,
    share: float = 1.0,
) -> None:
    """Let every push and pull request from now on start the workflows that wait for it.

    All goes well, but for the jobs that `red` names for a branch or commit; `share` is how much of
    their usual time jobs take.
    """
    repo.automation = Automation(
        refs=_refs(world, repo),
        pulls=_pulls(repo),
        red={ref: [*jobs] for ref, jobs in (red or {}).items()},
        share=share,
    )
    world.save()


async def triggered(call: Call) -> None:
    """Start what waits for the references that moved and the pull requests that were opened.

    Nothing runs for a pull request with conflicts: there is no merge that could be tried.
    """
    if not call.has_repo or call.repo.automation is None:
        return
    repo, known = call.repo, call.repo.automation
    refs, pulls = _refs(call.world, repo), _pulls(repo)
    moved = [(name, sha) for name, sha in refs.items() if known.refs.get(name) != sha]
    fresh = [repo.pulls[number] for number, sha in pulls.items() if known.pulls.get(number) != sha]
    known.refs, known.pulls = refs, pulls
    for name, sha in moved:
        _start(call, "push", name, sha)
    for pull in [one for one in fresh if await mergeable(call, one)]:
        _start(call, "pull_request", f"{HEADS}{pull.base_ref}", pull.head_sha, pull)


def _refs(world: GitHubWorld, repo: Repository) -> dict[str, str]:
    refs = world.git(repo).refs()
    return {ref.name: ref.commit for ref in refs if ref.name.startswith(KINDS)}


def _pulls(repo: Repository) -> dict[int, str]:
    return {each.number: each.head_sha for each in repo.pulls.values() if each.state == "open"}


def _start(call: Call, event: str, ref: str, sha: str, pull: Pull | None = None) -> None:
    """Start the workflows of a commit that wait for an event on a reference."""
    held = call.git.object(sha)
    if held is None or held[1] != "commit":
        return  # a tag may be of anything
    message = call.git.commit(sha).message
    if any(word in message for word in SKIPS):
        return
    for flow, recipe in _recipes(call, sha):
        if flow.jobs and flow.state == "active" and recipe.wants(event, ref):
            ci.made(
                call.world,
                call.repo,
                flow,
                event,
                branch=pull.head_ref if pull else ref.split("/", 2)[2],
                sha=sha,
                actor=call.actor.login,
                title=pull.title if pull else message.partition("\n")[0],
                pull=pull.number if pull else None,
            )


def _recipes(call: Call, sha: str) -> Iterator[tuple[Workflow, Recipe]]:
    """Yield the workflows that a commit holds; without any, those that a story told of."""
    listed = call.git.call("ls-tree", "-r", "-z", "--name-only", sha, ".github/workflows")
    paths = [path for path in listed.decode(errors="replace").split("\0") if is_place(path)]
    for path in paths:
        found = call.git.object(f"{sha}:{path}")
        if found:
            recipe = recipe_of(path, found[2].decode(errors="replace"))
            yield _workflow(call, path, recipe), recipe
    if not paths:
        main: dict[str, dict[str, list[str]]] = {
            "push": {"branches": [call.repo.default_branch]},
            "pull_request": {},
        }
        yield from ((flow, Recipe(flow.name, main)) for flow in [*call.repo.workflows])


def _workflow(call: Call, path: str, recipe: Recipe) -> Workflow:
    """Return the workflow of a file as GitHub knows it by now."""
    repo = call.repo
    known = next((flow for flow in repo.workflows if flow.path == path), None)
    if known is None:
        known = Workflow(
            id=call.world.next_id(), name=recipe.name, path=path, created_at=call.world.clock
        )
        repo.workflows.append(known)
    usual = {spec.name: spec for spec in known.jobs}
    known.name, known.by_hand = recipe.name, "workflow_dispatch" in recipe.on
    known.jobs = [
        usual.get(name) or JobSpec(name=name, seconds=SECONDS, tests="test" in name.lower())
        for name in recipe.jobs
    ]
    return known
