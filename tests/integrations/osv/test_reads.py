"""Known vulnerabilities: many packages a call, every page, and each advisory once."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from integrations.emulators.osv import OsvWorld
from integrations.errors import Limited, NotFound, Refused, Transient
from integrations.osv import Hit, Installed, Match, OsvApi, OsvReader, Severity
from tests.integrations.sources import handled

FLASK = Installed("PyPI", "Flask", "2.3.1")
CLEAN = Installed("PyPI", "flask", "3.1.3")
VITE = Installed("npm", "vite", "5.0.0")


def calls(world: OsvWorld) -> Counter[str]:
    """Return how often each kind of call was made."""
    return Counter(each.rpartition("/v1/")[2].partition("/")[0] for each in world.breaks.requests)


async def test_a_version_is_told_what_is_known_against_it(osv: OsvReader) -> None:
    """The name may be spelled in any way that PyPI takes for the same."""
    found = await osv.findings([FLASK, CLEAN])
    assert [(each.package, [hit.id for hit in each.hits]) for each in found.matches] == [
        (FLASK, ["GHSA-68rp-wp8r-4726", "GHSA-m2qf-hxjv-5gpq", "PYSEC-2023-62"]),
        (CLEAN, []),
    ]
    known = {each.id: each for each in found.vulnerabilities}
    assert known["GHSA-m2qf-hxjv-5gpq"].fixed_in("PyPI", "flask") == ["2.3.2", "2.2.5"]
    assert known["GHSA-m2qf-hxjv-5gpq"].names & known["PYSEC-2023-62"].names
    assert known["PYSEC-2023-62"].fixed_in("PyPI", "FLASK") == ["2.2.5", "2.3.2"]


@pytest.mark.parametrize(
    ("package", "names"),
    [
        (Installed("npm", "zod", "3.22.2"), ["GHSA-m95q-7qp3-xv42"]),
        (Installed("npm", "zod", "3.22.3"), []),
        (Installed("Go", "github.com/go-chi/chi/v5", "v5.0.10"), ["GHSA-vrw8-fxc6-2r93"]),
        (Installed("Go", "github.com/go-chi/chi/v5", "v5.2.2"), []),
        (Installed("crates.io", "time", "0.2.8"), ["GHSA-wcg3-cvx6-7396"]),
        (Installed("crates.io", "time", "0.2.3"), []),
        (Installed("crates.io", "time", "0.1.45"), ["GHSA-wcg3-cvx6-7396"]),
        (Installed("PyPI", "pydantic", "2.0"), ["GHSA-mr82-8j83-vxmv"]),
        (Installed("PyPI", "pydantic", "2.4"), []),
    ],
)
async def test_the_ends_of_ranges_are_exact(
    osv: OsvReader, package: Installed, names: list[str]
) -> None:
    """The first version that is fixed is not affected, the last affected one is."""
    (match,) = await osv.matches([package])
    assert [hit.id for hit in match.hits] == names


async def test_all_parts_of_an_advisory_are_read(osv: OsvReader) -> None:
    """Vectors of several versions of CVSS stand side by side."""
    read = await osv.vulnerability("GHSA-64vr-g452-qvp3")
    assert [each.kind for each in read.severity] == ["CVSS_V3", "CVSS_V4"]
    assert read.severity_of("npm", "vite") == read.severity
    assert (read.rating, read.aliases) == ("MODERATE", ["CVE-2024-45812"])
    assert read.published == datetime(2024, 9, 17, 19, 28, 1, tzinfo=UTC)
    assert read.modified == datetime(2024, 9, 19, 18, 33, 21, tzinfo=UTC)
    assert "5.4.6" in read.fixed_in("npm", "vite")
    assert read.fixed_in("npm", "preact") == []
    assert {each.kind for each in read.references} == {"WEB", "ADVISORY"}


async def test_a_package_may_have_scores_of_its_own(world: OsvWorld, osv: OsvReader) -> None:
    """They count more than those of the whole advisory; the old vectors are kept as they are."""
    vector = "AV:N/AC:L/Au:N/C:P/I:N/A:N"
    made = world.advisory("GHSA-own", "npm", "vite", fixed="9.0.0", summary="Something")
    made["affected"][0]["severity"] = [{"type": "CVSS_V2", "score": vector}]
    read = await osv.vulnerability("GHSA-own")
    assert read.severity_of("npm", "vite") == [Severity("CVSS_V2", vector)]
    assert read.severity_of("npm", "other") == []


async def test_without_a_summary_the_first_line_of_the_text_speaks(osv: OsvReader) -> None:
    """Many advisories of PyPI have no summary."""
    read = await osv.vulnerability("PYSEC-2023-62")
    assert read.summary.startswith("Where a proxy keeps answers")
    assert read.summary.endswith("the wrong visitor.")


async def test_an_endless_text_is_cut(world: OsvWorld, osv: OsvReader) -> None:
    """People read a line of it."""
    world.advisory("GHSA-long", "npm", "a", details="x" * 10_000)
    assert len((await osv.vulnerability("GHSA-long")).summary) == 200


async def test_2500_packages_are_three_calls(world: OsvWorld, osv: OsvReader) -> None:
    """And what is asked for twice is asked once."""
    many = [Installed("npm", f"package-{number}", "1.0.0") for number in range(2499)]
    matches = await osv.matches([*many, VITE, VITE])
    assert calls(world) == {"querybatch": 3}
    assert len(matches) == 2501
    assert matches[-1] == matches[-2]
    assert len(matches[-1].hits) == 3


async def test_exactly_a_thousand_are_one_call(world: OsvWorld, osv: OsvReader) -> None:
    """One more are two."""
    many = [Installed("npm", f"package-{number}", "1.0.0") for number in range(1001)]
    await osv.matches(many[:1000])
    assert calls(world) == {"querybatch": 1}
    await osv.matches(many)
    assert calls(world) == {"querybatch": 3}


async def test_nothing_is_no_call(world: OsvWorld, osv: OsvReader) -> None:
    """A project may have no packages at all."""
    found = await osv.findings([])
    assert (found.matches, found.vulnerabilities, calls(world)) == ([], [], {})


async def test_every_page_is_read(world: OsvWorld, osv: OsvReader) -> None:
    """Only the queries that go on are asked again."""
    world.page_size = 1
    matches = await osv.matches([VITE, CLEAN, Installed("npm", "zod", "3.22.0")])
    assert [len(each.hits) for each in matches] == [3, 0, 1]
    assert calls(world) == {"querybatch": 3}


async def test_a_loop_of_pages_ends(world: OsvWorld) -> None:
    """A token that always leads on is not followed for ever."""
    page = {"results": [{"vulns": [{"id": "A-1"}], "next_page_token": "again"}]}
    transport = handled(lambda _: httpx.Response(200, json=page))
    async with OsvApi(transport=transport) as api:
        with pytest.raises(Refused, match="more than 100 pages"):
            await api.matches([VITE])


async def test_a_second_look_reads_no_advisory_again(world: OsvWorld, osv: OsvReader) -> None:
    """The batch tells when each was modified; only what has changed is read."""
    first = await osv.findings([VITE, FLASK])
    assert calls(world) == {"querybatch": 1, "vulns": 6}
    assert await osv.findings([VITE, FLASK]) == first
    assert calls(world) == {"querybatch": 2, "vulns": 6}
    world.clock += timedelta(hours=1)
    world.change("GHSA-c24v-8rfc-w8vw", summary="Worse than we thought")
    again = await osv.findings([VITE, FLASK])
    assert calls(world) == {"querybatch": 3, "vulns": 7}
    assert "Worse than we thought" in {each.summary for each in again.vulnerabilities}


async def test_what_was_withdrawn_is_found_by_its_name_alone(
    world: OsvWorld, osv: OsvReader
) -> None:
    """It is against nobody any more."""
    world.withdraw("GHSA-35jh-r3h4-6jhm")
    (match,) = await osv.matches([Installed("npm", "lodash", "4.17.20")])
    assert match.hits == []
    assert (await osv.vulnerability("GHSA-35jh-r3h4-6jhm")).withdrawn == world.clock


async def test_what_vanishes_between_two_calls_is_left_out(world: OsvWorld) -> None:
    """The rest is still told."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            hits = [{"id": "GHSA-gone", "modified": ""}, {"id": "GHSA-here"}, None, {"id": None}]
            return httpx.Response(200, json={"results": [{"vulns": hits}]})
        known_as = request.url.path.rpartition("/")[2]
        return httpx.Response(404 if known_as == "GHSA-gone" else 200, json={"id": known_as})

    async with OsvApi(transport=handled(answer)) as api:
        found = await api.findings([VITE])
    assert found.matches == [Match(VITE, [Hit("GHSA-here", "")])]
    assert [each.id for each in found.vulnerabilities] == ["GHSA-here"]


