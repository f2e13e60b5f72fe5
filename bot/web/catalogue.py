"""The catalogue of flows, and the page of each flow."""

from collections.abc import Mapping
from difflib import get_close_matches

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.web.fields import Field, fields_of
from bot.web.site import Site
from flows.engine.spec import Flow
from storage import figures, runs

LATEST = 20


def router(site: Site) -> APIRouter:
    """Return the routes of the pages about flows."""
    routes = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @routes.get("/flows")
    async def flows_page() -> str:
        async with site.database.read() as connection:
            seen = await figures.of_flows(connection)
        families: dict[str, list[tuple[Flow, list[Field]]]] = {}
        for each in site.catalogue().values():
            families.setdefault(each.family, []).append((each, fields_of(each.params)))
        return site.layout.page(
            "flows.html", families=families, figures=seen, last=figures.LAST_RUNS
        )

    @routes.get("/flows/{slug}", response_class=HTMLResponse)
    async def flow_page(slug: str) -> Response:
        known = site.catalogue()
        if slug not in known:
            return _elsewhere(known, slug)
        async with site.database.read() as connection:
            seen = await figures.of_flows(connection)
            latest = await runs.page(connection, flow=slug, limit=LATEST)
        page = site.layout.page(
            "flow.html",
            flow=known[slug],
            fields=fields_of(known[slug].params),
            figures=seen.get(slug),
            last=figures.LAST_RUNS,
            runs=latest,
        )
        return HTMLResponse(page)

    return routes


def _elsewhere(known: Mapping[str, Flow], word: str) -> Response:
    """Lead from an alias to its flow, and from a typing mistake to what may be meant."""
    for each in known.values():
        if each.alias == word:
            return RedirectResponse(f"/flows/{each.slug}", 307)
    near = get_close_matches(word, [*known, *(each.alias for each in known.values())], n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise HTTPException(404, f"There is no flow called {word[:80]}.{hint}")
