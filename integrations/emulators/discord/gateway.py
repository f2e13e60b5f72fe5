"""The gateway of an emulated Discord: sessions that can be resumed, and events for them."""

import asyncio
import json
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from integrations.emulators.discord.model import Json

DISPATCH, HEARTBEAT, IDENTIFY, RESUME = 0, 1, 2, 6
RECONNECT, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 7, 9, 10, 11
HEARTBEAT_EVERY = 41_250  # milliseconds
UNKNOWN_OPCODE, NOT_AUTHENTICATED, BAD_TOKEN, DISALLOWED_INTENTS = 4001, 4003, 4004, 4014
ALREADY_AUTHENTICATED = 4005


@dataclass(slots=True)
class Session:
    """What one client was sent; `socket` is None while it is away."""

    id: str
    intents: int
    socket: WebSocket | None
    events: list[Json] = field(default_factory=list)


class Gateway:
    """Keeps sessions and sends them events; `hello` yields those that greet a new one."""

    def __init__(
        self, token: str, hello: Callable[[str], list[tuple[str, Json]]], touch: Callable[[], None]
    ) -> None:
        self.sessions: dict[str, Session] = {}
        self.resumed = 0
        self.identified = 0
        self.forbidden = 0  # intents that are not switched on for the application
        self._token = token
        self._hello = hello
        self._touch = touch
        self._sending: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        return any(each.socket for each in self.sessions.values())

    async def attend(self, socket: WebSocket) -> None:
        """Serve one connection until it ends."""
        await socket.accept()
        await socket.send_json({"op": HELLO, "d": {"heartbeat_interval": HEARTBEAT_EVERY}})
        session: Session | None = None
        try:
            while True:
                said: Json = json.loads(await socket.receive_text())
                match said.get("op"):
                    case each if each == HEARTBEAT:
                        await socket.send_json({"op": HEARTBEAT_ACK})
                    case each if each == IDENTIFY and session:
                        await socket.close(ALREADY_AUTHENTICATED)
                    case each if each == IDENTIFY:
                        session = await self._identify(socket, said["d"])
                    case each if each == RESUME:
                        session = await self._resume(socket, said["d"])
                    case _ if session is None:
                        await socket.close(NOT_AUTHENTICATED)
                    case each if each in (3, 4, 8):  # presence, voice and members: not here
                        pass
                    case _:
                        await socket.close(UNKNOWN_OPCODE)
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            if session and session.socket is socket:
                session.socket = None
            self._touch()

    async def _identify(self, socket: WebSocket, said: Json) -> Session | None:
        self.identified += 1
        if said.get("token") != self._token:
            await socket.close(BAD_TOKEN)
            return None
        if said.get("intents", 0) & self.forbidden:
            await socket.close(DISALLOWED_INTENTS)
            return None
        session = Session(secrets.token_hex(16), said["intents"], socket)
        self.sessions[session.id] = session
        for kind, data in self._hello(session.id):
            await self._send(session, self._recorded(session, kind, data))
        self._touch()
        return session

    async def _resume(self, socket: WebSocket, said: Json) -> Session | None:
        session = self.sessions.get(said.get("session_id", ""))
        if session is None or said.get("token") != self._token:
            await socket.send_json({"op": INVALID_SESSION, "d": False})
            return None
        session.socket = socket
        self.resumed += 1
        for event in session.events[said.get("seq") or 0 :]:
            await socket.send_json(event)
        await self._send(session, self._recorded(session, "RESUMED", {}))
        self._touch()
        return session

    def dispatch(self, kind: str, data: Json) -> None:
        """Send an event to everybody, also to those who are away and may come back for it."""
        for session in self.sessions.values():
            event = self._recorded(session, kind, data)
            if session.socket:
                self._spawn(self._send(session, event))

    def _recorded(self, session: Session, kind: str, data: Json) -> Json:
        event = {"op": DISPATCH, "t": kind, "s": len(session.events) + 1, "d": data}
        session.events.append(event)
        return event

    async def _send(self, session: Session, event: Json) -> None:
        if session.socket is None:
            return
        try:
            await session.socket.send_json(event)
        except (WebSocketDisconnect, RuntimeError):
            session.socket = None

    async def reconnect(self) -> None:
        """Ask every client to come back, as Discord does from time to time."""
        for session in self._present():
            await session.socket.send_json({"op": RECONNECT, "d": None})  # type: ignore[union-attr] # present

    async def drop(self, code: int = 4000) -> None:
        """Hang up on every client."""
        for session in self._present():
            socket, session.socket = session.socket, None
            await socket.close(code)  # type: ignore[union-attr] # present

    async def invalidate(self) -> None:
        """End every session: the clients have to identify themselves anew."""
        present = self._present()
        self.sessions.clear()
        for session in present:
            await session.socket.send_json({"op": INVALID_SESSION, "d": False})  # type: ignore[union-attr] # present

    def _present(self) -> list[Session]:
        return [each for each in self.sessions.values() if each.socket]

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def close(self) -> None:
        """Give up what is still to be sent."""
        for task in list(self._sending):
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
