"""Linking oneself with GitHub: there one signs in, and here one says that it is meant."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from bot.passes import LINK_GITHUB, Pass
from bot.people.linking import Linking
from bot.replies import sentence
from bot.web.site import Site
from integrations.errors import OutsideError
from integrations.github.oauth import OAuth

BACK = f"{LINK_GITHUB}/back"
SPENT = "This link was used already, or it is older than ten minutes: /flow link github gives one."


def router(site: Site, linking: Linking, oauth: OAuth, page_url: str) -> APIRouter:
    """Return the routes; nothing is linked before a button is pressed."""
    routes = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
    back = f"{page_url}{BACK}"

    @routes.get(LINK_GITHUB)
    async def begin(token: Annotated[str, Query()] = "") -> RedirectResponse:
        """Send somebody to GitHub; who only looks at the link has changed nothing."""
        await _shown(site, token)
        return RedirectResponse(oauth.address(token, back), 303)

    @routes.get(BACK)
    async def ask(
        request: Request,
        state: Annotated[str, Query()] = "",
        code: Annotated[str, Query()] = "",
    ) -> str:
        """Ask whether it is meant: somebody else may have sent this link."""
        shown = await _shown(site, state)
        if not code:
            raise HTTPException(403, "GitHub was not asked to tell who you are: nothing is linked.")
        visitor = await site.entrance.visitor(request)
        return site.layout.page(
            "github_link.html", visitor=visitor, shown=shown, state=state, code=code
        )

    @routes.post(LINK_GITHUB)
    async def link(request: Request) -> HTMLResponse:
        values = await site.entrance.inputs(request)
        shown = await _shown(site, values.get("state", ""))
        try:
            login = await oauth.login(values.get("code", ""), back)
        except OutsideError as error:
            raise HTTPException(502, str(error)) from error
        if not await site.entrance.use_up(shown):
            raise HTTPException(403, SPENT)
        reply = await linking.with_login(shown.actor, login)
        page = site.layout.page("error.html", title="GitHub", detail=sentence(reply.report))
        return HTMLResponse(page, 200 if reply.kind == "answer" else 409)

    return routes


async def _shown(site: Site, token: str) -> Pass:
    shown = site.entrance.passes.read(token, "join")
    if shown is None or await site.entrance.is_used(shown):
        raise HTTPException(403, SPENT)
    return shown
