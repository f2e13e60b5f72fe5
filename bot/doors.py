"""What every chat surface needs: the way in, where a card goes, and how it says sorry."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from bot.chat import Actor, Card, MessageRef, Origin, ThreadRef
from bot.home import Home
from bot.replies import Accepted, Form, FormErrors, Say
from bot.shortcuts import Posted
from flows.report import Report
from integrations.errors import NotFound, Refused, Unauthorized

APOLOGY = Report("", "Something went wrong on my side; it is in my log. Please try again.", "bad")


class Dispatch(Protocol):
    """What a surface needs of `bot.dispatch.Dispatch`."""

    async def command(
        self, text: str, by: Actor, origin: Origin, key: str
    ) -> Accepted | Say | Form: ...

    async def submit_form(
        self, flow: str, values: Mapping[str, str], by: Actor, origin: Origin, key: str
    ) -> Accepted | Say | FormErrors: ...

    async def press(
        self, action: str, by: Actor, origin: Origin, key: str
    ) -> Accepted | Say | Form | None: ...

    async def home(self, by: Actor) -> Home: ...

    async def glance(self, run_id: str) -> Card | None: ...

    async def shortcut(
        self, name: str, posted: Posted, by: Actor, origin: Origin
    ) -> Form | Say: ...

    async def answer_form(
        self, question_id: int, values: Mapping[str, str], by: Actor, door: str = ""
    ) -> Say | FormErrors | None: ...


async def posted(
    post: Callable[[ThreadRef], Awaitable[MessageRef]],
    where: ThreadRef,
    by: Actor,
    direct: Callable[[Actor], Awaitable[str]],
) -> MessageRef:
    """Post a card where it belongs, or to who asked where we may not write there."""
    try:
        return await post(where)
    except Unauthorized:
        raise  # it is not the place
    except (NotFound, Refused):
        if by.platform != where.platform:
            raise
        there = ThreadRef(where.platform, await direct(by))
        if there.channel == where.channel:
            raise
        return await post(there)
