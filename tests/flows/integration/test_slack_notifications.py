"""Who hears of a project, how much of it is noise, and what is done about it."""

import json
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256

import msgspec
import pytest

from bot.posts import Posts
from flows.engine.tools import ProjectSettings
from flows.report import Code, Report, spoken
from integrations.emulators.github import GitHubWorld
from storage import deliveries, posts, subscriptions
from storage.followed_records import SubscriptionRecord
from storage.records import DeliveryRecord
from tests.flows.play import Bell, Play, no, yes
from tests.flows.scenario import Scenario, small
from tests.flows.told import report, said

REPO = "acme/api"
BOT, ADA = "renovate[bot]", "ada"

scenario = Scenario(
    "notify acme/api add what=prs,ci filter=-author:*[bot]", world=small, answer=yes("bo")
)


@pytest.fixture(autouse=True)
def shop(world: GitHubWorld) -> None:
    """Build a repository."""
    small(world)


async def follow(play: Play, channel: str, pattern: str = REPO, **features: str) -> str:
    """Let a channel follow something; return the id of that."""
    record = SubscriptionRecord(
        id=sha256(f"{channel} {pattern}".encode()).hexdigest()[:8],
        platform="slack",
        channel=channel,
        pattern=pattern,
        settings={"features": features or {"prs": "", "ci": ""}},
        owner={"platform": "slack", "id": "bo", "name": "bo"},
        created_at=play.clock() - timedelta(days=3),
    )
    async with play.database.begin() as connection:
        await subscriptions.save(connection, record)
    return record.id


async def pulls(play: Play, *authors: str, draft: bool = False) -> None:
    """Let GitHub have told of a pull request by each of these."""
    for number, author in enumerate(authors, 1):
        body = {
            "action": "opened",
            "repository": {"full_name": REPO},
            "pull_request": {
                "number": number,
                "title": f"Change {number}",
                "html_url": f"https://github.example/{REPO}/pull/{number}",
                "state": "open",
                "draft": draft,
                "user": {"login": author},
                "head": {"ref": f"b{number}", "sha": "abc"},
                "base": {"ref": "main", "sha": "def"},
                "labels": [],
                "created_at": f"{play.clock():%Y-%m-%dT%H:%M:%SZ}",
                "updated_at": f"{play.clock():%Y-%m-%dT%H:%M:%SZ}",
            },
        }
        await told(play, f"pull-{number}", "pull_request", body)


async def broken(play: Play, branch: str = "main") -> None:
    """Let GitHub have told of a workflow run that failed."""
    at = f"{play.clock():%Y-%m-%dT%H:%M:%SZ}"
    run = {
        "id": 77,
        "name": "test",
        "head_branch": branch,
        "head_sha": "abc",
        "event": "push",
        "status": "completed",
        "conclusion": "failure",
        "run_attempt": 1,
        "run_number": 1,
        "html_url": f"https://github.example/{REPO}/actions/runs/77",
        "actor": {"login": ADA},
        "pull_requests": [],
        "created_at": at,
        "updated_at": at,
        "run_started_at": at,
    }
    body = {"action": "completed", "repository": {"full_name": REPO}, "workflow_run": run}
    await told(play, f"run-{branch}", "workflow_run", body)


async def told(play: Play, name: str, event: str, body: object) -> None:
    """Keep what GitHub has told."""
    record = DeliveryRecord(
        id=f"github:{name}",
        source="github",
        event=event,
        action="opened",
        project=REPO,
        state="done",
        error="",
        body=json.dumps(body).encode(),
        received_at=play.clock(),
    )
    async with play.database.begin() as connection:
        await deliveries.add(connection, record)


async def messages(play: Play, source: str, *topics: str, head: str = "") -> None:
    """Let a subscription have brought a message about each of these."""
    for topic in topics:
        key = f"{topic} of {source}"
        async with play.database.begin() as connection:
            await posts.put(
                connection,
                key=key,
                platform="slack",
                channel="dev",
                body=b"{}",
                topic=topic,
                source=source,
                head=head,
                at=play.clock(),
            )
            row = await posts.get(connection, key)
            assert row
            sent = msgspec.structs.replace(row, message="1.1")
            await posts.settle(connection, sent, play.clock())


