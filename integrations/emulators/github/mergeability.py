"""Whether pull requests could be merged: worked out when somebody asks, and told to the next."""

from integrations.emulators.github.calls import Call
from integrations.emulators.github.checks import rolled_up
from integrations.emulators.github.git import GitFailed
from integrations.emulators.github.records import Pull
from integrations.emulators.github.rules import obstacle


def base_now(call: Call, found: Pull) -> str:
    """Return where the base branch stands."""
    tip = call.git.object(f"refs/heads/{found.base_ref}")
    return tip[0] if tip else found.base_sha


async def mergeable(call: Call, found: Pull) -> bool:
    """Let git try the merge without touching any branch."""
    sides = base_now(call, found), found.head_sha
    try:
        await call.git.run("merge-tree", "--write-tree", *sides)
    except GitFailed:
        return False
    return True


async def fits(call: Call, found: Pull, *, looks: bool = False) -> bool | None:
    """Return whether a merge is possible; None where a side moved and nobody has looked since.

    With `looks` somebody does: that one still hears None, and the next one the truth.
    """
    if found.state != "open":
        return None
    sides, name = f"{base_now(call, found)} {found.head_sha}", f"fits {found.id}"
    if name not in call.cache:
        is_known = found.tried in (None, sides)
        call.cache[name] = await mergeable(call, found) if is_known else None
    if looks:
        found.tried = sides
    told: bool | None = call.cache[name]
    return told


async def merge_state(call: Call, found: Pull, told: bool | None) -> str:
    """Return GitHub's word for what stands between a pull request and its merge."""
    if told is None:
        return "unknown"
    if not told:
        return "dirty"
    if found.draft:
        return "draft"
    if obstacle(call, found):
        return "blocked"
    if await is_behind(call, found):
        return "behind"
    return "clean" if rolled_up(call.repo, found.head_sha) in (None, "success") else "unstable"


async def is_behind(call: Call, found: Pull) -> bool:
    """Say whether the base branch wants all of itself in whatever is merged, and has moved on."""
    rule = call.repo.protections.get(found.base_ref)
    if rule is None or rule.checks is None or not rule.strict:
        return False
    base = base_now(call, found)
    return await call.git.merge_base(base, found.head_sha) != base
