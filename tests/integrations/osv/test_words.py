"""Whatever is asked for and whatever comes back: OSV alone is called, and nothing breaks."""

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.emulators.osv import OsvWorld
from integrations.errors import NotFound, OutsideError, Refused
from integrations.osv import Installed, OsvApi, OsvReader
from tests.integrations.dropping import thinned
from tests.integrations.sources import HERE, handled, osv_api

WHOLE = OsvWorld().advisories


@pytest.mark.parametrize("name", ["", ".", "..", "a\nb", "ü", "\ud800", "x" * 301])
async def test_what_is_no_name_of_an_advisory_is_not_asked_for(
    world: OsvWorld, osv: OsvReader, name: str
) -> None:
    """It is not there, and OSV need not say so."""
    with pytest.raises(NotFound):
        await osv.vulnerability(name)
    assert world.breaks.requests == []


@pytest.mark.parametrize("name", ["../../admin", "//evil.example/x", "a?b=c#d", "a b", "%2e%2e/x"])
async def test_a_name_stays_one_part_of_the_address(name: str) -> None:
    """On the same host, below the advisories."""
    seen: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        return httpx.Response(404)

    async with OsvApi(base_url=HERE, transport=handled(answer)) as api:
        with pytest.raises(NotFound):
            await OsvReader(api).vulnerability(name)
    (url,) = seen
    assert f"{url.scheme}://{url.host}" == HERE
    assert url.raw_path.startswith(b"/v1/vulns/")
    assert url.raw_path.count(b"/") == 3
    assert url.query == b""


@pytest.mark.parametrize(
    "package",
    [
        Installed("PyPI", "", "1.0"),
        Installed("PyPI", "flask", ""),
        Installed("", "flask", "1.0"),
        Installed("npm", "x" * 301, "1.0"),
        Installed("npm", "\ud800", "1.0"),
    ],
)
async def test_what_osv_cannot_be_asked_is_refused_before_the_call(
    world: OsvWorld, osv: OsvReader, package: Installed
) -> None:
    """One bad query would spoil the answers to all the others of its batch."""
    with pytest.raises(Refused, match="OSV"):
        await osv.matches([package])
    assert world.breaks.requests == []


@given(name=st.text(min_size=1, max_size=40), version=st.text(min_size=1, max_size=20))
async def test_any_other_name_and_version_has_an_answer(name: str, version: str) -> None:
    """Spaces, paths and other alphabets travel in the body, as they are."""
    async with osv_api(OsvWorld()) as api:
        package = Installed("npm", name, version)
        (match,) = await OsvReader(api).matches([package])
    assert (match.package, match.hits) == (package, [])


@given(data=st.data())
async def test_missing_parts_do_not_matter(data: st.DataObject) -> None:
    """Only what an advisory is called must be there."""
    whole = WHOLE[data.draw(st.sampled_from(sorted(WHOLE)))]
    thin = data.draw(thinned(whole)) | {"id": whole["id"], "newer": {"a": [1]}}
    async with OsvApi(transport=handled(lambda _: httpx.Response(200, json=thin))) as api:
        read = await OsvReader(api).vulnerability(whole["id"])
    assert read.id == whole["id"]
    assert all(each.url for each in read.references)
    assert read.fixed_in("npm", "vite") is not None


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff", b'{"id": 7}', b"[" * 100_000, b'{"aliases": "x"}']
)
async def test_nonsense_is_a_failure_of_osv(body: bytes) -> None:
    """Never a traceback."""
    transport = handled(lambda _: httpx.Response(200, content=body))
    async with OsvApi(transport=transport) as api:
        with pytest.raises(OutsideError, match="OSV sent"):
            await OsvReader(api).vulnerability("GHSA-1")


def test_the_recorded_advisories_are_in_no_words_of_others() -> None:
    """A summary is a line of ours; each has a name, a range and an address to read on."""
    assert len(WHOLE) > 10
    for each in WHOLE.values():
        assert len(each.get("summary", "")) < 120
        assert each["affected"]
        assert each["references"]
        assert json.dumps(each)
