"""The part of the API that does something, on behalf of whoever the token names."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAlias
from uuid import uuid4

from fastapi import APIRouter, Header, HTTPException, Path, Response, Security
from fastapi.security import HTTPBearer
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.admin.changes import LARGEST, UNDO_CHANGE
from bot.catalogue import written
from bot.chat import Actor, Button, Origin
from bot.grammar import DRY_RUN, Heard, HelpWanted, Misread, Order, Verb, joined
from bot.locks import EXAMPLE, LONGEST_REASON, Wish
from bot.offers import CANCEL_AND_UNDO
from bot.pressing import TYPE
from bot.replies import Accepted, Form, FormErrors, Say, lack, sentence
from bot.schedules import schedule_id_of
from bot.web import locks, schedules, subscriptions
from bot.web.entrance import STATUS, Caller
from bot.web.site import Site
from flows.engine.locks import named
from storage import runs

API = Origin("api", "api", "")
LONGEST_KEY = 200
SCHEME = "What `python -m bot token` prints; it says on whose behalf you call."


def _readable(words: str) -> str:
    if "\0" in words:
        raise ValueError("there is a character in it that no text here has")
    return words


Words: TypeAlias = Annotated[str, AfterValidator(_readable)]
Reply: TypeAlias = Accepted | Say | Form | FormErrors
Value: TypeAlias = Words | bool | int | float
Key: TypeAlias = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=LONGEST_KEY,
        description="Whatever you choose: the same key of the same person is the same run.",
    ),
]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Start(Body):
    """What to run: a command as it is typed in the chat, or a flow and its parameters."""

    command: Words = Field("", examples=["release acme/shop --dry-run"])
    flow: Words = Field("", examples=["release-management"])
    params: dict[Words, Value] = Field({}, examples=[{"repo": "acme/shop"}])
    dry_run: bool = False


class Cancel(Body):
    """With `undo`, what the run has changed is taken back, once that is approved."""

    undo: bool = False


class Answer(Body):
    """One of the choices; or the values of its form, where the question has one."""

    choice: Words = Field("", examples=["approve"])
    values: dict[Words, Value] = Field({}, examples=[{"version": "1.2.0"}])


class NewSchedule(Body):
    """A command that is given again and again; `when` is plain words or a cron line."""

    when: Words = Field(examples=["weekdays 9:00 Europe/Berlin"])
    command: Words = Field(examples=["dora acme/shop"])
    catch_up: Literal["skip", "once", "all"] = "once"
    only_news: bool = False


class Lock(Body):
    """What to keep to oneself, and why; `lasts` is such as `4 h`, null until it is let go."""

    name: Words = Field(examples=[EXAMPLE])
    reason: Words = Field(max_length=LONGEST_REASON, examples=["We look for the leak"])
    lasts: Words | None = Field(None, examples=["2 h"])


class LockName(Body):
    """Which lock; to steal it, say why."""

    name: Words = Field(examples=[EXAMPLE])
    reason: Words = Field("", max_length=LONGEST_REASON, examples=["The fix has to go out"])


class LockOutcome(BaseModel):
    """What came of it, in one sentence, and how the lock stands; null where nobody holds it."""

    said: str
    lock: locks.LockEntry | None


class Started(BaseModel):
    """A run that was accepted; `new` is false where the same request was accepted before."""

    id: str
    url: str
    new: bool


class Outcome(BaseModel):
    """What came of it, in one sentence, and the run that was started for it."""

    said: str
    run: Started | None = None


class Changed(BaseModel):
    """What was changed, in one sentence; `change` is the number by which it can be taken back."""

    said: str
    change: int | None


class Problem(BaseModel):
    """Why not, in one sentence."""

    detail: str


RESPONSES: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "No token, or none that is still good"},
    403: {"model": Problem, "description": "Policy forbids it; the sentence says who may"},
    404: {"model": Problem, "description": "What is meant is not there"},
    409: {"model": Problem, "description": "It does not fit how things stand"},
    422: {"description": "The words or the values make no sense"},
}


def router(site: Site) -> APIRouter:
    """Return the routes under /api/v1 that need a token."""
    token = Security(HTTPBearer(auto_error=False, bearerFormat="JWT", description=SCHEME))
    routes = APIRouter(prefix="/api/v1", tags=["do"], responses=RESPONSES, dependencies=[token])

    @routes.post("/runs", status_code=201, summary="Start a run")
    async def start(asked: Start, by: Caller, response: Response, key: Key = "") -> Outcome:
        reply = await _started(site, asked, by, _trigger(by, key))
        if isinstance(reply, Accepted) and not reply.new:
            response.status_code = 200
        return _outcome(reply)

    @routes.post("/runs/{run_id}/cancel", summary="Stop a run")
    async def cancel(run_id: str, by: Caller, how: Cancel | None = None) -> Outcome:
        verb = CANCEL_AND_UNDO if how and how.undo else "cancel"
        return _outcome(await site.dispatch.act(verb, run_id, by, API, _trigger(by)))

    @routes.post("/runs/{run_id}/{verb}", summary="Play a run again, or take it back")
    async def act(
        run_id: str, verb: Literal["retry", "rerun", "real", "undo"], by: Caller, key: Key = ""
    ) -> Outcome:
        """`retry` goes on from where it failed; `real` starts a dry run for real."""
        trigger = _trigger(by, f"{verb} {run_id} {key}" if key else "")
        return _outcome(await site.dispatch.act(verb, run_id, by, API, trigger))

    @routes.post("/questions/{question_id}/answer", summary="Answer what a run asks")
    async def answer(question_id: int, said: Answer, by: Caller) -> Outcome:
        values = {name: _typed(value) for name, value in said.values.items()}
        reply = (
            await site.dispatch.answer_form(question_id, values, by, "api")
            if values
            else await site.dispatch.answer(question_id, said.choice, by, "api")
        )
        return _outcome(reply) if reply else Outcome(said="Your answer counts.")

    _of_schedules(site, routes)
    _of_subscriptions(site, routes)
    _of_locks(site, routes)
    return routes


def _of_schedules(site: Site, routes: APIRouter) -> None:
    @routes.post("/schedules", status_code=201, summary="Schedule a command")
    async def schedule(new: NewSchedule, by: Caller, key: Key = "") -> schedules.ScheduleEntry:
        trigger = _trigger(by, f"schedule {key}" if key else "")
        words = schedules.command_of(new.when, new.command, new.catch_up, only_news=new.only_news)
        _outcome(await site.dispatch.command(words, by, API, trigger))
        return await schedules.one(site, schedule_id_of(trigger))

    @routes.post("/schedules/{schedule_id}/{verb}", summary="Pause a schedule, or let it go on")
    async def change(schedule_id: str, verb: Literal["pause", "resume"], by: Caller) -> Outcome:
        return _outcome(await _changed(site, verb, schedule_id, by))

    @routes.delete("/schedules/{schedule_id}", summary="Remove a schedule; its runs stay")
    async def remove(schedule_id: str, by: Caller) -> Outcome:
        return _outcome(await _changed(site, "remove", schedule_id, by))


def _of_subscriptions(site: Site, routes: APIRouter) -> None:
    async def changed(verb: str, subscription_id: str, by: Actor) -> Changed:
        words = subscriptions.command_of(verb, subscription_id)
        reply = await site.dispatch.command(words, by, API, _trigger(by))
        number = _number(reply.buttons) if isinstance(reply, Say) else None
        return Changed(said=_outcome(reply).said, change=number)

    @routes.post(
        "/subscriptions/{subscription_id}/{verb}", summary="Pause a subscription, or let it go on"
    )
    async def change(subscription_id: str, verb: Literal["pause", "resume"], by: Caller) -> Changed:
        return await changed(verb, subscription_id, by)

    @routes.delete("/subscriptions/{subscription_id}", summary="End a subscription")
    async def end(subscription_id: str, by: Caller) -> Changed:
        return await changed(subscriptions.END, subscription_id, by)

    @routes.post("/changes/{number}/undo", summary="Take a change back")
    async def take_back(number: Annotated[int, Path(ge=1, le=LARGEST)], by: Caller) -> Outcome:
        words = joined([UNDO_CHANGE, str(number)])
        return _outcome(await site.dispatch.command(words, by, API, _trigger(by)))


def _of_locks(site: Site, routes: APIRouter) -> None:
    @routes.post("/locks", summary="Take a lock, or wait for it in its line")
    async def lock(wanted: Lock, by: Caller) -> LockOutcome:
        return await _locked(site, Wish("lock", wanted.name, wanted.reason, wanted.lasts), by)

    @routes.post("/locks/{verb}", summary="Let go of a lock, take it away, or ask to be told")
    async def change_lock(
        verb: Literal["unlock", "steal", "notify-me"], which: LockName, by: Caller
    ) -> LockOutcome:
        """`unlock` also leaves the line; `notify-me` sends one message once it is free."""
        return await _locked(site, Wish(verb, which.name, which.reason), by)


def _command(asked: Start) -> str:
    """Return what to run as it is typed in the chat."""
    if bool(asked.command) == bool(asked.flow):
        raise HTTPException(422, "Say what to run: either `command`, or `flow` and `params`.")
    values = (f"{name}={_typed(value)}" for name, value in asked.params.items())
    words = joined([asked.flow, *values]) if asked.flow else asked.command
    return f"{words} --{DRY_RUN}" if asked.dry_run else words


async def _started(site: Site, asked: Start, by: Actor, trigger: str) -> Reply:
    words = _command(asked)
    try:
        understood = await site.dispatch.understood(words, API)
    except Misread as misread:
        raise HTTPException(STATUS["misread"], str(misread)) from misread
    if isinstance(understood, Heard):
        understood = understood.meant
    if isinstance(understood, Verb | HelpWanted):
        raise HTTPException(422, "This starts no run: see the other addresses of this API.")
    reply = await site.dispatch.command(words, by, API, trigger)
    if isinstance(reply, Accepted) and not reply.new and isinstance(understood, Order):
        async with site.database.read() as connection:
            run = await runs.get(connection, reply.run_id)
        if run is None or run.command != understood.command:
            # Nobody would notice otherwise that it was not done.
            raise HTTPException(409, "This Idempotency-Key was used for another run already.")
    return reply


async def _changed(site: Site, verb: str, schedule_id: str, by: Actor) -> Reply:
    words = joined(["schedule", verb, schedule_id])
    return await site.dispatch.command(words, by, API, _trigger(by))


async def _locked(site: Site, wish: Wish, by: Actor) -> LockOutcome:
    said = _outcome(await site.dispatch.lock(wish, by, API)).said
    return LockOutcome(said=said, lock=await locks.one(site, named(wish.name)))


def _typed(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else written(value)


def _trigger(by: Actor, key: str = "") -> str:
    """Return what names a request: the same key of the same person is the same one."""
    return f"api:{by.platform}:{by.id}:{key}" if key else f"api:{uuid4()}"


def _outcome(reply: Reply) -> Outcome:
    """Return what came of a request; raises HTTPException where nothing did."""
    match reply:
        case Accepted(run_id, url, new, note):
            said = "It is accepted." if new else "It was accepted before."
            said = f"{said} {sentence(note)}" if note else said
            return Outcome(said=said, run=Started(id=run_id, url=url, new=new))
        case Say(report, "answer"):
            return Outcome(said=sentence(report))
        case Say(report, kind):
            raise HTTPException(STATUS[kind], sentence(report))
        case Form() as form:
            raise HTTPException(422, lack(form))
        case FormErrors(errors):
            told = (f"{name}: {why}" for name, why in errors.items())
            raise HTTPException(STATUS["misread"], " ".join(told))


def _number(buttons: Sequence[Button]) -> int | None:
    """Return the number of the change that a button takes back."""
    for each in buttons:
        verb, _, number = each.action.removeprefix(f"{TYPE}:").partition(" ")
        if verb == UNDO_CHANGE and number.isdecimal():
            return int(number)
    return None