@pytest.mark.parametrize("results", [None, [], [{}, {}]])
async def test_another_number_of_answers_than_queries_is_no_result(results: object) -> None:
    """Nobody could say which answer is whose, and a wrong one would look like good news."""
    transport = handled(lambda _: httpx.Response(200, json={"results": results}))
    async with OsvApi(transport=transport) as api:
        with pytest.raises(Transient, match="of 1 queries"):
            await api.matches([VITE])


async def test_failures_are_told_apart(world: OsvWorld, osv: OsvReader) -> None:
    """Away, slowed down, refused with OSV's own words, and not there."""
    world.breaks.fail(status=503)
    with pytest.raises(Transient, match="problem of its own"):
        await osv.matches([VITE])
    world.breaks.fail(status=429, retry_after=7)
    with pytest.raises(Limited) as limited:
        await osv.matches([VITE])
    assert limited.value.retry_after == timedelta(seconds=7)
    with pytest.raises(Refused, match=r"Invalid ecosystem\."):
        await osv.matches([Installed("Fortran", "lapack", "3.0")])
    with pytest.raises(NotFound, match="no advisory called 'GHSA-none'"):
        await osv.vulnerability("GHSA-none")


async def test_one_failing_advisory_fails_the_whole_look(world: OsvWorld, osv: OsvReader) -> None:
    """Half of a result would read as if the rest were clean."""
    world.breaks.fail(match="/v1/vulns/GHSA-8jhw", times=1)
    with pytest.raises(Transient):
        await osv.findings([VITE])
