"""Serve an ASGI app on loopback inside the running event loop, for as long as a block lasts."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.types import ASGIApp


class _Server(uvicorn.Server):
    """uvicorn without its main loop: the process that embeds it owns signals and time."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def begin(self, listener: socket.socket) -> None:
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.startup([listener])

    async def end(self) -> None:
        """Hang up on everybody: a client that still holds a socket must not delay the exit."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # lets the aborted transports report that they are closed


@contextlib.asynccontextmanager
async def serve(app: ASGIApp, *, port: int = 0) -> AsyncIterator[str]:
    """Yield the base URL (`http://127.0.0.1:PORT`) under which `app` answers.

    Port 0 takes any free port. Raises OSError if the given port is taken.
    """
    # Named TCP, so that asyncio switches the delay of small packets off.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise OSError(f"Port {port} cannot be had: {error.strerror}.") from error
        config = uvicorn.Config(
            app,
            loop="none",
            lifespan="off",
            ws="websockets-sansio",
            log_config=None,
            proxy_headers=False,
        )
        config.access_log = False
        server = _Server(config)
        await server.begin(listener)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            await server.end()
