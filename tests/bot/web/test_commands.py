"""Programs start, stop and schedule by the API, with a token that says on whose behalf."""

from datetime import timedelta

import httpx
import pytest
from jsonschema import validate
from openapi_schema_validator import OAS31Validator

from bot.passes import Passes
from storage.database import Database
from tests.bot.web.conftest import Clock, Story
from tests.bot.web.people import ADA, BEN, CAT, Person
from tests.bot.web.test_pages import PLAN


@pytest.fixture
def ada(browser: httpx.AsyncClient, passes: Passes) -> Person:
    """Return a maintainer's program."""
    return Person(browser, passes, ADA)


@pytest.fixture
def cat(browser: httpx.AsyncClient, passes: Passes) -> Person:
    """Return a viewer's program."""
    return Person(browser, passes, CAT)


@pytest.mark.parametrize(
    "body",
    [
        {"command": "release acme/api --level patch --dry-run"},
        {"command": "release acme/api level=patch", "dry_run": True},
        {"flow": "release-management", "params": {"repo": "acme/api", "level": "patch"}}
        | {"dry_run": True},
        {"flow": "release", "params": {"repo": "acme/api", "level": "patch", "notify": True}}
        | {"dry_run": True},
    ],
)
async def test_a_run_is_started(ada: Person, body: dict[str, object]) -> None:
    """By a command or by its parts; the answer says where it is."""
    answer = await ada.call("POST", "/runs", body)
    assert answer.status_code == 201
    started = answer.json()["run"]
    assert started["new"]
    assert started["url"] == f"https://flowbot.acme.example/runs/{started['id']}"
    run = (await ada.browser.get(f"/api/v1/runs/{started['id']}")).json()
    assert run["params"] == {"repo": "acme/api", "level": "patch", "notify": True}
    assert (run["door"], run["actor"], run["dry_run"], run["state"]) == (
        "api",
        "ada",
        True,
        "queued",
    )
    assert run["offers"] == ["cancel"]


async def test_the_same_key_is_the_same_run(ada: Person, cat: Person) -> None:
    """Of the same person, for the same request; anything else is refused, not swallowed."""
    body = {"command": "system-status"}
    first = await ada.call("POST", "/runs", body, idempotency_key="k1")
    again = await ada.call("POST", "/runs", body, idempotency_key="k1")
    other = await ada.call("POST", "/runs", {"command": "release a/b"}, idempotency_key="k1")
    theirs = await cat.call("POST", "/runs", body, idempotency_key="k1")
    without = await ada.call("POST", "/runs", body)
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert again.json()["run"] == first.json()["run"] | {"new": False}
    ids = [each.json()["run"]["id"] for each in (first, theirs, without)]
    assert len(set(ids)) == 3
    assert len((await ada.browser.get("/api/v1/runs")).json()["runs"]) == 3
    assert (await ada.call("POST", "/runs", body, idempotency_key="k" * 201)).status_code == 422


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"command": "relaese acme/api"}, 422, "Did you mean /flow release acme/api?"),
        ({"command": "release"}, 422, "release needs repo."),
        ({"command": "release a/b --level huge"}, 422, "take patch, minor or major"),
        ({"command": "runs"}, 422, "This starts no run"),
        ({"command": "help"}, 422, "This starts no run"),
        ({"command": "system-status", "flow": "x"}, 422, "either"),
        ({}, 422, "either"),
        ({"flow": "none"}, 422, "I know no flow called “none”"),
    ],
)
async def test_what_makes_no_sense_is_said(
    ada: Person, body: dict[str, object], status: int, says: str
) -> None:
    """In one sentence."""
    answer = await ada.call("POST", "/runs", body)
    assert answer.status_code == status
    assert says in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"command": "system-status", "extra": 1},
        {"command": "a\0b"},
        {"flow": "status", "params": {"a": "\0"}},
        {"flow": "status", "params": {"a": []}},
        [],
        None,
    ],
)
async def test_a_body_of_another_shape_is_refused(ada: Person, body: object) -> None:
    """Before anything is done."""
    assert (await ada.call("POST", "/runs", body)).status_code == 422


