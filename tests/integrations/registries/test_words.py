"""Names, numbers and answers of every kind: no other host is called, and nothing breaks."""

import random
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.emulators.packages import PackagesWorld
from integrations.errors import NotFound, OutsideError, Refused
from integrations.registries import (
    Addresses,
    Ecosystem,
    RegistriesApi,
    RegistriesReader,
    Version,
    normalised,
)
from integrations.registries.crates import Pace
from integrations.registries.order import is_prerelease
from integrations.registries.source import in_order
from tests.integrations.dropping import thinned
from tests.integrations.sources import HERE, Clock, handled, registries_api

ECOSYSTEMS: tuple[Ecosystem, ...] = ("PyPI", "npm", "Go", "crates.io")
SORTED: dict[Ecosystem, list[str]] = {
    "PyPI": [
        "nonsense",
        "0.9",
        "1.0.dev1",
        "1.0a2",
        "1.0a10",
        "1.0rc1",
        "1.0",
        "1.0.post1",
        "2!0.1",
    ],
    "npm": ["nonsense", "0.9.0", "1.0.0-alpha.2", "1.0.0-alpha.10", "1.0.0", "1.2.0", "1.10.0"],
    "Go": ["v0.0.0-20240101000000-abcdef123456", "v0.1.0", "v1.9.0", "v1.10.0", "v2.0.0+x"],
    "crates.io": ["0.1.0", "0.9.0", "0.10.0", "1.0.0-beta.1", "1.0.0"],
}
NO_NAMES = [
    *("", ".", "..", "../x", "a/../b", "/etc", "//x.example", "a b", "a?b", "a#b", "ü", "a%2e"),
    *("\ud800", "a\n", "x" * 300, "https://x.example", "a\\b", "a@x.example:80", "@/b", "@a/../b"),
]
WHOLE: dict[Ecosystem, Any] = {
    "PyPI": {
        "info": {
            "name": "a",
            "version": "1.0",
            "license": "MIT",
            "license_expression": "MIT",
            "classifiers": ["License :: OSI Approved :: MIT License"],
        },
        "releases": {
            "1.0": [
                {
                    "upload_time_iso_8601": "2024-01-01T00:00:00Z",
                    "yanked": True,
                    "yanked_reason": "broken",
                    "requires_python": ">=3.9",
                }
            ],
            "0.9": [{"yanked": False}],
        },
        "urls": [{"yanked": False}],
    },
    "npm": {
        "dist-tags": {"latest": "1.0.0"},
        "license": "MIT",
        "time": {"1.0.0": "2024-01-01T00:00:00Z"},
        "versions": {
            "1.0.0": {"deprecated": "old", "license": {"type": "MIT"}, "engines": {"node": ">=20"}},
            "0.9.0": {"licenses": [{"type": "MIT"}]},
        },
    },
    "Go": {"Version": "v1.0.0", "Time": "2024-01-01T00:00:00Z"},
    "crates.io": {
        "crate": {"max_stable_version": "1.0.0"},
        "versions": [
            {
                "num": "1.0.0",
                "created_at": "2024-01-01T00:00:00Z",
                "yanked": True,
                "yank_message": "broken",
                "license": "MIT",
                "rust_version": "1.70",
            },
            {"num": "0.9.0"},
        ],
    },
}


@pytest.mark.parametrize("ecosystem", ECOSYSTEMS)
@pytest.mark.parametrize("name", NO_NAMES)
async def test_what_can_be_no_name_is_not_asked_for(ecosystem: Ecosystem, name: str) -> None:
    """It does not exist, and no registry need say so."""
    world = PackagesWorld()
    async with registries_api(world) as api:
        with pytest.raises(NotFound):
            await RegistriesReader(api).package(ecosystem, name)
    assert world.breaks.requests == []


@given(ecosystem=st.sampled_from(ECOSYSTEMS), name=st.text("a@/.-_~!%2eA", min_size=1, max_size=30))
async def test_no_name_leads_elsewhere(ecosystem: Ecosystem, name: str) -> None:
    """Whatever is asked for is asked at its registry, and below its own path."""
    seen: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        return httpx.Response(404)

    bases = Addresses(f"{HERE}/p", f"{HERE}/n", f"{HERE}/g", f"{HERE}/c")
    clock = Clock()
    pace = Pace(clock=clock, rest=clock.rest)
    async with RegistriesApi(bases, transport=handled(answer), pace=pace) as api:
        with pytest.raises(NotFound):
            await RegistriesReader(api).package(ecosystem, name)
    for url in seen:
        assert f"{url.scheme}://{url.host}" == HERE
        assert url.raw_path.startswith((b"/p/", b"/n/", b"/g/", b"/c/"))
        assert b".." not in url.raw_path.split(b"/")
        assert url.query == b""


