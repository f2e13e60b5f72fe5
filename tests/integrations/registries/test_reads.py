"""Packages read the same from every registry: versions in order, dates, and what was withdrawn."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from integrations.emulators.packages import PackagesWorld
from integrations.errors import Limited, NotFound, Refused, Transient
from integrations.registries import (
    Addresses,
    Ecosystem,
    Named,
    Package,
    RegistriesApi,
    RegistriesReader,
    Version,
)
from integrations.registries.source import FRESH_SECONDS
from tests.integrations.sources import HERE, Clock, handled

ONE_OF_EACH: list[tuple[Ecosystem, str]] = [
    ("PyPI", "flask"),
    ("npm", "vite"),
    ("Go", "golang.org/x/sync"),
    ("crates.io", "time"),
]


def only(handler: httpx.Response) -> RegistriesApi:
    """Return a client that is always given one answer."""
    return RegistriesApi(Addresses(HERE, HERE, HERE, HERE), transport=handled(lambda _: handler))


def numbers(package: Package) -> list[str]:
    """Return the numbers of all versions, in their order."""
    return [each.number for each in package.versions]


async def test_pypi_tells_dates_licence_and_what_python_is_needed(
    registries: RegistriesReader,
) -> None:
    """Of the latest version also the licence; a pre-release is never the latest."""
    package = await registries.package("PyPI", "Pydantic")
    assert (package.name, package.latest, package.licence) == ("pydantic", "2.11.7", "MIT")
    assert numbers(package)[:3] == ["1.10.13", "2.4.0", "2.7.0"]
    early = package.version("2.10.0b1")
    assert early == Version(
        "2.10.0b1",
        released_at=datetime(2024, 11, 6, 12, tzinfo=UTC),
        prerelease=True,
        requires=">=3.9",
    )


async def test_a_yanked_version_says_why(registries: RegistriesReader) -> None:
    """It stays in the list: somebody may have it."""
    requests = await registries.package("PyPI", "requests")
    yanked = {each.number: each.why for each in requests.versions if each.yanked}
    assert yanked.keys() == {"2.32.0", "2.32.1"}
    assert "CVE-2024-35195" in yanked["2.32.0"]
    futures = await registries.package("crates.io", "futures-util")
    assert [each.number for each in futures.versions if each.yanked] == ["0.3.30"]


async def test_npm_tells_what_is_deprecated(
    world: PackagesWorld, registries: RegistriesReader
) -> None:
    """With the publisher's reason; the tag says which version is the latest."""
    request = await registries.package("npm", "request")
    assert all(each.deprecated and "deprecated" in each.why for each in request.versions)
    vite = await registries.package("npm", "vite")
    assert (vite.latest, vite.licence) == ("6.0.0", "MIT")
    assert [each.number for each in vite.versions if each.prerelease] == ["6.0.0-beta.10"]
    world.deprecate("npm", "zod", "3.22.0", "Too old")
    zod = await registries.package("npm", "zod")
    at = datetime(2023, 8, 14, 12, tzinfo=UTC)
    old = Version("3.22.0", at, deprecated=True, why="Too old", licence="MIT")
    assert zod.version("3.22.0") == old


async def test_a_scope_of_npm_is_part_of_the_name(registries: RegistriesReader) -> None:
    """Its slash is no slash of the address."""
    package = await registries.package("npm", "@types/node")
    assert (package.name, package.latest) == ("@types/node", "22.10.0")


async def test_go_tells_the_time_of_the_latest_and_of_any_other_when_asked(
    registries: RegistriesReader,
) -> None:
    """The list of versions has no times."""
    package = await registries.package("Go", "github.com/go-chi/chi/v5")
    assert package.latest == "v5.2.3"
    assert numbers(package)[:3] == ["v5.0.8", "v5.0.10", "v5.0.11"]
    latest, older = package.version("v5.2.3"), package.version("v5.0.10")
    assert latest
    assert latest.released_at == datetime(2025, 8, 26, 17, 56, 1, tzinfo=UTC)
    assert older == Version("v5.0.10")
    told = await registries.go_released_at("github.com/go-chi/chi/v5", "v5.0.10")
    assert told == datetime(2023, 7, 13, 16, 1, 44, tzinfo=UTC)
    for number in ("v9.9.9", "../../list", "", "v1 2"):
        with pytest.raises(NotFound, match="has no version"):
            await registries.go_released_at("github.com/go-chi/chi/v5", number)


