"""How this bot speaks to OSV: many packages a call, and each advisory once until it changes."""

from collections.abc import Sequence
from typing import Self
from urllib.parse import quote

import msgspec

from integrations.errors import NotFound, Refused, Transient
from integrations.http import Call, Http, Limits, Transport, Words
from integrations.memory import Memory
from integrations.osv import wire
from integrations.osv.models import Findings, Hit, Installed, Match, Vulnerability
from integrations.registries.names import normalised
from integrations.several import several

PUBLIC_API = "https://api.osv.dev"
INTEGRATION = "osv"
LIMITS = Limits(connections=10)
QUERIES = 1_000  # OSV's limit for one call
MAX_PAGES = 100  # of one list of queries; a loop of tokens ends here
BATCHES_AT_ONCE = 2
AT_ONCE = 8
REMEMBERED = 5_000
LONGEST = 300
SHOWN = 60


class _Query(msgspec.Struct, omit_defaults=True):
    package: dict[str, str]
    version: str
    page_token: str = ""


class OsvApi:
    """One connection pool to OSV, shared by every run."""

    def __init__(
        self,
        *,
        base_url: str = PUBLIC_API,
        transport: Transport | None = None,
        limits: Limits = LIMITS,
    ) -> None:
        self._http = Http(
            base_url,
            integration=INTEGRATION,
            words=Words("OSV", "OSV wants a sign-in, and this bot has none for it."),
            transport=transport,
            limits=limits,
        )
        self._known: Memory[Vulnerability] = Memory(REMEMBERED)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._http.aclose()

    async def matches(self, packages: Sequence[Installed]) -> list[Match]:
        """Return what is known against each version, in the order of the packages.

        Raises `Refused` where OSV could not be asked for one of them.
        """
        queries = {each: _query(each) for each in packages}  # each once
        distinct = list(queries)
        parts = [distinct[at : at + QUERIES] for at in range(0, len(distinct), QUERIES)]

        async def asked(part: Sequence[Installed]) -> dict[Installed, list[Hit]]:
            return await self._hits({each: queries[each] for each in part})

        found: dict[Installed, list[Hit]] = {}
        for hits in await several(asked, parts, at_once=BATCHES_AT_ONCE):
            found |= hits
        return [Match(each, found[each]) for each in packages]

    async def _hits(self, queries: dict[Installed, _Query]) -> dict[Installed, list[Hit]]:
        """Ask for as many packages as one call takes, page by page until none goes on."""
        found: dict[Installed, dict[str, Hit]] = {each: {} for each in queries}
        for _ in range(MAX_PAGES):
            pages = await self._batch(list(queries.values()))
            tokens: dict[Installed, str] = {}
            for package, page in zip(queries, pages, strict=True):
                found[package] |= {hit.id: hit for hit in page.hits}
                if page.next_page_token:
                    tokens[package] = page.next_page_token
            if not tokens:
                return {each: list(hits.values()) for each, hits in found.items()}
            queries = {
                each: msgspec.structs.replace(queries[each], page_token=token)
                for each, token in tokens.items()
            }
        raise Refused(f"OSV listed more than {MAX_PAGES} pages; ask for fewer packages.")

    async def _batch(self, queries: Sequence[_Query]) -> list[wire.Page]:
        call = Call("POST", "/v1/querybatch", body={"queries": queries}, write=False)
        results = (await self._http.send(call)).decode(wire.Batch).results or ()
        if len(results) != len(queries):
            raise Transient(f"OSV answered {len(results)} of {len(queries)} queries.")
        return [page or wire.Page() for page in results]

    async def vulnerability(self, known_as: str) -> Vulnerability:
        """Return an advisory as it is now; raise `NotFound` where there is none."""
        return await self._vulnerability(Hit(known_as, ""))

    async def findings(self, packages: Sequence[Installed]) -> Findings:
        """Return what is known against the versions, with each advisory in full."""
        matches = await self.matches(packages)
        hits = {hit.id: hit for match in matches for hit in match.hits}
        read = await several(self._maybe, hits.values(), at_once=AT_ONCE)
        there = {known_as: each for known_as, each in zip(hits, read, strict=True) if each}
        kept = [
            Match(match.package, [hit for hit in match.hits if hit.id in there])
            for match in matches
        ]
        return Findings(kept, list(there.values()))

    async def _maybe(self, hit: Hit) -> Vulnerability | None:
        try:
            return await self._vulnerability(hit)
        except NotFound:
            return None

    async def _vulnerability(self, hit: Hit) -> Vulnerability:
        """Return an advisory; one that has not changed since is not read again."""
        if hit.modified and (known := self._known.get(hit)):
            return known
        missing = f"OSV has no advisory called {hit.id[:SHOWN]!r}."
        if not _is_name(hit.id):
            raise NotFound(missing)
        path = f"/v1/vulns/{quote(hit.id, safe='')}"
        answer = await self._http.send(Call("GET", path, missing={404: missing}))
        read = answer.decode(wire.Vulnerability).model()
        if hit.modified:
            self._known.put(hit, read)
        return read


def _is_name(known_as: str) -> bool:
    """Return whether this may be the name of an advisory: it must stay one part of an address."""
    return (
        0 < len(known_as) <= LONGEST
        and known_as.isascii()
        and known_as.isprintable()
        and known_as.strip(".") != ""
    )


def _query(package: Installed) -> _Query:
    """Return what OSV is asked; one that it cannot understand would spoil its whole batch."""
    words = (package.ecosystem, package.name, package.version)
    if not all(words) or any(len(word) > LONGEST for word in words):
        shown = " ".join(word[:SHOWN] or "…" for word in words)
        raise Refused(f"OSV needs an ecosystem, a name and a version; this is {shown!r}.")
    try:
        "".join(words).encode()
    except UnicodeEncodeError:
        raise Refused(f"OSV cannot be asked for {package.name[:SHOWN]!r}: no text.") from None
    # OSV lists versions of Go modules without the v that Go writes.
    bare = package.version.removeprefix("v") if package.ecosystem == "Go" else package.version
    name = normalised(package.ecosystem, package.name)
    return _Query({"ecosystem": package.ecosystem, "name": name}, bare)
