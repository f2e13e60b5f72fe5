"""Smart HTTP: clone, fetch and push through git's own upload-pack and receive-pack."""

import asyncio
import contextlib
import zlib
from collections.abc import AsyncIterator, Coroutine

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from integrations.emulators.github.git import Git, git_program

SERVICES = ("git-upload-pack", "git-receive-pack")
_CHUNK = 64 * 1024
_FRESH = {"cache-control": "no-cache, max-age=0, must-revalidate"}


async def advertise(request: Request, git: Git, service: str) -> Response:
    """Answer `info/refs`: what the repository has, in the protocol the client asked for."""
    process = await _start(request, git, service, "--advertise-refs")
    out, _ = await process.communicate()
    protocol = request.headers.get("git-protocol", "")
    head = b"" if "version=2" in protocol else _packet(f"# service={service}\n") + b"0000"
    return Response(head + out, media_type=f"application/x-{service}-advertisement", headers=_FRESH)


async def exchange(request: Request, git: Git, service: str) -> Response:
    """Pass what the client wants to git and stream git's side back."""
    wants = await request.body()  # a few lines; the answer is what can be large
    process = await _start(request, git, service)
    return StreamingResponse(
        _talk(process, _feed(request, process, _once(wants))),
        media_type=f"application/x-{service}-result",
        headers=_FRESH,
    )


async def push(request: Request, git: Git) -> Response:
    """Take a push; the answer waits until git is through, so that the world can follow."""
    process = await _start(request, git, "git-receive-pack")
    talk = _talk(process, _feed(request, process, request.stream()))
    out = b"".join([part async for part in talk])
    return Response(out, media_type="application/x-git-receive-pack-result", headers=_FRESH)


async def _once(part: bytes) -> AsyncIterator[bytes]:
    yield part


def _packet(text: str) -> bytes:
    return f"{len(text) + 4:04x}{text}".encode()


async def _start(
    request: Request, git: Git, service: str, *flags: str
) -> asyncio.subprocess.Process:
    version = request.headers.get("git-protocol", "")
    safe = version if version in ("version=1", "version=2") else ""
    return await asyncio.create_subprocess_exec(
        git_program(),
        service.removeprefix("git-"),
        "--stateless-rpc",
        *flags,
        str(git.path),
        env={**git.env, "GIT_PROTOCOL": safe},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def _talk(
    process: asyncio.subprocess.Process, feed: Coroutine[None, None, None]
) -> AsyncIterator[bytes]:
    feeding = asyncio.create_task(feed)
    try:
        while process.stdout and (part := await process.stdout.read(_CHUNK)):
            yield part
        await feeding
        await process.wait()
    finally:
        feeding.cancel()
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await asyncio.gather(feeding, process.wait(), return_exceptions=True)


async def _feed(
    request: Request, process: asyncio.subprocess.Process, parts: AsyncIterator[bytes]
) -> None:
    """Hand the request's body to git, unpacked if the client packed it."""
    sink = process.stdin
    if sink is None:
        return
    packed = request.headers.get("content-encoding") in ("gzip", "x-gzip")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16) if packed else None
    try:
        async for part in parts:
            sink.write(unpack.decompress(part) if unpack else part)
            await sink.drain()
        if unpack:
            sink.write(unpack.flush())
    except (BrokenPipeError, ConnectionResetError):  # git has heard enough
        return
    finally:
        sink.close()
