"""What OSV and the registries publish about their requests and answers, as far as we rely on it.

Written down by hand from https://ossf.github.io/osv-schema, https://google.github.io/osv.dev/api,
the JSON API's pages of PyPI, https://github.com/npm/registry, https://go.dev/ref/mod and the data
access page of crates.io, since none of them comes as a file with the other contracts.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator

from integrations.emulators.exchanges import Exchange

OK = 200
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
TEXT = {"type": "string"}
WORDS = {"type": ["string", "null"]}


def _object(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - a JSON schema
    fields = {**required, **(optional or {})}
    return {"type": "object", "properties": fields, "required": [*required]}


def _closed(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - a JSON schema
    return {**_object(required, optional), "additionalProperties": False}


def _list(of: Any) -> Any:  # noqa: ANN401 - a JSON schema
    return {"type": "array", "items": of}


def _map(of: Any) -> Any:  # noqa: ANN401 - a JSON schema
    return {"type": "object", "additionalProperties": of}


_PACKAGE = _closed({"ecosystem": TEXT, "name": TEXT}, {"purl": TEXT})
_QUERY = _closed({"package": _PACKAGE}, {"version": TEXT, "page_token": TEXT})
_EVENT = {
    **_closed({}, dict.fromkeys(("introduced", "fixed", "last_affected", "limit"), TEXT)),
    "minProperties": 1,
    "maxProperties": 1,
}
_RANGE = _closed(
    {"type": {"enum": ["GIT", "SEMVER", "ECOSYSTEM"]}, "events": _list(_EVENT)}, {"repo": TEXT}
)
_VECTOR = {
    "oneOf": [
        _closed({"type": {"const": kind}, "score": {"type": "string", "pattern": form}})
        for kind, form in (
            ("CVSS_V2", r"^((AV|AC|Au|[CIA]|E|RL|RC):[A-Z]+/?)+$"),
            ("CVSS_V3", r"^CVSS:3\.[01](/[A-Z]+:[A-Z])+$"),
            ("CVSS_V4", r"^CVSS:4\.0(/[A-Z]+:[A-Za-z]+)+$"),
        )
    ]
}
_AFFECTED = _closed(
    {"package": _PACKAGE},
    {"ranges": _list(_RANGE), "versions": _list(TEXT), "severity": _list(_VECTOR)},
)
_KINDS = "ADVISORY ARTICLE DETECTION DISCUSSION REPORT FIX GIT INTRODUCED PACKAGE EVIDENCE WEB"
_VULNERABILITY = _closed(
    {"id": {"type": "string", "pattern": r"^[A-Za-z]+-.+$"}, "modified": TIME},
    {
        "schema_version": {"type": "string", "pattern": r"^1\.\d+\.\d+$"},
        "published": TIME,
        "withdrawn": TIME,
        "aliases": _list(TEXT),
        "summary": TEXT,
        "details": TEXT,
        "severity": _list(_VECTOR),
        "affected": _list(_AFFECTED),
        "references": _list(_closed({"type": {"enum": _KINDS.split()}, "url": TEXT})),
        "database_specific": {"type": "object"},
    },
)
_BRIEF = _closed({"id": TEXT, "modified": TIME})


def _page(of: Any) -> Any:  # noqa: ANN401 - a JSON schema
    return _closed({}, {"vulns": {**_list(of), "minItems": 1}, "next_page_token": TEXT})


_OSV: Mapping[str, tuple[Any, Any]] = {
    r"/v1/querybatch": (
        _closed({"queries": _list(_QUERY)}),
        _closed({"results": _list(_page(_BRIEF))}),
    ),
    r"/v1/query": (_QUERY, _page(_VULNERABILITY)),
    r"/v1/vulns/.+": (None, _VULNERABILITY),
}
_FILE = _object(
    {
        "filename": TEXT,
        "packagetype": TEXT,
        "requires_python": WORDS,
        "upload_time": {"type": "string", "pattern": r"^[\dT:-]{19}$"},
        "upload_time_iso_8601": TIME,
        "yanked": {"type": "boolean"},
        "yanked_reason": WORDS,
    }
)
_INFO = _object(
    {"name": TEXT, "version": TEXT, "classifiers": _list(TEXT)},
    {"license": WORDS, "license_expression": WORDS, "requires_python": WORDS},
)
_MANIFEST = _object(
    {"name": TEXT, "version": TEXT, "dist": {"type": "object"}},
    {"deprecated": TEXT, "license": TEXT, "engines": _map(TEXT)},
)
_CRATE = _object(
    {
        "num": TEXT,
        "created_at": TIME,
        "yanked": {"type": "boolean"},
        "yank_message": WORDS,
        "license": WORDS,
        "rust_version": WORDS,
    }
)
_REGISTRIES: Mapping[str, tuple[Any, Any]] = {
    r"/pypi/pypi/[^/]+/json": (
        None,
        _object({"info": _INFO, "releases": _map(_list(_FILE)), "urls": _list(_FILE)}),
    ),
    r"/npm/.+": (
        None,
        _object(
            {"name": TEXT, "dist-tags": _map(TEXT), "versions": _map(_MANIFEST)},
            {"time": _map(TIME), "modified": TIME},
        ),
    ),
    r"/go/.+/@v/list": (None, {"type": "string", "pattern": r"^(v\d+\.\d+\.\d+[\w.+-]*\n)*$"}),
    r"/go/.+/@v/[^/]+\.mod": (None, {"type": "string", "pattern": r"(^|\n)module \S+\n"}),
    r"/go/.+/(@latest|@v/[^/]+\.info)": (None, _closed({"Version": TEXT, "Time": TIME})),
    r"/crates/api/v1/crates/[^/]+": (
        None,
        _object({"crate": _object({"name": TEXT}), "versions": _list(_CRATE)}),
    ),
}


def misfits_of_osv(said: Exchange) -> Iterator[str]:
    """Yield where a request to OSV or its answer differs from what is published."""
    yield from _misfits(_OSV, said)


def misfits_of_registries(said: Exchange) -> Iterator[str]:
    """Yield where an answer of a registry differs from what is published."""
    yield from _misfits(_REGISTRIES, said)


def _misfits(shapes: Mapping[str, tuple[Any, Any]], said: Exchange) -> Iterator[str]:
    if said.status != OK:
        return
    sent, answer = next(each for path, each in shapes.items() if re.fullmatch(path, said.path))
    for schema, body in ((sent, said.sent), (answer, said.answer)):
        if schema is not None:
            for error in Draft202012Validator(schema).iter_errors(body):
                yield f"{error.json_path}: {error.message[:200]}"
