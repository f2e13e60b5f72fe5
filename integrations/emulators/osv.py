"""OSV in this process: recorded advisories, and whatever a test adds to them."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from integrations.emulators.breaks import Breaks
from integrations.registries.names import normalised
from integrations.registries.order import place

Json: TypeAlias = dict[str, Any]

INSTANT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday
RECORDED = Path(__file__).with_name("advisories.json")
MOST_QUERIES = 1_000
ECOSYSTEMS = frozenset(
    {"PyPI", "npm", "Go", "crates.io", "Maven", "NuGet", "RubyGems", "Packagist", "Pub", "Hex"}
)
# The codes of gRPC, which stand beside the statuses of HTTP.
INVALID, ABSENT = 3, 5


class Refusal(Exception):
    """What OSV does not do, in its own words."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message}


class OsvWorld:
    """The advisories; `now` is what this OSV believes the time to be, None follows the clock."""

    def __init__(self, *, now: datetime | None = INSTANT) -> None:
        self._now = now
        self.page_size = 1_000
        self.breaks = Breaks("osv")
        recorded: list[Json] = json.loads(RECORDED.read_text(encoding="utf-8"))
        self.advisories = {each["id"]: each for each in recorded}

    @property
    def clock(self) -> datetime:
        """What this OSV believes is now, in UTC."""
        return self._now or datetime.now(UTC)

    @clock.setter
    def clock(self, now: datetime | None) -> None:
        self._now = now

    def advisory(
        self,
        known_as: str,
        ecosystem: str,
        name: str,
        *,
        introduced: str = "0",
        fixed: str = "",
        **parts: object,
    ) -> Json:
        """Publish an advisory about one range of a package; `parts` are fields of OSV."""
        events = [{"introduced": introduced}, *([{"fixed": fixed}] if fixed else [])]
        kind = "ECOSYSTEM" if ecosystem == "PyPI" else "SEMVER"
        made: Json = {
            "schema_version": "1.6.0",
            "id": known_as,
            "published": self._stamp(),
            "modified": self._stamp(),
            "affected": [
                {
                    "package": {"ecosystem": ecosystem, "name": name},
                    "ranges": [{"type": kind, "events": events}],
                }
            ],
            **parts,
        }
        self.advisories[known_as] = made
        return made

    def change(self, known_as: str, **parts: object) -> None:
        """Change fields of an advisory, which tells when it was modified."""
        self.advisories[known_as] |= {**parts, "modified": self._stamp()}

    def withdraw(self, known_as: str) -> None:
        """Take an advisory back: it is found by its name, and no longer by a version."""
        self.change(known_as, withdrawn=self._stamp())

    def against(self, query: Mapping[str, Any]) -> list[Json]:
        """Return the advisories that a query finds; raises Refusal where it is none."""
        package = query.get("package") or {}
        ecosystem, name = str(package.get("ecosystem", "")), str(package.get("name", ""))
        if not ecosystem or not name:
            raise Refusal(400, INVALID, "Invalid query.")
        if ecosystem.partition(":")[0] not in ECOSYSTEMS:
            raise Refusal(400, INVALID, "Invalid ecosystem.")
        version, wanted = str(query.get("version", "")), (ecosystem, normalised(ecosystem, name))
        found = [
            each
            for each in self.advisories.values()
            if "withdrawn" not in each
            and any(
                _package(part) == wanted and (not version or _is_in(part, ecosystem, version))
                for part in each["affected"]
            )
        ]
        return sorted(found, key=lambda each: str(each["id"]))

    def page(self, query: Mapping[str, Any], *, whole: bool) -> Json:
        """Return one page of what a query finds: the advisories, or only their names."""
        found, at = self.against(query), _start(query.get("page_token"))
        shown = found[at : at + self.page_size]
        brief = [{"id": each["id"], "modified": each["modified"]} for each in shown]
        listed: Json = {"vulns": shown if whole else brief} if shown else {}
        following = at + self.page_size
        return listed | ({"next_page_token": _token(following)} if following < len(found) else {})

    def _stamp(self) -> str:
        return self.clock.isoformat().replace("+00:00", "Z")


def osv_app(world: OsvWorld) -> Starlette:
    """Return the app that answers for `world`."""

    async def endpoint(request: Request) -> Response:
        if (broken := world.breaks.broken(request)) is not None:
            return broken
        sent = _read(await request.body())
        try:
            status, body = 200, _answer(world, request, sent)
        except Refusal as refusal:
            status, body = refusal.status, refusal.body
        response = Response(msgspec.json.encode(body), status, media_type="application/json")
        return world.breaks.told(request, sent, response, body)

    return Starlette(
        routes=[
            Route("/v1/querybatch", endpoint, methods=["POST"]),
            Route("/v1/query", endpoint, methods=["POST"]),
            Route("/v1/vulns/{id:path}", endpoint, methods=["GET"]),
        ]
    )


def _answer(world: OsvWorld, request: Request, sent: Json | None) -> Json:
    if request.method == "GET":
        found = world.advisories.get(request.path_params["id"])
        if found is None:
            raise Refusal(404, ABSENT, "Bug not found.")
        return found
    if sent is None:
        raise Refusal(400, INVALID, "Invalid query.")
    if request.url.path.endswith("/query"):
        return world.page(sent, whole=True)
    queries = sent.get("queries") or []
    if len(queries) > MOST_QUERIES:
        raise Refusal(400, INVALID, "Too many queries.")
    return {"results": [world.page(query, whole=False) for query in queries]}


def _read(raw: bytes) -> Json | None:
    try:
        sent = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return sent if isinstance(sent, dict) else None


def _token(at: int) -> str:
    return base64.urlsafe_b64encode(str(at).encode()).decode()


def _start(token: object) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(str(token)))
    except ValueError:
        raise Refusal(400, INVALID, "Invalid page token.") from None


def _package(part: Json) -> tuple[str, str]:
    package = part["package"]
    return package["ecosystem"], normalised(package["ecosystem"], package["name"])


def _is_in(part: Json, ecosystem: str, version: str) -> bool:
    """Return whether a version is listed, or lies in one of the ranges."""
    if version in part.get("versions", ()):
        return True
    here = place(ecosystem, version)
    return any(
        _is_open(span["events"], ecosystem, here)
        for span in part.get("ranges", ())
        if span["type"] != "GIT"
    )


def _is_open(events: list[dict[str, str]], ecosystem: str, here: tuple[object, ...]) -> bool:
    """Walk from turn to turn up to a version; return whether it is affected there."""

    def key(turn: tuple[str, str]) -> tuple[object, ...]:
        kind, number = turn
        # 0 is before everything, and what is fixed may be introduced again at once.
        return (number != "0", place(ecosystem, number) if number != "0" else (), kind)

    affected = False
    for kind, number in sorted((next(iter(each.items())) for each in events), key=key):
        start = () if number == "0" else place(ecosystem, number)
        if kind == "introduced" and here >= start:
            affected = True
        elif (kind == "fixed" and here >= start) or (kind == "last_affected" and here > start):
            affected = False
    return affected
