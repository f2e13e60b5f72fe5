"""Failures on demand of services that are only read: which path, how often, with which words."""

from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from integrations.emulators.exchanges import Exchange, tell
from integrations.emulators.faults import next_of


@dataclass(slots=True)
class Break:
    """What goes wrong for the next `times` requests whose path contains `match`."""

    status: int
    times: int
    match: str
    message: str
    retry_after: int | None
    after: int


@dataclass(slots=True)
class Breaks:
    """The line of failures of one service, and how often each path was asked for."""

    service: str
    waiting: list[Break] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def fail(
        self,
        *,
        status: int = 502,
        times: int = 1,
        match: str = "",
        message: str = "",
        retry_after: int | None = None,
        after: int = 0,
    ) -> None:
        """Answer the next `times` requests with a failure, once `after` of them went well.

        `match` is a part of the path; `retry_after` is in seconds.
        """
        self.waiting.append(Break(status, times, match, message, retry_after, after))

    def broken(self, request: Request) -> Response | None:
        """Count a request; return the failure that it meets, or None where all is well."""
        path = request.url.path
        self.requests.append(f"{request.method} {path}")
        found = next_of(self.waiting, lambda each: each.match in path)
        if found is None:
            return None
        wait = {} if found.retry_after is None else {"retry-after": str(found.retry_after)}
        body = {"message": found.message or "It does not work just now."}
        return JSONResponse(body, found.status, wait)

    def told(self, request: Request, sent: object, response: Response, answer: object) -> Response:
        """Say what was answered to whoever listens, and return it."""
        url = request.url
        tell(
            Exchange(
                self.service,
                request.method,
                url.path,
                url.query,
                sent,
                response.status_code,
                answer,
            )
        )
        return response