async def live(play: Play) -> dict[str, object]:
    """Return what every channel follows, by channel and pattern."""
    async with play.database.read() as connection:
        every = await subscriptions.every(connection)
    return {f"{each.channel} {each.pattern}": each.settings["features"] for each in every}


def commands(found: Report) -> list[str]:
    """Return what a report says to type."""
    lines: Iterable[tuple[object, ...]] = (
        line for block in found.blocks for line in getattr(block, "items", ())
    )
    return [part.code for line in lines for part in line if isinstance(part, Code)]


async def test_an_empty_project_is_heard_of_by_nobody(play: Play) -> None:
    """What somebody should hear of is named, with what to type."""
    run = await play("notify acme/api")
    found = report(run)
    assert found.summary == "Nobody: no channel follows acme/api."
    assert sum(step.calls for step in run.steps) == 1
    assert commands(found) == [
        "/flow notify acme/api add what=ci filter=branch:main",
        "/flow notify acme/api add what=deployments",
        "/flow notify acme/api add what=security",
    ]
    assert found.next == ("notify acme/api add", "notify acme/api test")
    assert found.tone == "warn"
    assert not found.data["messages"]


async def test_noise_is_counted_and_the_narrower_filter_is_a_button(play: Play) -> None:
    """Nine of twelve are by a bot; the filter that leaves them out is applied by one word."""
    own = await follow(play, "dev", prs="", ci="", deployments="", security="")
    await pulls(play, *[BOT] * 9, ADA, ADA, "bo")
    await messages(play, own, f"github:pull:{REPO}#1", f"github:pull:{REPO}#2")
    await messages(play, own, "github:pull:acme/other#2")

    found = report(await play("notify acme/api"))
    assert found.summary == "1 channel follows it; 1 of 1 subscription brings noise."
    command = f"/flow notify acme/api narrow subscription={own} filter=-author:*[bot]"
    assert said_of(found, "What to do") == [f"slack:dev: 9 of 12 (75%) are by bots – bo: {command}"]
    assert found.next[0] == "notify acme/api narrow"
    assert "9 of 12 (75%)" in str(found.blocks[0])
    assert "2 in 1 channel" in str(found.blocks[0])

    run = await play(found.next[0], yes("bo"))
    assert run.said == ("Done, approved by bo. In the last 7 days it would have left out 9 of 12.")
    names = ("prs", "ci", "deployments", "security")
    assert await live(play) == {"dev acme/api": dict.fromkeys(names, "-author:*[bot]")}
    again = report(await play("notify acme/api"))
    assert again.summary == "1 channel follows it."
    assert "(+0 since" in str(again.blocks[0])


def said_of(found: Report, title: str) -> list[str]:
    """Return the lines of a list of a report."""
    block = next(each for each in found.blocks if getattr(each, "title", "") == title)
    return ["".join(map(spoken, line)) for line in getattr(block, "items", ())]


async def test_what_nobody_hears_of_is_found(play: Play) -> None:
    """A broken workflow of another branch does not count, nor what a resting channel would get."""
    await follow(play, "dev", ci="branch:release", deployments="", security="")
    await broken(play, "feature")
    assert "nobody hears" not in report(await play("notify acme/api")).summary
    await broken(play)
    found = report(await play("notify acme/api"))
    assert "nobody hears of broken workflows of the default branch" in found.summary
    assert "acme/api: test fails on main" in said_of(found, "What to do")[0]


async def test_a_dry_run_a_no_and_a_stranger_change_nothing(play: Play) -> None:
    """The plan shows before and after; who only looks on may not even ask."""
    own = await follow(play, "dev")
    before = await live(play)
    dry = report(await play(f"notify acme/api remove subscription={own} --dry-run"))
    assert "This would happen" in str(dry.blocks)
    declined = await play("notify acme/api remove", no("bo"))
    assert declined.state == "stopped"
    assert await live(play) == before

    await play.project(ProjectSettings(REPO, roles={"slack:cat": "viewer"}))  # type: ignore[dict-item] # as it is stored
    refused = await play.ask("notify acme/api", by="cat")
    assert "operator" in str(refused)


