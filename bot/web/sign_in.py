"""Signing in by a personal link, and out again."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.passes import SIGN_IN, Pass
from bot.web.entrance import UNKNOWN, Form
from bot.web.site import Site
from storage import audit

SPENT = "This link was used already, or it is older than ten minutes: ask for another one."


def router(site: Site) -> APIRouter:
    """Return the routes; another way to sign in ends in `Entrance.admit` as well."""
    routes = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @routes.get(SIGN_IN)
    async def confirm(request: Request, token: Annotated[str, Query()] = "") -> str:
        """Ask whether it is meant: whoever only looks at a link must not use it up."""
        visitor = await site.entrance.visitor(request)
        shown = await _shown(site, token) if token else None
        return site.layout.page(
            "sign_in.html", visitor=visitor, shown=shown, token=token, how=UNKNOWN
        )

    @routes.post(SIGN_IN)
    async def sign_in(request: Request) -> Response:
        values = await site.entrance.inputs(request)
        shown = await _shown(site, values.get("token", ""))
        if not await site.entrance.use_up(shown):
            raise HTTPException(403, SPENT)
        async with site.database.begin() as connection:
            await audit.append(
                connection,
                at=site.clock(),
                actor=msgspec.to_builtins(shown.actor),
                door="web",
                action="signed in",
                run_id="",
            )
        response = RedirectResponse("/", 303)
        site.entrance.admit(request, response, shown.actor)
        return response

    @routes.post("/sign-out")
    async def sign_out(request: Request, _: Form) -> Response:
        response = RedirectResponse("/", 303)
        await site.entrance.sign_out(request, response)
        return response

    return routes


async def _shown(site: Site, token: str) -> Pass:
    shown = site.entrance.passes.read(token, "link")
    if shown is None or await site.entrance.is_used(shown):
        raise HTTPException(403, SPENT)
    return shown
