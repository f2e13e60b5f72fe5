"""What comes from outside is shown and does nothing, and no foreign page gets in."""

import re
from html import unescape
from html.parser import HTMLParser

import httpx
import pytest
from fastapi import FastAPI

from bot.web.render import is_web, render
from bot.web.security import hosts
from flows.engine.journal import Change, Question
from flows.report import (
    Attachment,
    Code,
    Figure,
    Link,
    Person,
    Report,
    Snippet,
    bullets,
    facts,
    table,
    text,
)
from tests.bot.web.conftest import Story, png

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}\u202egnp.exe"
PAGES = (
    "/",
    "/runs",
    "/runs/r1",
    "/flows",
    "/flows/release-management",
    "/schedules",
    "/nowhere",
    "/healthz",
)


class Markup(HTMLParser):
    """Collects the elements and the attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(page: str) -> list[tuple[str, dict[str, str | None]]]:
    """Return every element of a page with its attributes."""
    parser = Markup()
    parser.feed(page)
    return parser.found


async def test_hostile_strings_are_text_everywhere(
    browser: httpx.AsyncClient, story: Story
) -> None:
    """A title, name, error, parameter or report that is markup elsewhere is words here."""
    person = {"platform": EVIL, "id": "U", "name": EVIL}
    origin = {"door": EVIL, "platform": EVIL, "channel": EVIL, "thread": "", "message": ""}
    run = await story.run(
        "r1",
        command=EVIL,
        line=EVIL,
        project=EVIL,
        actor=person,
        origin=origin | {"door": "slash"},
        params={EVIL: EVIL, "list": [EVIL]},
        state="waiting",
    )
    await story.step(run, EVIL[:60], state="failed", error=EVIL)
    report = Report(
        EVIL,
        EVIL,
        blocks=(
            text(EVIL, Link(EVIL, f"https://x.example/{EVIL}"), Code(EVIL), Person(EVIL)),
            facts(EVIL, **{EVIL: EVIL}),
            bullets([EVIL], EVIL),
            table([EVIL], [[EVIL]], EVIL),
            Figure(EVIL, EVIL, png()),
            Attachment(EVIL, EVIL, b""),
        ),
        next=(EVIL,),
    )
    changes = (Change(EVIL, undoable=True),)
    await story.ask(run, Question(EVIL, EVIL, (EVIL, EVIL), changes, report))
    await story.report(run, report)
    for address in ("/", "/runs", "/runs/r1", f"/runs?state={EVIL}&flow={EVIL}&project={EVIL}"):
        page = (await browser.get(address)).text
        found = elements(page)
        assert EVIL.split("\u202e", maxsplit=1)[0] in unescape(page)
        assert [attributes for tag, attributes in found if tag == "script"] == [
            {"src": attributes["src"], "defer": None}
            for tag, attributes in found
            if tag == "script" and (attributes["src"] or "").startswith("/static/flowbot.js?v=")
        ]
        assert not [name for _, attributes in found for name in attributes if name.startswith("on")]
        assert all(attributes["src"] != "x" for tag, attributes in found if tag == "img")
        assert "49" not in re.findall(r"onerror=alert\(1\)(?:>|&gt;)(..)", page)
        assert "\u202e" not in page


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        " javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example/",
        "/relative",
        "https:",
        "https:///path",
        "http://[broken",
        "",
    ],
)
def test_only_web_addresses_become_links(url: str) -> None:
    """Any other address is printed next to its label, where it can do nothing."""
    assert not is_web(url)
    html = render(Report("r", blocks=(text(Link("label", url)),)), "/runs/r1")
    assert "<a" not in html
    assert "label" in html


def test_links_give_nothing_away() -> None:
    """A link opens without a handle on our page and without telling where it was."""
    html = render(Report("r", blocks=(text(Link("label", "https://x.example/")),)), "/runs/r1")
    assert html == (
        '<p><a href="https://x.example/" rel="noopener noreferrer nofollow">label</a></p>'
    )


def test_a_snippet_keeps_its_lines() -> None:
    """As they are, and as data."""
    html = render(Report("r", blocks=(Snippet("make <x>\n     ^"),)), "/runs/r1")
    assert html == "<pre>make &lt;x&gt;\n     ^</pre>"


def test_joiners_of_emoji_and_scripts_stay() -> None:
    """Only characters that hide or turn text are dropped."""
    html = render(
        Report("r", blocks=(text("می\u200cروم \U0001f469\u200d\U0001f4bb a\u200bb"),)), "/"
    )
    assert html == "<p>می\u200cروم \U0001f469\u200d\U0001f4bb ab</p>"


@pytest.mark.parametrize("address", PAGES)
async def test_every_answer_is_fenced_in(
    browser: httpx.AsyncClient, story: Story, address: str
) -> None:
    """The policy allows our own files alone, and no frame, no base, no guessing of types."""
    await story.run("r1")
    headers = (await browser.get(address)).headers
    policy = dict(
        part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";")
    )
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("address", PAGES)
async def test_pages_keep_their_own_policy(
    browser: httpx.AsyncClient, story: Story, address: str
) -> None:
    """No page has a style or a script in its markup, which the policy would switch off."""
    await story.run("r1")
    for tag, attributes in elements((await browser.get(address)).text):
        assert tag != "style"
        assert "style" not in attributes
        assert tag != "script" or attributes.get("src")


async def test_a_file_of_a_report_is_never_a_page(browser: httpx.AsyncClient, story: Story) -> None:
    """HTML in an attachment is saved, not shown, and a made-up type is replaced."""
    run = await story.run("r1", state="done")
    page = b"<script>alert(1)</script>"
    files = (
        Attachment('a".html\r\nX-Evil: 1', "text/html", page),
        Attachment("b", "text/html\r\nX-Evil: 1", page),
    )
    await story.report(run, Report("r", blocks=files))
    first, second = [await browser.get(f"/runs/r1/files/{number}") for number in (1, 2)]
    for answer in (first, second):
        assert answer.content == page
        assert answer.headers["content-disposition"].startswith("attachment; ")
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert "x-evil" not in answer.headers
    assert second.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:8080", 200),
        ("127.0.0.1:8080", 200),
        ("[::1]:8080", 200),
        ("flowbot.acme.example", 200),
        ("FLOWBOT.acme.example", 200),
        ("evil.example", 400),
        ("localhost.evil.example", 400),
        ("flowbot.acme.example.evil.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("", 400),
    ],
)
async def test_only_our_own_names_are_answered_to(
    browser: httpx.AsyncClient, host: str, status: int
) -> None:
    """A foreign name that is bound to this machine reads nothing."""
    answer = await browser.get("/healthz", headers={"host": host})
    assert answer.status_code == status
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("address", ["/runs/%00", "/runs?flow=%00", "/api/v1/runs?after=1-%00"])
async def test_a_nul_is_refused_before_it_reaches_a_database(
    browser: httpx.AsyncClient, address: str
) -> None:
    """One database would take it and the other break: neither is asked."""
    answer = await browser.get(address)
    assert answer.status_code == 400
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("number", ["0", "99999999999999999999", "x", "-1"])
async def test_a_made_up_number_finds_nothing(
    browser: httpx.AsyncClient, story: Story, number: str
) -> None:
    """However large, small or odd it is."""
    await story.report(await story.run("r1", state="done"), Report("r"))
    for address in (f"figures/{number}.png", f"files/{number}", f"plans/{number}/figures/1.png"):
        assert (await browser.get(f"/runs/r1/{address}")).status_code == 404


def test_a_public_address_without_a_host_adds_no_name() -> None:
    """An empty setting must not become a wildcard."""
    assert hosts("") == hosts("http://localhost:8080") == ["localhost", "127.0.0.1", "[::1]"]


async def test_nothing_here_changes_anything(app: FastAPI) -> None:
    """Until people can sign in, no route takes anything but reading."""
    methods = {method for route in app.routes for method in getattr(route, "methods", ())}
    assert methods <= {"GET", "HEAD"}


async def test_a_mistake_of_ours_shows_no_insides(app: FastAPI) -> None:
    """Whoever meets a bug reads an apology; the log has the rest."""

    @app.get("/breaks")
    async def breaks() -> None:
        raise RuntimeError("secret hunter2")

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as browser:
        answer = await browser.get("/breaks")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert "hunter2" not in answer.text
    assert "content-security-policy" in answer.headers
