"""The list of runs, and the page of each run."""

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, StreamingResponse

from bot.web import reading
from bot.web.addresses import PAGE, BadCursor, Filters, cursor_of, place_of
from bot.web.entrance import Reader, Visitor
from bot.web.live import Live, streamed
from bot.web.reading import RunView
from bot.web.site import Site
from storage import projects, runs
from storage.records import ACTIVE, ENDED


def router(site: Site, live: Live) -> APIRouter:
    """Return the routes of the pages about runs, and of their news."""
    routes = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @routes.get("/runs")
    async def runs_page(
        visitor: Reader, state: str = "", flow: str = "", project: str = "", after: str = ""
    ) -> HTMLResponse:
        filters = Filters(state, flow, project)
        try:
            place = place_of(after)
        except BadCursor as error:
            raise HTTPException(404, "This page of the list does not exist.") from error
        async with site.database.read() as connection:
            found = await runs.page(
                connection, limit=PAGE + 1, after=place, state=state, flow=flow, project=project
            )
            active = await runs.active(connection)
            known = [each.name for each in await projects.every(connection)]
        page = site.layout.page(
            "runs.html",
            visitor=visitor,
            runs=found[:PAGE],
            older=cursor_of(found[PAGE - 1]) if len(found) > PAGE else "",
            after=after,
            filters=filters,
            active=active,
            states=(*ACTIVE, *ENDED),
            flows=sorted({*site.catalogue(), *([flow] if flow else [])}),
            projects=sorted({*known, *([project] if project else [])}),
        )
        return HTMLResponse(page)

    @routes.get("/runs/{run_id}")
    async def run_page(run_id: str, visitor: Reader) -> str:
        return await page_of(site, run_id, visitor)

    @routes.get("/runs/{run_id}/live")
    async def run_live(run_id: str, visitor: Reader) -> StreamingResponse:
        await _run(site, run_id)

        async def read() -> tuple[dict[str, str], bool]:
            view = await _run(site, run_id)
            return site.layout.fragments("run.html", view=view, visitor=visitor), view.run.ended

        return streamed(live.stream(run_id, read))

    return routes


async def page_of(site: Site, run_id: str, visitor: Visitor) -> str:
    """Return the page of a run as it stands; raises HTTPException where there is none."""
    return site.layout.page("run.html", view=await _run(site, run_id), visitor=visitor)


async def _run(site: Site, run_id: str) -> RunView:
    view = await reading.run_view(site, run_id)
    if view is None:
        raise HTTPException(404, f"There is no run with the id {run_id[:80]}.")
    return view