async def test_capitals_of_a_module_are_escaped(
    world: PackagesWorld, registries: RegistriesReader
) -> None:
    """As the proxy wants them, so that names differ where file systems do not tell."""
    package = await registries.package("Go", "github.com/BurntSushi/toml")
    assert package.latest == "v1.4.0"
    assert "GET /go/github.com/!burnt!sushi/toml/@v/list" in world.breaks.requests


async def test_a_module_without_tags_has_its_latest_commit(world: PackagesWorld) -> None:
    """No list names it; and a proxy that knows no latest leaves the highest of the list."""
    pseudo = "v0.0.0-20240101000000-abcdef123456"

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/list"):
            text = "" if "untagged" in request.url.path else "v1.0.0\nnonsense\nv1.10.0\n v1.9.0 \n"
            return httpx.Response(200, text=text)
        if "untagged" in request.url.path:
            return httpx.Response(200, json={"Version": pseudo, "Time": "2024-01-01T00:00:00Z"})
        return httpx.Response(410, text="not found: gone")

    async with RegistriesApi(Addresses(go=HERE), transport=handled(answer)) as api:
        untagged = await api.package("Go", "example.com/untagged")
        tagged = await api.package("Go", "example.com/tagged")
    assert (untagged.latest, numbers(untagged)) == (pseudo, [pseudo])
    assert (tagged.latest, numbers(tagged)) == ("v1.10.0", ["v1.0.0", "v1.9.0", "v1.10.0"])


async def test_crates_are_asked_once_a_second(
    registries: RegistriesReader, clock: Clock, world: PackagesWorld
) -> None:
    """What is remembered waits for nobody."""
    await registries.package("crates.io", "time")
    await registries.package("crates.io", "futures-util")
    await registries.package("crates.io", "time")
    assert clock.rests == [1.0]
    assert len(world.breaks.requests) == 2


@pytest.mark.parametrize("given", ONE_OF_EACH)
async def test_a_second_look_costs_nothing_and_a_later_one_next_to_nothing(
    world: PackagesWorld, registries: RegistriesReader, clock: Clock, given: tuple[Ecosystem, str]
) -> None:
    """For ten minutes nobody is asked, then only whether it has changed."""
    first = await registries.package(*given)
    asked = len(world.breaks.requests)
    assert await registries.package(*given) == first
    assert len(world.breaks.requests) == asked
    clock.now += FRESH_SECONDS + 1
    assert await registries.package(*given) is first
    assert len(world.breaks.requests) == asked + 1
    number = "v9.0.0" if given[0] == "Go" else "9.0.0"
    world.release(*given, number)
    clock.now += FRESH_SECONDS + 1
    assert (await registries.package(*given)).latest == number


async def test_many_are_read_at_once_and_the_missing_are_none(registries: RegistriesReader) -> None:
    """In the order in which they were asked for."""
    wanted = [Named("npm", "no-such-package"), *(Named(*each) for each in ONE_OF_EACH)]
    found = await registries.packages([*wanted, Named("PyPI", "../x")])
    assert [each and each.name for each in found] == [
        None,
        "flask",
        "vite",
        "golang.org/x/sync",
        "time",
        None,
    ]


