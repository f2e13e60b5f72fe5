"""Hooks are made, tried out and asked for their log as on GitHub; what failed is sent again."""

import hmac
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from integrations.emulators.github import APP_ID, GitHubWorld, app_key
from integrations.github.sign_in import AppSignIn
from tests.contract.rest import RestContract
from tests.integrations.emulators.github.connection import connected
from tests.integrations.emulators.github.receiver import Receiver, receiving

REPO = "acme/api"
HOOKS = "/repos/acme/api/hooks"
SECRET = "spring water"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Let somebody take webhooks."""
    async with receiving() as taken:
        yield taken


async def made(api: httpx.AsyncClient, receiver: Receiver, **changes: object) -> dict[str, Any]:
    """Make a hook by the door that clients use."""
    config = {"url": receiver.url, "content_type": "json", "secret": SECRET}
    answer = await api.post(
        HOOKS, json={"name": "web", "config": config, "events": ["issues"], **changes}
    )
    assert answer.status_code == 201, answer.text
    hook: dict[str, Any] = answer.json()
    return hook


async def test_a_new_hook_is_tried_out(
    world: GitHubWorld, api: httpx.AsyncClient, receiver: Receiver, contract: RestContract
) -> None:
    """A ping comes at once, with the headers of every delivery; the secret is never told."""
    hook = await made(api, receiver)
    await world.courier.deliver()
    (ping,) = receiver.all()
    contract.check_event("ping", ping.told)
    assert (ping.event, ping.told["hook_id"]) == ("ping", hook["id"])
    assert ping.headers["user-agent"].startswith("GitHub-Hookshot/")
    assert ping.headers["x-github-hook-id"] == str(hook["id"])
    assert ping.headers["x-github-hook-installation-target-type"] == "repository"
    assert ping.headers["x-github-hook-installation-target-id"] == str(world[REPO].id)
    digest = hmac.digest(SECRET.encode(), ping.body, "sha1").hex()
    assert ping.headers["x-hub-signature"] == f"sha1={digest}"
    assert hook["config"]["secret"] == "********"
    assert (await api.get(f"{HOOKS}/{hook['id']}")).json()["last_response"]["code"] == 202
    await api.post(f"{HOOKS}/{hook['id']}/pings")
    await world.courier.deliver()
    assert receiver.names == ["ping"]


async def test_a_hook_hears_of_what_it_asked_for(
    world: GitHubWorld, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    """Events can be added and removed; an inactive hook, and a deleted one, hear of nothing."""
    ada, hook = world.person("ada"), await made(api, receiver)
    await world.courier.deliver()
    receiver.all()
    address = f"{HOOKS}/{hook['id']}"
    number = await ada.opens_issue(REPO, "Crash")
    await ada.comments(REPO, number, "Me too")
    assert [one.name for one in receiver.all()] == ["issues.opened"]
    changes = {"add_events": ["issue_comment"], "remove_events": ["issues"]}
    assert (await api.patch(address, json=changes)).json()["events"] == ["issue_comment"]
    await ada.comments(REPO, number, "Me three")
    await ada.closes(REPO, number)
    assert [one.name for one in receiver.all()] == ["issue_comment.created"]
    await api.patch(address, json={"active": False})
    await ada.comments(REPO, number, "Me four")
    assert (await api.delete(address)).status_code == 204
    await ada.comments(REPO, number, "Me five")
    assert receiver.all() == []


async def test_the_log_has_every_attempt(
    world: GitHubWorld, api: httpx.AsyncClient, receiver: Receiver, contract: RestContract
) -> None:
    """What failed is found by its status; sent again it keeps its guid and is marked."""
    hook = await made(api, receiver)
    await world.courier.deliver()
    receiver.status = 503
    await world.person("ada").opens_issue(REPO, "Crash")
    log = f"{HOOKS}/{hook['id']}/deliveries"
    (failed,) = (await api.get(log, params={"status": "failure"})).json()
    assert (failed["status"], failed["status_code"]) == ("Invalid HTTP Response: 503", 503)
    assert (failed["event"], failed["action"]) == ("issues", "opened")
    whole = await api.get(f"{log}/{failed['id']}")
    contract.check(whole)
    assert whole.json()["response"]["payload"] == "taken"
    assert whole.json()["request"]["payload"]["issue"]["title"] == "Crash"
    receiver.status = 200
    again = await api.post(f"{log}/{failed['id']}/attempts")
    assert again.status_code == 202
    contract.check(again)
    await world.courier.deliver()
    every = await api.get(log)
    contract.check(every)
    newest = every.json()[0]
    assert (newest["guid"], newest["redelivery"]) == (failed["guid"], True)
    assert (newest["status"], newest["status_code"]) == ("OK", 200)
    assert [one["event"] for one in every.json()] == ["issues", "issues", "ping"]
    good = (await api.get(log, params={"status": "success"})).json()
    assert [one["id"] for one in good] == [newest["id"], every.json()[2]["id"]]
    bodies = [one.body for one in receiver.got[-2:]]
    assert bodies[0] == bodies[1]


async def test_the_log_is_read_page_by_page(
    world: GitHubWorld, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    """A cursor leads on; after three days an attempt is forgotten."""
    hook = await made(api, receiver)
    for title in "abcd":
        await world.person("ada").opens_issue(REPO, title)
    log = f"{HOOKS}/{hook['id']}/deliveries"
    seen, page = [], await api.get(log, params={"per_page": 2})
    while True:
        seen += page.json()
        if "next" not in page.links:
            break
        page = await api.get(page.links["next"]["url"])
    assert len({one["id"] for one in seen}) == 5
    assert (await api.get(log, params={"cursor": "x"})).status_code == 400
    world.clock += timedelta(days=4)
    assert (await api.get(log)).json() == []
    assert (await api.get(f"{log}/{seen[0]['id']}")).status_code == 404


async def test_who_does_not_answer_is_named(world: GitHubWorld, api: httpx.AsyncClient) -> None:
    """Nobody is there: the log says so, and nothing else breaks."""
    hook = world.hook(REPO, "http://127.0.0.1:9/", SECRET)
    await world.person("ada").opens_issue(REPO, "Crash")
    (row,) = (await api.get(f"{HOOKS}/{hook.id}/deliveries")).json()
    assert (row["status"], row["status_code"]) == ("failed to connect", 502)
    shown = (await api.get(f"{HOOKS}/{hook.id}")).json()
    assert shown["last_response"]["status"] == "failed"


async def test_what_waits_is_pending(world: GitHubWorld, api: httpx.AsyncClient) -> None:
    """Before the first attempt there is no answer to show."""
    hook = world.hook(REPO, "http://127.0.0.1:9/", SECRET)
    world.courier.note(world[REPO], "push", None, {})
    (row,) = (await api.get(f"{HOOKS}/{hook.id}/deliveries")).json()
    assert (row["status"], row["status_code"]) == ("pending", 0)
    whole = (await api.get(f"{HOOKS}/{hook.id}/deliveries/{row['id']}")).json()
    assert whole["response"] == {"headers": {}, "payload": ""}


async def test_a_form_carries_the_same_body(
    world: GitHubWorld, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    """GitHub's default is a form with one field."""
    config = {"url": receiver.url}
    await made(api, receiver, config=config)
    await world.courier.deliver()
    (ping,) = receiver.all()
    assert ping.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "x-hub-signature-256" not in ping.headers
    assert '"zen"' in parse_qs(ping.body.decode())["payload"][0]


