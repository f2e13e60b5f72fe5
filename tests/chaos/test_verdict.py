"""The verdict notices what it is there to notice: a judge that never finds fault proves nothing."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.levers import Write
from integrations.emulators.slack.model import BOT_USER, Message
from storage import audit
from storage.records import AuditRecord, RunRecord
from tests.chaos.town import repo_of
from tests.chaos.verdict import chained, effects, ended, threads

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
PROMISED, REPO = {"r1": "id1"}, repo_of("r1")


def run(state: str, run_id: str = "id1") -> RunRecord:
    """Return a run that ended like this."""
    return RunRecord(
        id=run_id,
        flow="paper-trail",
        project=REPO,
        command="trail",
        params={},
        dry_run=False,
        actor={},
        origin={},
        state=state,
        line="It broke.",
        attempts=1,
        created_at=NOW,
    )


def test_a_run_that_is_gone_or_ended_badly_is_lost() -> None:
    """And one that nobody asked for is found too."""
    assert list(ended(PROMISED, {"id1": run("done")})) == []
    assert list(ended(PROMISED, {"id1": run("failed")})) == ["r1 (id1) is failed: It broke."]
    assert list(ended(PROMISED, {})) == ["r1 was accepted and is not there"]
    both = {"id1": run("done"), "id2": run("done", "id2")}
    assert list(ended(PROMISED, both)) == ["nobody asked for the run id2"]


def page(world: GitHubWorld, commits: int) -> str:
    """Put so many commits on the run's own branch; return the last one."""
    git, tip = world.git(world[REPO]), world.head(REPO)
    by = world.signature("flowbot", NOW)
    for number in range(commits):
        blob = git.write("blob", f"{number}\n".encode())
        tree = git.write_tree([f"100644 {blob}\tr1.md"], tip)
        tip = git.commit_tree(tree, [tip], "Add r1", by, by)
    git.set_ref("refs/heads/r1", tip)
    return tip


@pytest.fixture
def world(tmp_path: Path) -> GitHubWorld:
    """Return a GitHub with the repository that runs write to."""
    world = GitHubWorld(tmp_path)
    world.repo(REPO)
    return world


def test_what_was_not_changed_is_lost(world: GitHubWorld) -> None:
    """Branch, page and tag, each by its own name."""
    assert list(effects(world, "r1")) == ["r1 has no branch"]
    page(world, 0)
    assert list(effects(world, "r1")) == [
        "r1 has no page",
        "r1 has no tag at its tip",
    ]
    world.close()


def test_what_was_changed_twice_is_repeated(world: GitHubWorld) -> None:
    """By the commits that are there, and by the requests that changed something."""
    git = world.git(world[REPO])
    git.set_ref("refs/tags/v-r1", page(world, 1))
    assert list(effects(world, "r1")) == []

    world.writes = [Write("PUT", f"/repos/{REPO}/contents/r1.md")] * 2
    git.set_ref("refs/tags/v-r1", page(world, 2))
    assert list(effects(world, "r1")) == [
        "r1 has 2 commits of its own",
        "r1 was written 2 times",
    ]
    world.close()


def told(key: str, text: str = "") -> Message:
    """Return a message of the bot with the key that it was sent under."""
    metadata = {"event_type": "flowbot", "event_payload": {"key": key}}
    return Message("C1", key, BOT_USER, text, [{"text": text}], metadata=metadata)


def test_messages_that_are_missing_doubled_or_in_disorder_are_found() -> None:
    """A card, its plan and its report, and a card that tells how it ended."""
    card, plan, report = told("card:id1", "✅"), told("plan:id1:x:0"), told("report:id1:0")

    assert list(threads([(card, [plan, report])], PROMISED)) == []
    assert list(threads([], PROMISED)) == ["r1 has no card"]
    assert list(threads([(card, [plan])], PROMISED)) == ["r1 has no report"]
    assert list(threads([(card, [report, plan])], PROMISED)) == ["r1 was told report, plan"]
    assert list(threads([(card, [plan, plan, report])], PROMISED)) == [
        "r1 was told plan, plan, report"
    ]
    twice = [(card, [plan, report]), (card, [plan, report])]
    assert list(threads(twice, PROMISED)) == ["r1 has 2 cards"]
    stale = [(told("card:id1", "Working"), [plan, report])]
    assert list(threads(stale, PROMISED)) == ["r1 has a card that says 'Working' at the end"]


def chain(*actions: str) -> list[AuditRecord]:
    """Return a chain in which this was done with the one run."""
    rows: list[AuditRecord] = []
    for number, action in enumerate(actions, 1):
        before = rows[-1].hash if rows else audit.ORIGIN
        values = dict.fromkeys(AuditRecord.__struct_fields__, "")
        known = {"number": number, "at": NOW, "actor": {}, "action": action, "run_id": "id1"}
        row = AuditRecord(**values | known | {"before": before})  # type: ignore[arg-type] # by name
        rows.append(msgspec.structs.replace(row, hash=audit.digest(row)))
    return rows


def test_a_chain_that_is_broken_or_tells_twice_is_found() -> None:
    """An altered row, a removed one, and a second yes."""
    good = chain("asked", "decided")
    assert list(chained(good, {"id1"})) == []

    altered = msgspec.structs.replace(good[0], detail="something else")
    assert list(chained([altered, good[1]], {"id1"})) == [
        "audit row 1 does not follow the one before it"
    ]
    assert "audit row 2 does not follow the one before it" in list(chained(good[1:], {"id1"}))
    assert list(chained(chain("asked", "decided", "decided"), {"id1"})) == [
        "id1 was decided 2 times"
    ]
