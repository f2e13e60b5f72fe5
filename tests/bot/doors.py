"""The doors through which people do something: each takes the same act its own way."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from fastapi import FastAPI

from bot.chat import Actor, Origin
from bot.dispatch import Accepted, Say
from bot.replies import sentence
from bot.vitals import Looks
from bot.web.app import create_app
from tests.bot.lab import Lab

PAGE = "https://flowbot.example"
HERE = "http://localhost"


@dataclass(frozen=True, slots=True)
class Came:
    """What came of an act: the run that was started, or the sentence that was said."""

    run_id: str = ""
    said: str = ""
    status: int = 200


class Doors:
    """Does the same through any door, as anybody."""

    def __init__(self, lab: Lab, client: httpx.AsyncClient) -> None:
        self.lab = lab
        self.client = client

    async def do(self, door: str, verb: str, run_id: str, by: Actor) -> Came:
        """Do something to a run."""
        key = f"{door} {verb} {run_id} {by.id}"
        if door == "web":
            return await self._form(f"/runs/{run_id}/{verb}", by)
        if door == "api":
            return await self._api(f"/runs/{run_id}/{verb}", by)
        if door == "button":
            where = Origin("button", "slack", "C1", "m1")
            return _came(await self.lab.dispatch.press(f"{verb}:{run_id}", by, where, key))
        slash = Origin("slash", "slack", "C1")
        return _came(await self.lab.dispatch.command(f"{verb} {run_id}", by, slash, key))

    async def answer(self, door: str, run_id: str, choice: str, by: Actor) -> Came:
        """Answer the last question of a run."""
        question = (await self.lab.asked(run_id)).id
        if door == "web":
            return await self._form(f"/runs/{run_id}/questions/{question}", by, choice=choice)
        if door == "api":
            return await self._api(f"/questions/{question}/answer", by, {"choice": choice})
        where = Origin("button", "slack", "C1", "m1")
        action = f"answer:{question}:{choice}"
        return _came(await self.lab.dispatch.press(action, by, where, f"{action} {by.id}"))

    async def _form(self, path: str, by: Actor, **values: str) -> Came:
        session = self.lab.passes.session(by)
        self.client.cookies.set("flowbot_session", session)
        shown = self.lab.passes.read(session, "session")
        assert shown is not None
        token = self.lab.passes.form_token(shown.id)
        answer = await self.client.post(path, data={"_form": token, "_once": "1"} | values)
        if answer.status_code == 303:
            place = answer.headers["location"]
            self.client.cookies.extract_cookies(answer)
            page = (await self.client.get(place)).text
            run_id = place.rpartition("/")[2]
            return Came("" if run_id in path else run_id, said_on(page))
        return Came("", said_on(answer.text), answer.status_code)

    async def _api(self, path: str, by: Actor, body: object = None) -> Came:
        bearer = {"authorization": f"Bearer {self.lab.passes.token(by)}"}
        answer = await self.client.post(f"/api/v1{path}", headers=bearer, json=body)
        told = answer.json()
        if answer.is_error:
            return Came("", told["detail"], answer.status_code)
        return Came((told["run"] or {}).get("id", ""), told["said"])


def said_on(page: str) -> str:
    """Return the message line of a page."""
    found = re.search(r'<p class="note said [^"]*" role="status">([^<]*)</p>', page)
    return found[1].replace("&#39;", "'").replace("&#34;", '"') if found else ""


def application(lab: Lab) -> FastAPI:
    """Return the web application over the lab."""
    return create_app(
        lab.database,
        lab.queue,
        Looks(lab.queue),
        lab.dispatch,
        lab.passes,
        public_url=PAGE,
        clock=lab.clock,
        catalogue=lambda: {each.slug: each for each in lab.flows()},
    )


@asynccontextmanager
async def opened(lab: Lab) -> AsyncIterator[Doors]:
    """Open all doors of a lab."""
    transport = httpx.ASGITransport(application(lab), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
        yield Doors(lab, client)


def _came(reply: object) -> Came:
    match reply:
        case Accepted(run_id):
            return Came(run_id)
        case Say(report):
            return Came("", sentence(report))
        case _:
            return Came()