async def test_a_removed_one_comes_back_by_undo(play: Play) -> None:
    """As it was, with its filter."""
    await follow(play, "dev", prs="author:ada")
    before = await live(play)
    run = await play("notify acme/api remove", yes("bo"))
    assert run.plan == ["End acme/api in slack:dev"]
    assert await live(play) == {}
    undone = await play(f"undo {run.run_id}", yes("bo"))
    assert undone.state == "done"
    assert await live(play) == before


async def test_more_is_added_to_what_is_there(play: Play) -> None:
    """One subscription a channel and pattern; the same again changes nothing."""
    await follow(play, "dev", prs="author:ada")
    await play("notify acme/api add what=ci filter=branch:main", yes("bo"))
    assert await live(play) == {"dev acme/api": {"prs": "author:ada", "ci": "branch:main"}}
    same = await play("notify acme/api add what=ci filter=branch:main")
    assert (same.state, same.line) == ("stopped", "That changes nothing: it is followed just so.")


async def test_a_test_message_arrives(play: Play) -> None:
    """It is posted after a yes, and looked for until it is there; undo takes it away."""
    bell = Bell()
    sender = Posts(play.database, bell, play.clock, {"slack": play.room})
    play.meanwhile += [sender.deliver]
    run = await play("notify acme/api test", yes("bo"))
    assert report(run).title == "The test message is in slack:dev"
    assert "A test for acme/api" in play.room.news[0]


async def test_a_test_message_that_does_not_arrive_is_said(play: Play) -> None:
    """Because nobody is connected, or the channel refuses it."""
    run = await play("notify acme/api test", yes("bo"))
    assert report(run).title == "No test message in slack:dev"
    assert "within 2 min" in run.said


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("notify acme/api remove", "slack:dev follows nothing of acme/api"),
        ("notify acme/api remove subscription=beef", "There is no subscription beef"),
        ("notify acme/api test channel=slack:C99999999", "is neither this channel nor one of"),
        ("notify acme/api add what=nonsense", "There is no feature"),
        ("notify acme/api add what=prs filter=colour:red", "There is no field"),
    ],
)
async def test_what_cannot_be_done_is_said(play: Play, command: str, why: str) -> None:
    """With what to write instead, and nothing changes."""
    run = await play(command)
    assert run.state == "stopped"
    assert why in run.line
    assert await live(play) == {}


async def test_what_is_about_more_is_changed_in_its_channel(play: Play) -> None:
    """Whoever may here may not there; two in a channel are told apart by their ids."""
    wide = await follow(play, "dev", "acme/*", prs="")
    run = await play(f"notify acme/api remove subscription={wide}")
    assert "acme/* is about more than acme/api" in run.line
    await follow(play, "dev", prs="")
    run = await play("notify acme/api remove")
    assert "Several are meant" in run.line
    await pulls(play, *[BOT] * 9, ADA, ADA)
    found = report(await play("notify acme/api"))
    assert "/flow subscribe acme/* prs filter='-author:*[bot]'" in commands(found)
    plain = await play("notify acme/api narrow filter=branch:main channel=slack:dev")
    assert "Several are meant" in plain.line


async def test_many_subscriptions_are_one_table(play: Play) -> None:
    """Fifty rows and a count; ten findings and a count."""
    for number in range(60):
        own = await follow(play, f"c{number}", prs="")
        async with play.database.begin() as connection:
            await subscriptions.trouble(connection, [own], "The bot is not in the channel.")
    found = report(await play("notify acme/api"))
    assert "60 channels follow it" in found.summary
    assert len(said_of(found, "What to do")) == 11
    assert said(await play("notify acme/api"), "What to do")[-1].endswith("more")
