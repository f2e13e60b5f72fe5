"""The overview and the files that every page refers to."""

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from bot.web import reading
from bot.web.entrance import Reader
from bot.web.live import Live, streamed
from bot.web.site import Site


def router(site: Site, live: Live) -> APIRouter:
    """Return the routes of the overview, of its news and of our own files."""
    routes = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @routes.get("/")
    async def overview(visitor: Reader) -> str:
        seen = await reading.overview(site)
        return site.layout.page("overview.html", view=seen, visitor=visitor)

    @routes.get("/live")
    async def overview_live(_: Reader) -> StreamingResponse:
        async def read() -> tuple[dict[str, str], bool]:
            seen = await reading.overview(site)
            return site.layout.fragments("overview.html", view=seen), False

        return streamed(live.stream("", read))

    @routes.get("/static/{name}")
    async def asset(name: str) -> Response:
        found = site.layout.assets.get(name)
        if found is None:
            raise HTTPException(404, "There is no such file.")
        forever = {"cache-control": "public, max-age=31536000, immutable"}
        return Response(found.content, media_type=found.media, headers=forever)

    return routes
