"""People sign in by a link that counts once; what is forged, old or foreign is refused."""

from datetime import timedelta
from http.cookies import SimpleCookie

import httpx
import pytest
from fastapi import FastAPI

from bot.passes import Passes
from storage import audit
from storage.database import Database
from tests.bot.web.conftest import Clock, Story
from tests.bot.web.people import ADA, CAT, seated

PUBLIC = "https://flowbot.acme.example"


def link(passes: Passes) -> tuple[str, str]:
    """Return the path of a personal link of ada's, and the token in it."""
    path = passes.link(ADA, "")
    return path, path.partition("token=")[2]


async def test_opening_a_link_uses_nothing_up(browser: httpx.AsyncClient, passes: Passes) -> None:
    """Whatever previews it; the button does it."""
    path, token = link(passes)
    for _ in range(3):
        page = await browser.get(path)
        assert page.status_code == 200
        assert "Sign in as ada" in page.text
        assert "set-cookie" not in page.headers

    signed = await browser.post("/sign-in", data={"token": token})

    assert (signed.status_code, signed.headers["location"]) == (303, "/")
    home = (await browser.get("/")).text
    assert "<span>ada</span>" in home
    assert "Sign out" in home


async def test_a_session_is_kept_as_it_should_be(
    browser: httpx.AsyncClient, passes: Passes
) -> None:
    """No script reads it, no other site sends it with a form, and it lasts twelve hours."""
    signed = await browser.post("/sign-in", data={"token": link(passes)[1]})
    cookie = SimpleCookie(signed.headers["set-cookie"])["flowbot_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"
    assert cookie["max-age"] == str(12 * 60 * 60)
    assert not cookie["secure"]  # this was plain HTTP on this machine


async def test_over_https_a_session_never_travels_in_the_clear(
    app: FastAPI, passes: Passes
) -> None:
    """As the public address says, also behind a proxy that speaks plain HTTP to us."""
    for base in (PUBLIC, PUBLIC.replace("https", "http")):
        transport = httpx.ASGITransport(app, client=("10.0.0.7", 1))
        async with httpx.AsyncClient(transport=transport, base_url=base) as browser:
            signed = await browser.post("/sign-in", data={"token": link(passes)[1]})
        assert SimpleCookie(signed.headers["set-cookie"])["flowbot_session"]["secure"]


async def test_a_link_counts_once_and_soon(
    browser: httpx.AsyncClient, passes: Passes, clock: Clock
) -> None:
    """A second time, or after ten minutes, it is refused in words."""
    path, token = link(passes)
    assert (await browser.post("/sign-in", data={"token": token})).status_code == 303
    for answer in (await browser.get(path), await browser.post("/sign-in", data={"token": token})):
        assert answer.status_code == 403
        assert "This link was used already" in answer.text
    path, _ = link(passes)
    clock.now += timedelta(minutes=10)
    assert (await browser.get(path)).status_code == 403


async def test_what_is_used_up_is_forgotten_in_time(
    browser: httpx.AsyncClient, passes: Passes, clock: Clock
) -> None:
    """A link that is too old needs no memory."""
    for _ in range(3):
        token = link(passes)[1]
        assert (await browser.post("/sign-in", data={"token": token})).status_code == 303
        clock.now += timedelta(hours=1)


@pytest.mark.parametrize("purpose", ["session", "api", "other key", "noise"])
async def test_what_is_no_link_signs_nobody_in(
    browser: httpx.AsyncClient, passes: Passes, clock: Clock, purpose: str
) -> None:
    """Neither what was made for something else nor what we never made."""
    token = {
        "session": passes.session(ADA),
        "api": passes.token(ADA),
        "other key": link(Passes(b"x" * 32, clock))[1],
        "noise": "a.b.c",
    }[purpose]
    assert (await browser.post("/sign-in", data={"token": token})).status_code == 403
    assert (await browser.get("/sign-in", params={"token": token})).status_code == 403


@pytest.mark.parametrize("forged", ["link", "api", "other key", "noise", "old"])
async def test_a_forged_session_is_nobody(
    browser: httpx.AsyncClient, passes: Passes, clock: Clock, forged: str
) -> None:
    """The page stays readable here, and has no buttons."""
    old = passes.session(ADA)
    shown = {
        "link": link(passes)[1],
        "api": passes.token(ADA),
        "other key": Passes(b"x" * 32, clock).session(ADA),
        "noise": "a.b.c",
        "old": old,
    }[forged]
    if forged == "old":
        clock.now += timedelta(hours=12)
    browser.cookies.set("flowbot_session", shown)
    assert "Sign out" not in (await browser.get("/")).text


async def test_signing_out_ends_the_session_everywhere(
    browser: httpx.AsyncClient, passes: Passes
) -> None:
    """Whoever has copied the cookie is nobody as well."""
    ada = seated(browser, passes, ADA)
    out = await ada.send("/sign-out")
    assert (out.status_code, out.headers["location"]) == (303, "/")
    browser.cookies.set("flowbot_session", ada.session)
    assert "Sign out" not in (await browser.get("/")).text


async def test_signing_in_is_audited(
    browser: httpx.AsyncClient, passes: Passes, database: Database
) -> None:
    """With who it was."""
    await browser.post("/sign-in", data={"token": link(passes)[1]})
    async with database.read() as connection:
        [row] = [each async for each in audit.every(connection)]
    assert (row.action, row.actor["id"], row.door) == ("signed in", "U1", "web")


async def test_the_page_says_how_to_sign_in(browser: httpx.AsyncClient, passes: Passes) -> None:
    """From the chat and from the terminal; whoever is signed in sees as whom."""
    page = (await browser.get("/sign-in")).text
    assert "/flow page" in page
    assert "python -m bot token --admin --link" in page
    seated(browser, passes, ADA)
    assert "You are signed in as <strong>ada</strong>" in (await browser.get("/sign-in")).text


OPEN = ("/healthz", "/readyz", "/metrics", "/sign-in", "/static/flowbot.css")


@pytest.mark.parametrize(
    ("client", "host", "headers"),
    [
        ("10.0.0.7", "http://localhost", {}),
        ("127.0.0.1", PUBLIC, {}),
        ("127.0.0.1", "http://localhost", {"x-forwarded-for": "10.0.0.7"}),
        ("no address", "http://localhost", {}),
    ],
)
async def test_from_elsewhere_one_signs_in_to_read(
    *,
    app: FastAPI,
    passes: Passes,
    story: Story,
    client: str,
    host: str,
    headers: dict[str, str],
) -> None:
    """Pages, pictures and API alike; what machines ask for is open."""
    await story.run("r1")
    transport = httpx.ASGITransport(app, client=(client, 1))
    async with httpx.AsyncClient(transport=transport, base_url=host, headers=headers) as browser:
        for path in ("/", "/live", "/runs", "/runs/r1", "/runs/r1/live", "/flows", "/schedules"):
            page = await browser.get(path)
            assert page.status_code == 401, path
            assert "/flow page" in page.text
        for path in ("/api/v1/runs", "/api/v1/flows", "/runs/r1/figures/1.png"):
            assert (await browser.get(path)).status_code == 401
        for path in OPEN:
            assert (await browser.get(path)).status_code == 200, path
        bearer = {"authorization": f"bearer {passes.token(CAT)}"}
        assert (await browser.get("/api/v1/runs", headers=bearer)).status_code == 200
        seated(browser, passes, CAT)
        assert (await browser.get("/runs/r1")).status_code == 200


async def test_a_form_without_its_token_does_nothing(
    browser: httpx.AsyncClient, passes: Passes, story: Story
) -> None:
    """Nor with that of another session."""
    await story.run("r1", state="queued")
    other = seated(browser, passes, ADA).form_token
    seated(browser, passes, ADA)
    for values in ({}, {"_form": ""}, {"_form": other}, {"_form": "ünsinn"}):
        answer = await browser.post("/runs/r1/cancel", data=values)
        assert answer.status_code == 403
        assert "load the page again" in answer.text
    assert (await browser.get("/api/v1/runs/r1")).json()["state"] == "queued"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:81"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/runs/r1/cancel", "/sign-in", "/sign-out"])
