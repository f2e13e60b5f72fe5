"""People in front of a browser, or behind a program."""

from dataclasses import dataclass

import httpx

from bot.chat import Actor
from bot.passes import Passes

ADA = Actor("slack", "U1", "ada")  # a maintainer
BEN = Actor("slack", "U2", "ben")  # a maintainer
CAT = Actor("slack", "U3", "cat")  # a viewer


@dataclass
class Person:
    """Somebody who is signed in: sends forms as their pages do, and calls the API."""

    browser: httpx.AsyncClient
    passes: Passes
    by: Actor
    session: str = ""

    def sit_down(self) -> None:
        """Sign in."""
        self.session = self.passes.session(self.by)
        self.browser.cookies.set("flowbot_session", self.session)

    @property
    def form_token(self) -> str:
        """Return what the forms of whoever is signed in carry."""
        shown = self.passes.read(self.session, "session")
        assert shown is not None
        return self.passes.form_token(shown.id)

    async def send(self, path: str, **values: str) -> httpx.Response:
        """Send a form."""
        hidden = {"_form": self.form_token, "_once": "1"}
        return await self.browser.post(path, data=hidden | values)

    async def call(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> httpx.Response:
        """Call the API."""
        bearer = {"authorization": f"Bearer {self.passes.token(self.by)}"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.browser.request(
            method, f"/api/v1{path}", json=body, headers=bearer | named
        )


def seated(browser: httpx.AsyncClient, passes: Passes, by: Actor) -> Person:
    """Return somebody who has signed in."""
    person = Person(browser, passes, by)
    person.sit_down()
    return person
