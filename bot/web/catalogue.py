"""The catalogue of flows, and the page of each flow."""

from collections.abc import Mapping
from difflib import get_close_matches

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.catalogue import FAMILIES
from bot.dispatch import form_for
from bot.grammar import DRY_RUN, Incomplete
from bot.replies import Field as Input
from bot.web.entrance import Reader, Visitor
from bot.web.fields import Field, fields_of
from bot.web.site import Site
from flows.engine.spec import Flow
from storage import figures, runs

LATEST = 20


def router(site: Site) -> APIRouter:
    """Return the routes of the pages about flows."""
    routes = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @routes.get("/flows")
    async def flows_page(visitor: Reader) -> str:
        async with site.database.read() as connection:
            seen = await figures.of_flows(connection)
        members: dict[str, list[tuple[Flow, list[Field]]]] = {}
        for each in site.catalogue().values():
            members.setdefault(each.family, []).append((each, fields_of(each.params)))
        families = {title: members[name] for name, title in FAMILIES.items() if name in members}
        return site.layout.page("flows.html", families=families, figures=seen, visitor=visitor)

    @routes.get("/flows/{slug}", response_class=HTMLResponse)
    async def flow_page(slug: str, visitor: Reader) -> Response:
        known = site.catalogue()
        if slug not in known:
            return _elsewhere(known, slug)
        return HTMLResponse(await page_of(site, known[slug], visitor, {}, {}))

    return routes


def inputs_of(flow: Flow, typed: Mapping[str, str]) -> tuple[Input, ...]:
    """Return the form that starts a flow, filled in as far as somebody has typed."""
    return form_for(Incomplete(flow, typed, (), dry_run=False)).fields


async def page_of(
    site: Site, flow: Flow, visitor: Visitor, typed: Mapping[str, str], errors: Mapping[str, str]
) -> str:
    """Return the page of a flow, with its form as somebody has filled it in."""
    async with site.database.read() as connection:
        seen = await figures.of_flows(connection)
        latest = await runs.page(connection, flow=flow.slug, limit=LATEST)
    return site.layout.page(
        "flow.html",
        flow=flow,
        fields=fields_of(flow.params),
        figures=seen.get(flow.slug),
        last=figures.LAST_RUNS,
        runs=latest,
        visitor=visitor,
        family=FAMILIES[flow.family],
        inputs=inputs_of(flow, typed),
        errors=errors,
        rehearses=typed.get(DRY_RUN) == "true",
    )


def _elsewhere(known: Mapping[str, Flow], word: str) -> Response:
    """Lead from an alias to its flow, and from a typing mistake to what may be meant."""
    for each in known.values():
        if each.alias == word:
            return RedirectResponse(f"/flows/{each.slug}", 307)
    near = get_close_matches(word, [*known, *(each.alias for each in known.values())], n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise HTTPException(404, f"There is no flow called {word[:80]}.{hint}")