async def test_another_site_sends_no_form(
    browser: httpx.AsyncClient, passes: Passes, story: Story, headers: dict[str, str], path: str
) -> None:
    """Even one that has got hold of a token."""
    await story.run("r1", state="queued")
    ada = seated(browser, passes, ADA)
    values = {"_form": ada.form_token, "token": link(passes)[1]}
    assert (await browser.post(path, data=values, headers=headers)).status_code == 403


@pytest.mark.parametrize("origin", ["http://localhost", PUBLIC])
async def test_our_own_origin_is_welcome(
    browser: httpx.AsyncClient, passes: Passes, story: Story, origin: str
) -> None:
    """By the name that was asked for, and by the public one."""
    await story.run("r1", state="queued")
    ada = seated(browser, passes, ADA)
    values = {"_form": ada.form_token}
    answer = await browser.post("/runs/r1/cancel", data=values, headers={"origin": origin})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"_form=" + b"x" * 70_000, 413),
        (b"a=%ff", 400),
        (b"\xff", 400),
        (b"a=%00", 400),
        (b"&".join(b"a=1" for _ in range(200)), 400),
    ],
)
async def test_a_form_that_no_browser_sends_is_refused(
    browser: httpx.AsyncClient, passes: Passes, body: bytes, status: int
) -> None:
    """In a sentence, and without a trace in the log."""
    seated(browser, passes, ADA)
    assert (await browser.post("/runs/r1/cancel", content=body)).status_code == status


async def test_a_message_of_another_session_is_not_shown(
    browser: httpx.AsyncClient, passes: Passes, story: Story
) -> None:
    """Nor one that somebody made up."""
    await story.run("r1", state="queued")
    ada = seated(browser, passes, ADA)
    await ada.send("/runs/r1/cancel")
    sealed = browser.cookies["flowbot_said"]
    for said in (f"x{sealed}", "noise", f"{sealed}x"):
        browser.cookies.delete("flowbot_said")
        browser.cookies.set("flowbot_said", said)
        assert "note said" not in (await browser.get("/runs/r1")).text
    browser.cookies.set("flowbot_said", sealed)
    seated(browser, passes, CAT)
    assert "note said" not in (await browser.get("/runs/r1")).text