@pytest.mark.parametrize(
    ("config", "words"),
    [({}, "blank"), ({"url": "example.com"}, "scheme"), ("x", "Validation Failed")],
)
async def test_a_hook_needs_an_address(
    api: httpx.AsyncClient, contract: RestContract, config: object, words: str
) -> None:
    """GitHub says what is wrong with it."""
    answer = await api.post(HOOKS, json={"config": config})
    assert answer.status_code == 422
    assert words in answer.text
    contract.check(answer)


async def test_a_hook_is_made_once(api: httpx.AsyncClient, receiver: Receiver) -> None:
    """A second one for the same address is refused."""
    await made(api, receiver)
    answer = await api.post(HOOKS, json={"config": {"url": receiver.url}})
    assert answer.status_code == 422
    assert "already exists" in answer.text


async def test_hooks_fit_the_official_description(
    world: GitHubWorld, api: httpx.AsyncClient, receiver: Receiver, contract: RestContract
) -> None:
    """Every door of hooks answers as described."""
    hook = await made(api, receiver)
    for method, path in (
        ("GET", HOOKS),
        ("GET", f"{HOOKS}/{hook['id']}"),
        ("PATCH", f"{HOOKS}/{hook['id']}"),
        ("POST", f"{HOOKS}/{hook['id']}/pings"),
        ("DELETE", f"{HOOKS}/{hook['id']}"),
        ("GET", f"{HOOKS}/{hook['id']}"),
    ):
        contract.check(await api.request(method, path, json={}))
    world.token("readonly", "cy", writes=False)
    async with connected(world, "readonly") as reader:
        assert (await reader.get(HOOKS)).status_code == 404


async def test_the_app_has_one_hook_for_all_repositories(
    world: GitHubWorld, receiver: Receiver, contract: RestContract
) -> None:
    """Its deliveries name the installation, and only the app itself may see their log."""
    world.repo("acme/web")
    headers = await AppSignIn(str(APP_ID), app_key(world)).app_headers()
    async with connected(world, token="") as nobody:
        app = httpx.AsyncClient(base_url=nobody.base_url, headers=headers, trust_env=False)
        async with app:
            assert (await app.get("/app/hook/deliveries")).status_code == 404
            world.hook_of_app(receiver.url, SECRET, "issues")
            assert (await app.get("/app/hook/config")).json()["url"] == receiver.url
            receiver.status = 503
            for name in (REPO, "acme/web"):
                await world.person("ada").opens_issue(name, "Crash")
            failed = await app.get("/app/hook/deliveries", params={"status": "failure"})
            contract.check(failed)
            assert len(failed.json()) == 2
            log = f"/app/hook/deliveries/{failed.json()[0]['id']}"
            contract.check(await app.get(log))
            receiver.status = 202
            contract.check(await app.post(f"{log}/attempts"))
            await world.courier.deliver()
    *_, last = receiver.got
    assert last.headers["x-github-hook-installation-target-type"] == "integration"
    assert last.headers["x-github-hook-installation-target-id"] == str(APP_ID)
    assert last.told["installation"]["id"] == world.account("acme").id
    assert last.told["repository"]["full_name"] == "acme/web"
    contract.check_event("issues", last.told)


async def test_hooks_survive_a_restart(world: GitHubWorld, receiver: Receiver) -> None:
    """A world that comes back tells the same hooks."""
    world.hook(REPO, receiver.url, SECRET)
    world.hook_of_app(receiver.url, SECRET)
    again = GitHubWorld.load(world.root)
    await again.person("ada").opens_issue(REPO, "Crash")
    assert [one.name for one in receiver.got] == ["issues.opened"] * 2
    again.close()