async def test_policy_holds_for_programs(ada: Person, cat: Person, story: Story) -> None:
    """403, with the sentence that a person would read."""
    await story.run("r1", state="queued")
    told = "`release` needs the role maintainer; yours is viewer."
    start = await cat.call("POST", "/runs", {"command": "release acme/api"})
    assert (start.status_code, start.json()) == (403, {"detail": told})
    cancel = await cat.call("POST", "/runs/r1/cancel")
    assert cancel.status_code == 403
    assert (await ada.call("POST", "/runs/r1/cancel", {"undo": True})).status_code == 200
    assert (await ada.call("POST", "/runs/r1/cancel")).status_code == 409
    assert (await ada.call("POST", "/runs/r1/explode")).status_code == 422


async def test_plain_words_are_commands_too(ada: Person) -> None:
    """What changes nothing starts, and once for a key; what writes has to be said exactly."""
    asked = {"command": "ship acme/api --dry-run"}
    for said in ("It is accepted.", "It was accepted before."):
        reply = await ada.call("POST", "/runs", asked, idempotency_key="k")
        assert reply.json()["said"] == f"{said} I read that as /flow release acme/api --dry-run."

    refused = await ada.call("POST", "/runs", {"command": "ship acme/api"})

    told = "I read that as “/flow release acme/api”. Nothing has started yet."
    assert (refused.status_code, refused.json()) == (422, {"detail": told})


async def test_a_repeated_rerun_with_a_key_is_one_run(ada: Person, story: Story) -> None:
    """Each verb and run has keys of its own."""
    await story.run("r1", state="stopped")
    await story.run("r2", state="stopped")
    ids = [
        (await ada.call("POST", f"/runs/{run}/rerun", idempotency_key="k")).json()["run"]["id"]
        for run in ("r1", "r1", "r2")
    ]
    assert ids[0] == ids[1] != ids[2]


async def test_a_question_is_answered(
    browser: httpx.AsyncClient, passes: Passes, ada: Person, story: Story
) -> None:
    """By its number, which the run tells."""
    await story.ask(await story.run("r1", state="waiting"), PLAN)
    ben = Person(browser, passes, BEN)
    [question] = (await browser.get("/api/v1/runs/r1")).json()["questions"]
    path = f"/questions/{question['id']}/answer"
    own = await ada.call("POST", path, {"choice": "approve"})
    counted = await ben.call("POST", path, {"choice": "approve"})
    late = await ben.call("POST", path, {"choice": "decline"})
    assert (own.status_code, counted.status_code, late.status_code) == (403, 200, 409)
    assert counted.json() == {"said": "Your answer counts.", "run": None}
    assert (await ben.call("POST", "/questions/99/answer", {"choice": "x"})).status_code == 404


async def test_schedules_are_made_changed_and_removed(
    ada: Person, cat: Person, database: Database
) -> None:
    """As everywhere: by their owner or a maintainer."""
    new = {
        "when": "weekdays 9:00 Europe/Berlin",
        "command": "system-status",
        "catch_up": "all",
        "only_news": True,
    }
    made = await ada.call("POST", "/schedules", new, idempotency_key="k1")
    again = await ada.call("POST", "/schedules", new, idempotency_key="k1")
    entry = made.json()
    path = f"/schedules/{entry['id']}"
    assert (made.status_code, again.json()["id"]) == (201, entry["id"])
    assert (entry["catch_up"], entry["posts"], entry["owner"]) == ("all", "news", "ada")
    assert len(entry["upcoming"]) == 5

    assert (await cat.call("POST", f"{path}/pause")).status_code == 403
    assert (
        (await ada.call("POST", f"{path}/pause")).json()["said"].startswith("Paused: system-status")
    )
    assert (await ada.browser.get(f"/api/v1{path}")).json()["paused"]
    assert (await ada.call("POST", f"{path}/resume")).json()["said"].startswith("Goes on: ")
    assert (await ada.call("DELETE", path)).json()["said"].startswith("Removed: ")
    assert (await ada.call("DELETE", path)).status_code == 404
    assert (await ada.browser.get(f"/api/v1{path}")).status_code == 404
    bad = await ada.call("POST", "/schedules", new | {"when": "never"})
    assert bad.status_code == 422