@pytest.mark.parametrize(("ecosystem", "sorted_numbers"), SORTED.items())
def test_versions_sort_as_their_ecosystem_sorts(
    ecosystem: Ecosystem, sorted_numbers: list[str]
) -> None:
    """Whatever is no version comes first."""
    shuffled = random.Random(7).sample(sorted_numbers, len(sorted_numbers))  # noqa: S311 - an order
    read = in_order(ecosystem, [Version(number) for number in shuffled])
    assert [each.number for each in read] == sorted_numbers


def test_what_is_no_version_is_no_prerelease_either() -> None:
    """Old uploads to PyPI have numbers of every kind."""
    assert [is_prerelease("PyPI", each) for each in ("nonsense", "1.0rc1", "1.0")] == [
        False,
        True,
        False,
    ]
    assert [is_prerelease("npm", each) for each in ("nonsense", "1.0.0-1", "1.0.0+1")] == [
        False,
        True,
        False,
    ]


def test_only_pypi_takes_several_spellings_for_one_name() -> None:
    """As it says in its specifications."""
    assert normalised("PyPI", "Foo.-_Bar") == "foo-bar"
    assert normalised("npm", "Foo_Bar") == "Foo_Bar"


@pytest.mark.parametrize("ecosystem", ECOSYSTEMS)
@given(data=st.data())
async def test_missing_parts_do_not_matter(ecosystem: Ecosystem, data: st.DataObject) -> None:
    """What is not told is unknown."""
    thin = data.draw(thinned(WHOLE[ecosystem])) | {"newer": {"a": [1]}}

    def answer(request: httpx.Request) -> httpx.Response:
        is_list = request.url.path.endswith("/list")
        return httpx.Response(200, text="v0.9.0\n") if is_list else httpx.Response(200, json=thin)

    clock = Clock()
    pace = Pace(clock=clock, rest=clock.rest)
    at = Addresses(HERE, HERE, HERE, HERE)
    async with RegistriesApi(at, transport=handled(answer), pace=pace) as api:
        package = await RegistriesReader(api).package(ecosystem, "a")
    listed = {each.number for each in package.versions}
    assert listed <= {"1.0", "0.9", "1.0.0", "0.9.0", "v1.0.0", "v0.9.0", "brand_new"}
    assert package.latest in listed | {""}


@pytest.mark.parametrize("ecosystem", ECOSYSTEMS)
@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b"[" * 100_000, b"[]", b'{"versions": 7, "info": 7}']
)
async def test_nonsense_is_a_failure_of_the_registry(ecosystem: Ecosystem, body: bytes) -> None:
    """Never a traceback; for Go a list may be any text, and says nothing then."""

    def answer(request: httpx.Request) -> httpx.Response:
        is_latest = request.url.path.endswith("@latest")
        return httpx.Response(404) if is_latest else httpx.Response(200, content=body)

    at = Addresses(HERE, HERE, HERE, HERE)
    async with RegistriesApi(at, transport=handled(answer)) as api:
        registries = RegistriesReader(api)
        if ecosystem == "Go":
            assert (await registries.package(ecosystem, "a")).versions == []
            return
        with pytest.raises(OutsideError, match="sent"):
            await registries.package(ecosystem, "a")


async def test_who_asks_is_told() -> None:
    """crates.io wants a name and an address; one that no header can carry is left out."""
    agents: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        agents.append(request.headers["user-agent"])
        return httpx.Response(404)

    for contact in ("https://flowbot.example", "", "https://flöwbot.example"):
        at, transport = Addresses(crates=HERE), handled(answer)
        async with RegistriesApi(at, contact=contact, transport=transport) as api:
            with pytest.raises(NotFound):
                await api.package("crates.io", "time")
    assert agents == ["flowbot/0.1 (+https://flowbot.example)", "flowbot/0.1", "flowbot/0.1"]


@pytest.mark.parametrize(
    ("ecosystem", "name"),
    [("PyPI", "flask"), ("npm", "vite"), ("Go", "example.com/mod"), ("crates.io", "serde")],
)
async def test_a_registry_that_is_not_set_is_not_asked(ecosystem: Ecosystem, name: str) -> None:
    """Whoever asks is told what is missing."""
    async with RegistriesApi() as api:
        with pytest.raises(Refused, match="set its address in my settings"):
            await api.package(ecosystem, name)
