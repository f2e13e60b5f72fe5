"""Each emulated service can be started alone; real clients find it by what is printed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from bot.__main__ import main
from bot.emulation import SERVICES, emulated
from bot.settings import Settings
from integrations.github import GitHub, GitHubApi, TokenSignIn
from integrations.linear import Linear, LinearApi, LinearSignIn, NewIssue
from integrations.osv import Installed, OsvApi, OsvReader
from integrations.registries import Addresses, Named, RegistriesApi, RegistriesReader


@pytest.mark.parametrize("service", sorted(SERVICES))
async def test_what_is_printed_are_settings(service: str, tmp_path: Path) -> None:
    """The bot knows each of them, and something answers there."""
    async with emulated(service, tmp_path / "kept") as given:
        names = {name.removeprefix("FLOWBOT_").lower() for name in given}
        assert names <= Settings.model_fields.keys()
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(next(iter(given.values())))
        assert answer.status_code < 500


async def test_github_is_whole_and_comes_back(tmp_path: Path) -> None:
    """The built-in world is there; what was changed in it is kept in the folder."""
    for _ in range(2):
        async with emulated("github", tmp_path) as given:
            sign_in = TokenSignIn(given["FLOWBOT_GITHUB_TOKEN"])
            async with GitHubApi(sign_in, base_url=given["FLOWBOT_GITHUB_URL"]) as api:
                github = GitHub(api)
                head = await github.head("acme/shop")
                await github.ensure_branch("acme/shop", "kept", head.sha)
                assert await github.releases("acme/shop")


async def test_linear_has_a_team_and_comes_back(tmp_path: Path) -> None:
    """Its token opens it; what was changed in it is kept in the folder."""
    for _ in range(2):
        async with emulated("linear", tmp_path) as given:
            sign_in = LinearSignIn(given["FLOWBOT_LINEAR_TOKEN"])
            async with LinearApi(sign_in, base_url=given["FLOWBOT_LINEAR_URL"]) as api:
                linear = Linear(api)
                assert [team.key for team in await linear.teams()] == ["ENG"]
                made = await linear.ensure_issue("kept", NewIssue("ENG", "Stay"))
                assert made.identifier == f"ENG-{len(await linear.issues())}"


async def test_osv_knows_what_is_known(tmp_path: Path) -> None:
    """Recorded advisories, over a real connection."""
    async with (
        emulated("osv", tmp_path) as given,
        OsvApi(base_url=given["FLOWBOT_OSV_URL"]) as api,
    ):
        found = await OsvReader(api).findings([Installed("npm", "vite", "5.0.0")])
        assert {each.rating for each in found.vulnerabilities} == {"MODERATE"}


async def test_every_registry_answers_at_an_address_of_its_own(tmp_path: Path) -> None:
    """A name with a slash finds its way, too."""
    async with emulated("registries", tmp_path) as given:
        names = ("PYPI", "NPM", "GO", "CRATES")
        at = Addresses(*(given[f"FLOWBOT_{name}_URL"] for name in names))
        async with RegistriesApi(at) as api:
            wanted = [
                Named("PyPI", "Flask"),
                Named("npm", "@types/node"),
                Named("Go", "github.com/BurntSushi/toml"),
                Named("crates.io", "time"),
            ]
            found = await RegistriesReader(api).packages(wanted)
    assert [each and each.latest for each in found] == ["3.1.3", "22.10.0", "v1.4.0", "0.3.37"]


async def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    """In one sentence."""
    async with emulated("osv", tmp_path / "one") as given:
        port = int(given["FLOWBOT_OSV_URL"].rpartition(":")[2])
        with pytest.raises(OSError, match=f"^Port {port} cannot be had: Address already in use"):
            async with emulated("osv", tmp_path / "two", port):
                pass


@pytest.mark.parametrize("port", ["99999", "-1", "http"])
def test_a_port_that_is_none_is_said(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is started."""
    with pytest.raises(SystemExit):
        main(["emulate", "osv", "--port", port])
    assert f"{port} is no port from 0 to 65535" in capsys.readouterr().err


@pytest.mark.parametrize("more", [[], ["--data-dir", "kept"]])
def test_it_stops_when_it_is_told_to(tmp_path: Path, more: list[str]) -> None:
    """After it has said where it is."""
    command = [sys.executable, "-m", "bot", "emulate", "slack", "--port", "0", *more]
    here = {**os.environ, "PYTHONPATH": os.getcwd()}  # noqa: PTH109, TID251 - for a child elsewhere
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tmp_path, env=here) as process:  # noqa: S603 - our own line
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"FLOWBOT_SLACK_API_URL=http://127.0.0.1:")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