@pytest.mark.parametrize("given", ONE_OF_EACH)
async def test_failures_are_told_apart(
    world: PackagesWorld, registries: RegistriesReader, given: tuple[Ecosystem, str]
) -> None:
    """Away, slowed down, not allowed, and not there."""
    ecosystem, name = given
    world.breaks.fail(status=502)
    with pytest.raises(Transient, match="problem of its own"):
        await registries.package(ecosystem, name)
    world.breaks.fail(status=429, retry_after=3)
    with pytest.raises(Limited) as limited:
        await registries.package(ecosystem, name)
    assert limited.value.retry_after == timedelta(seconds=3)
    world.breaks.fail(status=403, message="Not from here")
    with pytest.raises(Refused, match="Not from here"):
        await registries.package(ecosystem, name)
    with pytest.raises(NotFound, match="has no package called no-such-thing"):
        await registries.package(ecosystem, "no-such-thing")


async def test_a_document_that_is_too_large_is_read_in_its_short_form(
    world: PackagesWorld, clock: Clock
) -> None:
    """Without times and licences; the next look asks for the short one at once."""
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        accept = request.headers["accept"]
        seen.append(accept)
        short = {"dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {"deprecated": "old"}}}
        whole = {**short, "readme": "x" * 17_000_000}
        return httpx.Response(200, json=short if "install" in accept else whole)

    async with RegistriesApi(Addresses(npm=HERE), transport=handled(answer), clock=clock) as api:
        package = await api.package("npm", "huge")
        clock.now += FRESH_SECONDS + 1
        await api.package("npm", "huge")
    assert package.versions == [Version("1.0.0", deprecated=True, why="old")]
    assert seen[1:] == ["application/vnd.npm.install-v1+json"] * 2


async def test_what_a_publisher_took_back_is_gone() -> None:
    """Npm keeps the name, and no version."""
    body = {"name": "gone", "time": {"unpublished": {"time": "2024-01-01T00:00:00Z"}}}
    async with only(httpx.Response(200, json=body)) as api:
        with pytest.raises(NotFound, match="taken back"):
            await api.package("npm", "gone")


@pytest.mark.parametrize(
    ("info", "licence"),
    [
        ({"license_expression": "MIT", "license": "x"}, "MIT"),
        ({"classifiers": ["License :: OSI Approved :: MIT License", None]}, "MIT License"),
        ({"license": "BSD"}, "BSD"),
        ({"license": "Permission is hereby granted\nto anybody"}, ""),
        ({"license": "x" * 101}, ""),
        ({}, ""),
    ],
)
async def test_a_licence_of_pypi_is_found_wherever_it_is_told(
    info: dict[str, object], licence: str
) -> None:
    """A whole text is no name of a licence."""
    body = {"info": {"version": "1.0", **info}, "urls": [{"yanked": False}]}
    async with only(httpx.Response(200, json=body)) as api:
        package = await api.package("PyPI", "any")
    # The list of releases may be gone one day: the last one is known in any case.
    assert (numbers(package), package.licence) == (["1.0"], licence)


@pytest.mark.parametrize(
    ("told", "licence"),
    [
        ("MIT", "MIT"),
        ({"type": "MIT", "url": "https://x.example"}, "MIT"),
        ([{"type": "MIT"}, "Apache-2.0", None], "MIT or Apache-2.0"),
        ({"url": "x"}, ""),
        (7, ""),
    ],
)
async def test_a_licence_of_npm_is_understood_in_every_form(told: object, licence: str) -> None:
    """There were several over the years."""
    body = {"versions": {"1.0.0": {"license": told, "deprecated": False}}}
    async with only(httpx.Response(200, json=body)) as api:
        package = await api.package("npm", "any")
    assert (package.latest, package.licence) == ("1.0.0", licence)


async def test_nothing_is_latest_where_everything_was_yanked(
    world: PackagesWorld, registries: RegistriesReader
) -> None:
    """And among pre-releases alone the last one is."""
    world.release("crates.io", "all-gone", "1.0.0")
    world.yank("crates.io", "all-gone", "1.0.0", "broken")
    gone = await registries.package("crates.io", "all-gone")
    assert (gone.latest, gone.licence, gone.versions[0].why) == ("", "", "broken")
    world.release("crates.io", "early", "0.1.0-rc.9")
    world.release("crates.io", "early", "0.1.0-rc.10")
    assert (await registries.package("crates.io", "early")).latest == "0.1.0-rc.10"
