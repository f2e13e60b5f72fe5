"""The pictures and files of a report, of what a plan shows, and of what a run told."""

import re
from urllib.parse import quote

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from bot.web.site import Site
from flows.report import Attachment, Figure, Report
from storage import journal, questions, runs

MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; ?charset=[\w-]+)?", re.ASCII)
# What comes out of a report is never a page of ours, whatever it claims to be.
SEALED = {"content-security-policy": "default-src 'none'; sandbox"}


def router(site: Site) -> APIRouter:
    """Return the routes of figures and files, by their place in the report (from 1)."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/runs/{run_id}/figures/{number:int}.png")
    async def figure(run_id: str, number: int) -> Response:
        return _picture(await _report(site, run_id), number)

    @routes.get("/runs/{run_id}/files/{number:int}")
    async def file(run_id: str, number: int) -> Response:
        return _download(await _report(site, run_id), number)

    @routes.get("/runs/{run_id}/plans/{question}/figures/{number:int}.png")
    async def plan_figure(run_id: str, question: str, number: int) -> Response:
        return _picture(await _shown(site, run_id, question), number)

    @routes.get("/runs/{run_id}/plans/{question}/files/{number:int}")
    async def plan_file(run_id: str, question: str, number: int) -> Response:
        return _download(await _shown(site, run_id, question), number)

    @routes.get("/runs/{run_id}/told/{place:int}/figures/{number:int}.png")
    async def told_figure(run_id: str, place: int, number: int) -> Response:
        return _picture(await _told(site, run_id, place), number)

    @routes.get("/runs/{run_id}/told/{place:int}/files/{number:int}")
    async def told_file(run_id: str, place: int, number: int) -> Response:
        return _download(await _told(site, run_id, place), number)

    return routes


async def _report(site: Site, run_id: str) -> Report:
    async with site.database.read() as connection:
        report = await runs.report(connection, run_id)
    if report is None:
        raise HTTPException(404, "This run has no report.")
    return report


async def _shown(site: Site, run_id: str, question_id: str) -> Report:
    async with site.database.read() as connection:
        asked = await questions.of_run(connection, run_id)
    for each in asked:
        if str(each.id) == question_id and each.question.show:
            return each.question.show
    raise HTTPException(404, "This run has no such plan.")


async def _told(site: Site, run_id: str, place: int) -> Report:
    async with site.database.read() as connection:
        told = await journal.told(connection, run_id)
    for each in told:
        if each.position == place:
            return each.report
    raise HTTPException(404, "This run has told no such thing.")


def _picture(report: Report, number: int) -> Response:
    match report.blocks[number - 1 : number] if number > 0 else ():
        case (Figure(png=png),):
            return Response(png, media_type="image/png", headers=SEALED)
        case _:
            raise HTTPException(404, "The report has no such figure.")


def _download(report: Report, number: int) -> Response:
    match report.blocks[number - 1 : number] if number > 0 else ():
        case (Attachment(name=name, media=media, content=content),):
            kind = media if MEDIA_TYPE.fullmatch(media) else "application/octet-stream"
            saved = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
            headers = SEALED | {"content-disposition": saved, "content-type": kind}
            return Response(content, headers=headers)
        case _:
            raise HTTPException(404, "The report has no such file.")
