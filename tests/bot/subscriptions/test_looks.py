"""Things beside GitHub's own: issues in Linear, alerts, statuses, and what nobody can read."""

import json
from collections.abc import Mapping

import pytest

from bot.deliveries import Deliveries
from bot.intake import Delivery, Intake
from bot.news.looks import News
from bot.subscriptions.follower import Follower
from bot.subscriptions.looks import MOST_QUESTIONS, Eyes
from integrations.emulators.linear import TOKEN, LinearWorld, linear_app
from integrations.emulators.server import serve
from integrations.linear import LinearApi, LinearReader, LinearSignIn
from storage import sightings
from tests.bot.subscriptions.street import REPO, Street
from tests.integrations.emulators.github.receiver import Got


@pytest.fixture
def street(slack_street: Street) -> Street:
    """Return the street: no chat makes a difference here."""
    return slack_street


async def tell(street: Street, source: str, event: str, body: Mapping[str, object]) -> None:
    """Have a worker deal with a delivery of these words."""
    lab, text = street.lab, json.dumps(body).encode()
    delivery = Delivery(source, event, f"{source} {lab.clock()} {hash(text)}", text)
    intake = Intake(lab.queue.redis)
    work = Deliveries(intake, lab.database, (street.follower.hear,), "w1", lab.clock)
    await work.deal(delivery)
    await street.look()
    await street.send()


async def test_a_team_in_linear_is_followed(street: Street) -> None:
    """Its issues have a card, moves are told below it, other teams are not told."""
    linear = LinearWorld()
    linear.issue("ENG", "Add retries", labels=["bug"], assignee=linear.user("bo"), priority=2)
    await street.say("subscribe ENG linear='-label:later priority:high'")
    changed = {
        "type": "Issue",
        "action": "update",
        "data": {"id": "i", "identifier": "ENG-1", "team": {"key": "ENG"}},
    }
    async with (
        serve(linear_app(linear)) as url,
        LinearApi(LinearSignIn(TOKEN), base_url=url) as api,
    ):
        eyes = Eyes(street.reader, LinearReader(api))
        news = News(street.lab.database, street.reader)
        street.follower = Follower(street.lab.database, eyes, street.lab.clock, news)
        await tell(street, "linear", "Issue", changed)
        [card] = street.shown()
        assert "ENG-1 Add retries" in card.text
        assert "Bo is assigned · high priority" in card.text
        issue = linear["ENG-1"]
        issue.state = next(each for each in linear.teams[0].states if each.name == "Done")
        await tell(street, "linear", "Issue", changed | {"again": 1})
        [card] = street.shown()
        assert "→ Done" in card.replies[0]
        data = {"id": "j", "identifier": "OPS-1", "team": {"key": "OPS"}}
        await tell(street, "linear", "Issue", changed | {"data": data})
        assert len(street.shown()) == 1
    assert "ENG linear" in str((await street.say("why", thread=street.newest())).report.blocks)


async def test_without_linear_its_issues_are_left_alone(street: Street) -> None:
    """The hint is dealt with, and nobody is bothered."""
    await street.say("subscribe ENG")
    data = {"id": "i", "identifier": "ENG-1", "team": {"key": "ENG"}}
    await tell(street, "linear", "Issue", {"type": "Issue", "action": "update", "data": data})
    assert street.shown() == []
    async with street.lab.database.read() as connection:
        assert await sightings.soonest(connection) is None


async def test_the_alerts_of_a_day_are_one_message(street: Street) -> None:
    """The worst first; it is marked once all are fixed; a filter knows how bad each is."""
    await street.say(f"subscribe {REPO} security='-severity:low'")
    alert = {
        "number": 7,
        "state": "open",
        "html_url": "https://x.example/7",
        "dependency": {"package": {"name": "left-pad"}},
        "security_advisory": {"summary": "Too long", "severity": "medium"},
        "created_at": "2026-03-04T15:30:00Z",
        "updated_at": "2026-03-04T15:30:00Z",
    }
    body = {"action": "created", "repository": {"full_name": REPO}, "alert": alert}
    low = alert | {"number": 8, "security_advisory": {"summary": "Hm", "severity": "low"}}
    await tell(street, "github", "dependabot_alert", body | {"alert": low})
    assert street.shown() == []
    await tell(street, "github", "dependabot_alert", body)
    [card] = street.shown()
    assert "left-pad: Too long" in card.text
    worse = alert | {"number": 9, "security_advisory": {"summary": "Oh", "severity": "critical"}}
    await tell(street, "github", "dependabot_alert", body | {"alert": worse})
    [card] = street.shown()
    assert "2 security alerts" in card.text
    assert card.text.index("Oh") < card.text.index("Too long")
    later = {"state": "fixed", "updated_at": "2026-03-05T15:30:00Z"}
    for each in (alert, worse):
        fixed = body | {"action": "fixed", "alert": each | later}
        await tell(street, "github", "dependabot_alert", fixed)
    [card] = street.shown()
    assert "0 of 2 security alerts are open" in card.text
    assert card.marks == ("white_check_mark",)
    await street.say(f"subscribe {REPO} security='severity:low'")
    await tell(
        street, "github", "dependabot_alert", body | {"alert": worse | later | {"number": 9}}
    )
    assert "security" in str((await street.say("why", thread=street.newest())).report.blocks)


