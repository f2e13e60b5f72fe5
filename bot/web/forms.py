"""What the forms of the pages do: each leads on to a page that says what came of it."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.chat import Actor, Origin
from bot.grammar import joined
from bot.locks import CHANGES as LOCK_VERBS
from bot.locks import Wish
from bot.offers import CANCEL_AND_UNDO, VERBS
from bot.replies import Accepted, FormErrors, Say
from bot.schedules import CHANGES
from bot.web import catalogue, history, locks, schedules, subscriptions
from bot.web.entrance import STATUS, UNKNOWN, WAYS_BACK, Form, Posted, Reader, Visitor
from bot.web.site import Site
from flows.report import Report

WEB = Origin("web", "web", "")
BEGINS = "It begins: this page shows how it goes."
TWICE = "That was asked for already: this is the run."
BEGUN = {
    "undo": "This is the run that takes it back: it shows its plan, which needs a yes.",
    CANCEL_AND_UNDO: "The run is told to stop; this one takes back what it has changed.",
}


def router(site: Site) -> APIRouter:
    """Return the routes that take forms."""
    routes = APIRouter(include_in_schema=False)
    _of_runs(site, routes)
    _of_questions(site, routes)
    _of_flows(site, routes)
    _of_schedules(site, routes)
    _of_subscriptions(site, routes)
    _of_locks(site, routes)
    _of_ways_back(site, routes)
    return routes


def _of_runs(site: Site, routes: APIRouter) -> None:
    @routes.post("/runs/{run_id}/{verb}")
    async def act(run_id: str, verb: str, form: Form, request: Request) -> Response:
        if verb not in VERBS:
            raise HTTPException(404, "Nothing of that kind can be done with a run.")
        undoes_too = verb == "cancel" and "undo" in form.values
        wanted = CANCEL_AND_UNDO if undoes_too else verb
        reply = await site.dispatch.act(wanted, run_id, form.by, WEB, form.key)
        match reply:
            case Accepted(begun, _, new):
                told = BEGUN.get(wanted, BEGINS) if new else TWICE
                return _led_on(site, request, form, f"/runs/{begun}", _good(told))
            case Say(kind="answer"):
                return _led_on(site, request, form, _address(run_id), reply)
            case Say():
                return await _refused(site, form, run_id, reply)


def _of_questions(site: Site, routes: APIRouter) -> None:
    @routes.get("/runs/{run_id}/questions/{question}")
    async def ask(run_id: str, question: int, visitor: Reader) -> HTMLResponse:
        if visitor.actor is None:
            raise HTTPException(401, UNKNOWN)
        return await _asked(site, visitor, visitor.actor, run_id, question)

    @routes.post("/runs/{run_id}/questions/{question}/form")
    async def fill(run_id: str, question: int, form: Form, request: Request) -> Response:
        reply = await site.dispatch.answer_form(question, form.values, form.by, WEB.door)
        match reply:
            case FormErrors(errors):
                typed = (form.values, errors)
                return await _asked(site, form.visitor, form.by, run_id, question, typed)
            case Say():
                return await _refused(site, form, run_id, reply)
            case None:
                told = _good("Your answer counts.")
                return _led_on(site, request, form, _address(run_id), told)

    @routes.post("/runs/{run_id}/questions/{question}")
    async def answer(run_id: str, question: int, form: Form, request: Request) -> Response:
        choice = form.values.get("choice", "")
        reply = await site.dispatch.answer(question, choice, form.by, WEB.door)
        if reply:
            return await _refused(site, form, run_id, reply)
        counted = _good(f"Your answer counts: {choice}.")
        return _led_on(site, request, form, _address(run_id), counted)


def _of_flows(site: Site, routes: APIRouter) -> None:
    @routes.post("/flows/{slug}")
    async def start(slug: str, form: Form, request: Request) -> Response:
        flow = site.catalogue().get(slug)
        if flow is None:
            raise HTTPException(404, "There is no flow with this name.")
        typed = dict(form.values)
        for each in catalogue.inputs_of(flow, {}):
            # A box without a tick sends nothing, and nothing would mean its default.
            if each.kind == "flag" and each.value == "True":
                typed.setdefault(each.name, "false")
        reply = await site.dispatch.submit_form(slug, typed, form.by, WEB, form.key)
        match reply:
            case Accepted(begun, _, new):
                told = _good(BEGINS if new else TWICE)
                return _led_on(site, request, form, f"/runs/{begun}", told)
            case Say():
                visitor = form.visitor.told(reply)
                page = await catalogue.page_of(site, flow, visitor, typed, {})
                return HTMLResponse(page, STATUS[reply.kind])
            case FormErrors(errors):
                page = await catalogue.page_of(site, flow, form.visitor, typed, errors)
                return HTMLResponse(page, STATUS["misread"])


def _of_schedules(site: Site, routes: APIRouter) -> None:
    @routes.post("/schedules")
    async def make(form: Form, request: Request) -> Response:
        typed = form.values
        command = schedules.command_of(
            typed.get("when", ""),
            typed.get("command", ""),
            typed.get("catch_up", "once"),
            only_news=False,
        )
        return await _scheduled(site, request, form, command)

    @routes.post("/schedules/{schedule_id}/{verb}")
    async def change(schedule_id: str, verb: str, form: Form, request: Request) -> Response:
        if verb not in CHANGES:
            raise HTTPException(404, "Nothing of that kind can be done with a schedule.")
        return await _scheduled(site, request, form, joined(["schedule", verb, schedule_id]))


def _of_subscriptions(site: Site, routes: APIRouter) -> None:
    @routes.post("/subscriptions/{subscription_id}/{verb}")
    async def change(subscription_id: str, verb: str, form: Form, request: Request) -> Response:
        if verb not in subscriptions.CHANGES:
            raise HTTPException(404, "Nothing of that kind can be done with a subscription.")
        command = subscriptions.command_of(verb, subscription_id)
        reply = await site.dispatch.command(command, form.by, WEB, form.key)
        if not isinstance(reply, Say):
            raise HTTPException(422, "This is no subscription.")
        if reply.kind == "answer":
            return _led_on(site, request, form, "/subscriptions", reply)
        page = await subscriptions.page_of(site, form.visitor.told(reply))
        return HTMLResponse(page, STATUS[reply.kind])


def _of_ways_back(site: Site, routes: APIRouter) -> None:
    @routes.post("/back")
    async def take_back(form: Form, request: Request) -> Response:
        """Say what the button beside the last answer stands for."""
        command = form.values.get("command", "")
        place = WAYS_BACK.get(command.partition(" ")[0])
        reply = await site.dispatch.command(command, form.by, WEB, form.key) if place else None
        if place is None or not isinstance(reply, Say):
            raise HTTPException(404, "That is no way back from anything.")
        return _led_on(site, request, form, place, reply)


def _of_locks(site: Site, routes: APIRouter) -> None:
    @routes.post("/locks")
    async def lock(form: Form, request: Request) -> Response:
        return await act("lock", form, request)

    @routes.post("/locks/{verb}")
    async def act(verb: str, form: Form, request: Request) -> Response:
        meant = next((each for each in LOCK_VERBS if each == verb), None)
        if meant is None:
            raise HTTPException(404, "Nothing of that kind can be done with a lock.")
        name, why, lasts = (form.values.get(each, "") for each in ("name", "reason", "for"))
        wish = Wish(meant, name, why, lasts.strip() or None)
        reply = await site.dispatch.lock(wish, form.by, WEB)
        if reply.kind == "answer":
            return _led_on(site, request, form, "/locks", reply)
        typed = {**form.values, "verb": meant}
        page = await locks.page_of(site, form.visitor.told(reply), typed)
        return HTMLResponse(page, STATUS[reply.kind])


async def _scheduled(site: Site, request: Request, form: Posted, command: str) -> Response:
    reply = await site.dispatch.command(command, form.by, WEB, form.key)
    if not isinstance(reply, Say):
        raise HTTPException(422, "This is no schedule.")
    if reply.kind == "answer":
        return _led_on(site, request, form, "/schedules", reply)
    page = await schedules.page_of(site, form.visitor.told(reply), typed=form.values)
    return HTMLResponse(page, STATUS[reply.kind])


def _led_on(site: Site, request: Request, form: Posted, address: str, reply: Say) -> Response:
    """Lead to a page that says what came of the form, and can be loaded again."""
    response = RedirectResponse(address, 303)
    site.entrance.say(request, response, form.visitor, reply)
    return response


async def _asked(
    site: Site,
    visitor: Visitor,
    by: Actor,
    run_id: str,
    question: int,
    typed: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
) -> HTMLResponse:
    """Show the form that answers a question, as somebody has filled it in."""
    values, errors = typed
    found = await site.dispatch.form(question, by)
    if isinstance(found, Say):
        page = await history.page_of(site, run_id, visitor.told(found))
        return HTMLResponse(page, STATUS[found.kind])
    fields = [replace(each, value=values.get(each.name, each.value)) for each in found.fields]
    page = site.layout.page(
        "question.html", visitor=visitor, run_id=run_id, asked=found, fields=fields, errors=errors
    )
    return HTMLResponse(page, STATUS["misread"] if errors else 200)


async def _refused(site: Site, form: Posted, run_id: str, reply: Say) -> Response:
    """Show the run as it stands, and why the form does not count."""
    page = await history.page_of(site, run_id, form.visitor.told(reply))
    return HTMLResponse(page, STATUS[reply.kind])


def _address(run_id: str) -> str:
    return f"/runs/{quote(run_id, safe='')}"


def _good(told: str) -> Say:
    return Say(Report("", told, "good"))
