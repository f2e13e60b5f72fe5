"""What must be true afterwards; each fault is a sentence that names what it is about."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from sqlalchemy import select

from integrations.emulators.github.world import GitHubWorld
from integrations.emulators.slack.model import Message
from storage import audit
from storage.records import AuditRecord, RunRecord
from storage.tables import audit as audit_rows
from storage.tables import locks, notices, outbox, runs, steps, waits
from tests.chaos.town import CHANNEL, Town, repo_of

CHANGES = 3  # to GitHub, by each run: a branch, a page and a tag
PARTS = ["plan", "report"]
LEFT = {
    "leases are held": select(runs.c.id).where(runs.c.lease_until.is_not(None)),
    "messages wait": select(outbox.c.id),
    "notices wait": select(notices.c.id),
    "steps are not done": select(steps.c.title).where(steps.c.state != "done"),
    "locks are held or waited for": select(locks.c.id),
    "runs wait for something": select(waits.c.run_id),
}
Thread: TypeAlias = tuple[Message, list[Message]]


class Lost(str):
    """Something did not happen."""

    __slots__ = ()


class Repeated(str):
    """Something happened more than once, or too late."""

    __slots__ = ()


Fault: TypeAlias = Lost | Repeated


async def verdict(town: Town) -> list[Fault]:
    """Compare what was promised with the worlds, the database and the threads."""
    faults: list[Fault] = []
    async with town.services.database.read() as connection:
        names = RunRecord.__struct_fields__
        found = await connection.execute(select(*(runs.c[name] for name in names)))
        faults += ended(town.accepted, {row.id: RunRecord(**row._mapping) for row in found})
        found = await connection.execute(select(audit_rows).order_by(audit_rows.c.number))
        chain = [AuditRecord(**row._mapping) for row in found]
        faults += chained(chain, town.accepted.values())
        for what, query in LEFT.items():
            left = len((await connection.execute(query)).all())
            faults += [Lost(f"{left} {what} after the end")] if left else []
    for name in town.accepted:
        faults += effects(town.github, name)
    too_many = len(town.github.writes) - CHANGES * len(town.accepted)
    faults += [Repeated(f"GitHub was changed {too_many} times too often")] * (too_many > 0)
    faults += threads(town.slack.transcript(CHANNEL), town.accepted)
    return faults


def ended(accepted: Mapping[str, str], known: Mapping[str, RunRecord]) -> Iterator[Fault]:
    """Yield every promised run that did not come to its good end, and every other one."""
    for name, run_id in accepted.items():
        run = known.get(run_id)
        if run is None:
            yield Lost(f"{name} was accepted and is not there")
        elif run.state != "done":
            yield Lost(f"{name} ({run_id}) is {run.state}: {run.line}")
    for run_id in known.keys() - accepted.values():
        yield Repeated(f"nobody asked for the run {run_id}")


def effects(world: GitHubWorld, name: str) -> Iterator[Fault]:
    """Yield what is missing or there twice, of the branch, the page and the tag of a run."""
    repo = repo_of(name)
    git, base = world.git(world[repo]), world.head(repo)
    tip = git.object(f"refs/heads/{name}")
    if tip is None:
        yield Lost(f"{name} has no branch")
        return
    commits, at = 0, tip[0]
    while at != base:
        commits, at = commits + 1, git.commit(at).parents[0]
    if not commits:
        yield Lost(f"{name} has no page")
    if commits > 1:
        yield Repeated(f"{name} has {commits} commits of its own")
    if world.tags(repo).get(f"v-{name}") != tip[0]:
        yield Lost(f"{name} has no tag at its tip")
    path = f"/repos/{repo}/contents/{name}.md"
    if (times := sum(write.path == path for write in world.writes)) > 1:
        yield Repeated(f"{name} was written {times} times")


def threads(heads: Sequence[Thread], accepted: Mapping[str, str]) -> Iterator[Fault]:
    """Yield what is wrong with the card, the plan and the report of each run, in this order."""
    by_key: dict[str, list[Thread]] = {}
    for thread in heads:
        by_key.setdefault(_key(thread[0]), []).append(thread)
    for name, run_id in accepted.items():
        mine = by_key.get(f"card:{run_id}", [])
        if not mine:
            yield Lost(f"{name} has no card")
        if len(mine) > 1:
            yield Repeated(f"{name} has {len(mine)} cards")
        for head, replies in mine[:1]:
            told = [_key(each).partition(":")[0] for each in replies]
            for kind in PARTS:
                if kind not in told:
                    yield Lost(f"{name} has no {kind}")
            if told != PARTS and set(told) >= set(PARTS):
                yield Repeated(f"{name} was told {', '.join(told)}")
            if "✅" not in str(head.blocks):
                yield Lost(f"{name} has a card that says {head.text!r} at the end")


def chained(rows: Sequence[AuditRecord], expected: Iterable[str]) -> Iterator[Fault]:
    """Yield where the audit's chain is broken, and whatever was not asked and decided once."""
    before = audit.ORIGIN
    for number, row in enumerate(rows, 1):
        if row.number != number or row.before != before or audit.digest(row) != row.hash:
            yield Lost(f"audit row {row.number} does not follow the one before it")
        before = row.hash
    seen = Counter((row.action, row.run_id, row.effect) for row in rows)
    for run_id in expected:
        for action in ("asked", "decided"):
            if not seen[action, run_id, ""]:
                yield Lost(f"{run_id} was never {action}")
    for (action, run_id, effect), times in seen.items():
        if times > 1:
            yield Repeated(f"{run_id} was {action} {times} times {effect}".rstrip())


def _key(message: Message) -> str:
    payload = (message.metadata or {}).get("event_payload", {})
    return str(payload.get("key", ""))