async def test_a_status_of_the_last_commit_is_a_hint(street: Street) -> None:
    """Services that only know statuses are heard; those of unknown commits are not."""
    ada = street.github.person("ada")
    await street.say(f"subscribe {REPO} prs")
    number = await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"})
    await street.settle()
    pull = street.github[REPO].pulls[number]
    street.github.check(REPO, "failure", sha=pull.head_sha)
    body = {"repository": {"full_name": REPO}, "sha": pull.head_sha, "state": "failure"}
    await tell(street, "github", "status", body)
    [card] = street.shown()
    assert "checks fail" in card.text
    before = street.github.requests.total()
    await tell(street, "github", "status", body | {"sha": "b" * 40})
    assert street.github.requests.total() == before


async def test_what_rests_says_nothing(street: Street) -> None:
    """Until it goes on; both can be taken back."""
    ada = street.github.person("ada")
    await street.say(f"subscribe {REPO} issues")
    paused = await street.say("subscriptions pause acme/*")
    assert "Paused: subscribe acme/api issues" in paused.report.summary
    assert "Paused." in str((await street.say("subscriptions")).report)
    await ada.opens_issue(REPO, "Unseen")
    await street.settle()
    assert street.shown() == []
    await street.say("subscriptions resume acme/*")
    await ada.opens_issue(REPO, "Seen")
    await street.settle()
    [card] = street.shown()
    assert "Seen" in card.text
    assert (await street.say("subscriptions pause")).kind == "misread"


async def test_several_subscriptions_have_one_card(street: Street) -> None:
    """Each part of it says which of them has brought it."""
    ada = street.github.person("ada")
    await street.say(f"subscribe {REPO} issues='label:bug'")
    await street.say("subscribe acme/* issues='label:idea' comments='label:bug'")
    number = await ada.opens_issue(REPO, "It crashes", labels=["bug"])
    await ada.comments(REPO, number, "Really")
    await street.settle()
    [card] = street.shown()
    assert "acme/api issues" in card.text
    assert "acme/* comments" in card.replies[0]


async def test_what_is_no_longer_followed_stays_as_it_was(street: Street) -> None:
    """Another subscription to the same repository does not take it away."""
    ada = street.github.person("ada")
    await street.say("subscribe acme/* issues")
    await street.say(f"subscribe {REPO} prs")
    number = await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"})
    await street.settle()
    before = street.shown()
    await street.say(f"unsubscribe {REPO}")
    await ada.labels(REPO, number, "bug")
    await street.settle()
    assert street.shown() == before


async def test_a_review_brings_its_card(street: Street) -> None:
    """Who follows reviews alone sees what they are about, and only then."""
    ada, bo = street.github.person("ada"), street.github.person("bo")
    await street.say(f"subscribe {REPO} reviews='action:approved -draft:yes'")
    number = await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"})
    await street.settle()
    assert street.shown() == []
    await bo.approves(REPO, number, "Go")
    await street.settle()
    [card] = street.shown()
    assert "Add limits" in card.text
    assert len(card.replies) == 1
    await ada.merges(REPO, number)
    await street.settle()
    [card] = street.shown()
    assert "Merged" in card.text


async def test_a_delivery_of_another_shape_is_no_hint(street: Street) -> None:
    """Nobody can follow what it names."""
    await street.say(f"subscribe {REPO} prs")
    got = Got({"x-github-event": "workflow_run", "x-github-delivery": "d"}, b'{"zen": "Be"}')
    await street.deal(got)
    async with street.lab.database.read() as connection:
        assert await sightings.soonest(connection) is None


async def test_what_github_never_works_out_is_asked_a_few_times(
    street: Street,
) -> None:
    """The card claims nothing meanwhile, and the next event asks anew."""
    ada = street.github.person("ada")
    await street.say(f"subscribe {REPO} prs")
    number = await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"})
    await street.hear()
    before = street.github.requests.total()
    for asked in range(MOST_QUESTIONS + 3):
        street.github[REPO].pulls[number].tried = ""
        await street.forward(2**asked)
        await street.follower.look()
    assert street.github.requests.total() == before + MOST_QUESTIONS + 1
    await street.send()
    assert await street.card() == ("Open.", "", 0)
    await ada.labels(REPO, number, "bug")
    assert await street.card() == ("Open, nothing stands in its way.", "", 0)
