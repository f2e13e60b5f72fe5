"""PyPI, npm, Go's proxy and crates.io in this process, each under a path of its own."""

import hashlib
import re
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from integrations.emulators.packages import Kept, PackagesWorld, stamp
from integrations.registries.names import normalised
from integrations.registries.order import is_prerelease

Json: TypeAlias = dict[str, Any]
Answer: TypeAlias = Json | str | Response
Door: TypeAlias = Callable[[PackagesWorld, Request], tuple[int, Answer]]

SHORT = "application/vnd.npm.install-v1+json"
PATHS = ("pypi", "npm", "go", "crates")
_ESCAPED = re.compile(r"!([a-z])")
_CAPITAL = re.compile(r"[A-Z]")


def registries_app(world: PackagesWorld) -> Starlette:
    """Return the app that answers for all of them: /pypi, /npm, /go and /crates."""

    def route(path: str, door: Door) -> Route:
        async def endpoint(request: Request) -> Response:
            if (broken := world.breaks.broken(request)) is not None:
                return broken
            status, answer = door(world, request)
            said = None if isinstance(answer, Response) else answer
            return world.breaks.told(request, None, _response(request, status, answer), said)

        return Route(path, endpoint, methods=["GET"])

    return Starlette(
        routes=[
            route("/pypi/pypi/{name}/json", _pypi),
            route("/npm/{name:path}", _npm),
            route("/go/{module:path}/@latest", _go_latest),
            route("/go/{module:path}/@v/list", _go_list),
            route("/go/{module:path}/@v/{version}.info", _go_info),
            route("/go/{module:path}/@v/{version}.mod", _go_mod),
            route("/crates/api/v1/crates/{name}", _crates),
        ]
    )


def addresses_at(url: str) -> dict[str, str]:
    """Return where each registry answers when all are served at an address, by its setting."""
    return {f"{name}_url": f"{url}/{name}" for name in PATHS}


def _response(request: Request, status: int, answer: Answer) -> Response:
    """Return the answer, or that it still is what the caller has."""
    if isinstance(answer, Response):
        return answer
    is_text = isinstance(answer, str)
    body = answer.encode() if isinstance(answer, str) else msgspec.json.encode(answer)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": etag} if status < 400 else {}  # noqa: PLR2004 - HTTP's own number
    if headers and request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    kind = "text/plain; charset=utf-8" if is_text else "application/json"
    return Response(body, status, headers, kind)


def _pypi(world: PackagesWorld, request: Request) -> tuple[int, Answer]:
    name = request.path_params["name"]
    kept = world.found("PyPI", name)
    if kept is None:
        return 404, {"message": "Not Found"}
    canonical = normalised("PyPI", kept.name)
    if name != canonical:
        return 301, RedirectResponse(f"/pypi/pypi/{canonical}/json", 301)
    info = {
        "name": kept.name,
        "version": kept.latest,
        "license": None,
        "license_expression": kept.licence or None,
        "classifiers": ["Programming Language :: Python :: 3"],
        "requires_python": kept.requires or None,
        "yanked": False,
        "yanked_reason": None,
    }
    files = {number: _files(kept, number) for number in kept.in_order}
    return 200, {
        "info": info,
        "last_serial": 1,
        "releases": files,
        "urls": files.get(kept.latest, []),
        "vulnerabilities": [],
    }


def _files(kept: Kept, number: str) -> list[Json]:
    release = kept.releases[number]
    return [
        {
            "filename": f"{kept.name}-{number}{ending}",
            "packagetype": kind,
            "requires_python": kept.requires or None,
            "upload_time": release.at.strftime("%Y-%m-%dT%H:%M:%S"),
            "upload_time_iso_8601": stamp(release.at),
            "yanked": release.yanked is not None,
            "yanked_reason": release.yanked or None,
        }
        for ending, kind in (("-py3-none-any.whl", "bdist_wheel"), (".tar.gz", "sdist"))
    ]