async def test_a_lock_is_taken_waited_for_stolen_and_let_go(
    browser: httpx.AsyncClient, passes: Passes, ada: Person, cat: Person
) -> None:
    """Each answer says how the lock stands; each refusal has its own status."""
    ben = Person(browser, passes, BEN)
    name = {"name": "Deploy:acme/api:/x"}
    why = {"reason": "We look for the leak"}
    assert (await cat.call("POST", "/locks", name | why)).status_code == 403
    assert (await ada.call("POST", "/locks/unlock", name)).status_code == 404
    assert (await ada.call("POST", "/locks", name | why | {"lasts": "soon"})).status_code == 422
    assert (await ada.call("POST", "/locks", name | {"reason": " "})).status_code == 422
    assert (await ada.call("POST", "/locks", {"name": " "} | why)).status_code == 422

    took = (await ada.call("POST", "/locks", name | why | {"lasts": "2 h"})).json()
    waits = (await ben.call("POST", "/locks", name | why)).json()

    assert took["said"].startswith("You hold deploy:acme/api:/x until ")
    assert (took["lock"]["holder"]["by"], took["lock"]["line"]) == ("ada", [])
    assert waits["said"].startswith("You are next in the line for deploy:acme/api:/x")
    assert [each["by"] for each in waits["lock"]["line"]] == ["ben"]

    assert (await ada.call("POST", "/locks/steal", name | why)).status_code == 409
    assert (await ben.call("POST", "/locks/steal", name)).status_code == 422
    assert (await cat.call("POST", "/locks/steal", name | why)).status_code == 403
    assert (await ben.call("POST", "/locks/explode", name)).status_code == 422
    told = (await cat.call("POST", "/locks/notify-me", name)).json()
    assert told["said"].endswith("You get a message when it is free.")
    stolen = (await ben.call("POST", "/locks/steal", name | why)).json()
    assert stolen["lock"]["holder"]["by"] == "ben"
    free = (await ben.call("POST", "/locks/unlock", name)).json()
    assert free == {"said": "deploy:acme/api:/x is unlocked: nobody holds it.", "lock": None}


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer x.y.z", "Basic YTpi", "session", "link"])
async def test_without_a_good_token_nothing_is_done(
    browser: httpx.AsyncClient, passes: Passes, clock: Clock, shown: str
) -> None:
    """A session of a browser is none: no other site can use it for calls."""
    made = {"session": passes.session(ADA), "link": passes.link(ADA, "").partition("=")[2]}
    token = f"Bearer {made[shown]}" if shown in made else shown
    browser.cookies.set("flowbot_session", passes.session(ADA))
    answer = await browser.post(
        "/api/v1/runs", json={"command": "system-status"}, headers={"authorization": token}
    )
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_token_has_an_end(browser: httpx.AsyncClient, passes: Passes, clock: Clock) -> None:
    """And is worth nothing once the key is another one."""
    bearer = {"authorization": f"Bearer {passes.token(ADA, days=1)}"}
    body = {"command": "system-status"}
    assert (await browser.post("/api/v1/runs", json=body, headers=bearer)).status_code == 201
    other = {"authorization": f"Bearer {Passes(b'x' * 32, clock).token(ADA)}"}
    assert (await browser.post("/api/v1/runs", json=body, headers=other)).status_code == 401
    clock.now += timedelta(days=1)
    assert (await browser.post("/api/v1/runs", json=body, headers=bearer)).status_code == 401


async def test_bodies_and_errors_are_described(ada: Person) -> None:
    """Every command has its body, its answer and its refusals in the document."""
    document = (await ada.browser.get("/api/v1/openapi.json")).json()
    commands = [
        command
        for path in document["paths"].values()
        for method, command in path.items()
        if method != "get"
    ]
    assert len(commands) == 12
    for command in commands:
        assert {"401", "403", "404", "409", "422"} <= command["responses"].keys()
        assert command["tags"] == ["do"]
    refused = (await ada.call("POST", "/runs", {})).json()
    schema = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
    validate(refused, schema, cls=OAS31Validator)
    assert document["components"]["securitySchemes"]
