"""Bodies of requests that come in: read whole, and refused as soon as they are too long."""

from starlette.types import Receive


class Refusal(Exception):
    """What is not taken: the status, and why in one sentence."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


async def whole(receive: Receive, most: int) -> bytes:
    """Return the whole body; raises Refusal where it has more than so many bytes, or no end."""
    parts: list[bytes] = []
    size = 0
    while size <= most:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refusal(400, "The sender hung up before the end.")
        part: bytes = message.get("body", b"")
        if not message.get("more_body"):
            if size + len(part) > most:
                break
            return b"".join((*parts, part)) if parts else part
        parts.append(part)
        size += len(part)
    raise Refusal(413, f"A body has at most {most:,} bytes here.")