def _npm(world: PackagesWorld, request: Request) -> tuple[int, Answer]:
    kept = world.found("npm", request.path_params["name"])
    if kept is None:
        return 404, {"error": "Not found"}
    is_short = SHORT in request.headers.get("accept", "")
    early = [each for each in kept.in_order if is_prerelease("npm", each)]
    tags = {"latest": kept.latest} | ({"next": early[-1]} if early else {})
    times = {number: stamp(release.at) for number, release in kept.releases.items()}
    document: Json = {
        "name": kept.name,
        "dist-tags": tags,
        "versions": {number: _manifest(kept, number, short=is_short) for number in kept.in_order},
    }
    if is_short:
        return 200, document | {"modified": max(times.values())}
    span = {"created": min(times.values()), "modified": max(times.values())}
    return 200, document | {"_id": kept.name, "license": kept.licence, "time": span | times}


def _manifest(kept: Kept, number: str, *, short: bool) -> Json:
    manifest: Json = {"name": kept.name, "version": number, "dist": {"shasum": "", "tarball": ""}}
    if kept.requires:
        manifest["engines"] = {"node": kept.requires}
    if (why := kept.releases[number].deprecated) is not None:
        manifest["deprecated"] = why
    return manifest if short else manifest | {"license": kept.licence}


def _go_list(world: PackagesWorld, request: Request) -> tuple[int, Answer]:
    kept = _module(world, request)
    return (200, "".join(f"{each}\n" for each in kept.in_order)) if kept else _no_module(request)


def _go_latest(world: PackagesWorld, request: Request) -> tuple[int, Answer]:
    kept = _module(world, request)
    return (200, _go(kept, kept.latest)) if kept else _no_module(request)


def _go_info(world: PackagesWorld, request: Request) -> tuple[int, Answer]:
    kept, number = _module(world, request), _unescaped(request.path_params["version"])
    if kept is None:
        return _no_module(request)
    if number not in kept.releases:
        return 404, f"not found: {kept.name}@{number}: invalid version: unknown revision {number}"
    return 200, _go(kept, number)


def _go_mod(world: PackagesWorld, request: Request) -> tuple[int, Answer]:
    kept, number = _module(world, request), _unescaped(request.path_params["version"])
    if kept is None:
        return _no_module(request)
    if number not in kept.releases:
        return 404, f"not found: {kept.name}@{number}: invalid version: unknown revision {number}"
    said = {each.deprecated for each in kept.releases.values() if each.deprecated}
    lines = [f"// Deprecated: {words}" for words in sorted(said)[:1]]
    lines += [f"module {kept.name}", "", "go 1.22"]
    for each, release in kept.releases.items():
        if release.yanked is not None:
            lines += ["", f"retract {each} // {release.yanked}"]
    return 200, "".join(f"{line}\n" for line in lines)


def _go(kept: Kept, number: str) -> Json:
    return {"Version": number, "Time": kept.releases[number].at.strftime("%Y-%m-%dT%H:%M:%SZ")}


def _module(world: PackagesWorld, request: Request) -> Kept | None:
    path = request.path_params["module"]
    return None if _CAPITAL.search(path) else world.found("Go", _unescaped(path))


def _no_module(request: Request) -> tuple[int, Answer]:
    path = request.path_params["module"]
    if _CAPITAL.search(path):
        return 400, f'bad request: invalid escaped module path "{path}"'
    return 404, f"not found: module {_unescaped(path)}: no matching versions"


def _unescaped(path: str) -> str:
    return _ESCAPED.sub(lambda found: found[1].upper(), path)


def _crates(world: PackagesWorld, request: Request) -> tuple[int, Answer]:
    if not request.headers.get("user-agent"):
        return 403, PlainTextResponse("Every request needs a User-Agent header.", 403)
    name = request.path_params["name"]
    kept = world.found("crates.io", name)
    if kept is None:
        return 404, {"errors": [{"detail": f"crate `{name}` does not exist"}]}
    crate = {
        "id": kept.name,
        "name": kept.name,
        "max_stable_version": kept.latest,
        "newest_version": max(kept.releases, key=lambda each: kept.releases[each].at),
    }
    return 200, {"crate": crate, "versions": [_crate(kept, each) for each in kept.in_order[::-1]]}


def _crate(kept: Kept, number: str) -> Json:
    release = kept.releases[number]
    return {
        "crate": kept.name,
        "num": number,
        "created_at": stamp(release.at),
        "yanked": release.yanked is not None,
        "yank_message": release.yanked or None,
        "license": kept.licence,
        "rust_version": kept.requires or None,
    }
