"""Projects keep their settings, and an unknown one has the defaults."""

import msgspec

from flows.engine.access import Role
from flows.engine.policy import PolicySettings
from flows.engine.tools import ProjectSettings
from storage import projects
from storage.database import Database
from tests.storage.rows import LATER, NOW

API = ProjectSettings(
    name="acme/api",
    endpoints=["https://api.acme.example/health"],
    components={"web/**": "web", "ui/**": "web"},
    version_file="pyproject.toml",
    environment="production",
)


async def test_settings_come_back_as_they_were_saved(database: Database) -> None:
    """Lists and tables included; saving again replaces them."""
    async with database.begin() as connection:
        await projects.save(connection, ProjectSettings("acme/api"), NOW)
        await projects.save(connection, API, LATER)

    async with database.read() as connection:
        assert await projects.find(connection, "acme/api") == API
        assert await projects.every(connection) == [API]


async def test_an_unknown_project_has_the_defaults(database: Database) -> None:
    """Nobody has to set a project up before its first run."""
    async with database.read() as connection:
        assert await projects.find(connection, "acme/new") == ProjectSettings("acme/new")
        assert await projects.every(connection) == []


async def test_a_project_is_found_however_its_name_is_spelt(database: Database) -> None:
    """GitHub does not care either; where two differ in that alone, each is its own."""
    async with database.begin() as connection:
        await projects.save(connection, API, NOW)
    names = {"acme/api", "ACME/Api", "acme/web", ""}
    async with database.read() as connection:
        found = await projects.named(connection, names)
    assert [found[each].name for each in sorted(names)] == ["", "acme/api", "acme/api", "acme/web"]

    other = msgspec.structs.replace(API, name="ACME/Api")
    async with database.begin() as connection:
        await projects.save(connection, other, NOW)
    async with database.read() as connection:
        assert await projects.named(connection, {"ACME/Api"}) == {"ACME/Api": other}
        assert await projects.find(connection, "acme/api") == API


async def test_projects_are_listed_by_name(database: Database) -> None:
    """Whenever they were saved."""
    async with database.begin() as connection:
        for name in ("acme/web", "acme/api", "zoo/app"):
            await projects.save(connection, ProjectSettings(name), NOW)

    async with database.read() as connection:
        names = [each.name for each in await projects.every(connection)]

    assert names == ["acme/api", "acme/web", "zoo/app"]


async def test_what_people_chose_lies_over_what_is_set(database: Database) -> None:
    """Value by value, entry by entry; and it stays when the settings are stored again."""
    roles = {"*": Role.VIEWER, "slack:U1": Role.ADMIN}
    policies = {"release": PolicySettings(approvals=2, deadline="4h")}
    base = msgspec.structs.replace(API, roles=roles, policies=policies)
    choices: list[tuple[list[str], list[object]]] = [
        (["environment"], ["live"]),
        (["components", "ui/**"], [None]),
        (["components", "api/**"], ["api"]),
        (["roles", "slack:U1"], [None]),
        (["roles", "slack:U2"], ["operator"]),
        (["policies", "release", "approvals"], [3]),
        (["policies", "*", "self_approval"], [True]),
        (["channels", "slack:C1"], [True]),
        (["endpoints", "https://api.acme.example/health"], [None]),
        (["endpoints", "https://eu.acme.example/health"], [True]),
    ]
    async with database.begin() as connection:
        await projects.save(connection, base, NOW)
        for path, choice in choices:
            assert await projects.choose(connection, "acme/api", path, choice, NOW) == []
        await projects.save(connection, base, LATER)

    async with database.read() as connection:
        found = await projects.find(connection, "acme/api")
        [same] = await projects.every(connection)

    assert (
        found
        == same
        == ProjectSettings(
            name="acme/api",
            endpoints=["https://eu.acme.example/health"],
            components={"web/**": "web", "api/**": "api"},
            version_file="pyproject.toml",
            environment="live",
            policies={
                "release": PolicySettings(approvals=3, deadline="4h"),
                "*": PolicySettings(self_approval=True),
            },
            roles={"*": Role.VIEWER, "slack:U2": Role.OPERATOR},
            channels=["slack:C1"],
        )
    )


async def test_a_choice_is_taken_back(database: Database) -> None:
    """What is set holds again, and nothing is left of the choice."""
    path = ["policies", "release", "approvals"]
    async with database.begin() as connection:
        await projects.save(connection, API, NOW)
        await projects.choose(connection, "acme/api", path, [3], NOW)
        before = await projects.choose(connection, "acme/api", path, [None], NOW)
        assert await projects.choose(connection, "acme/api", path, before, NOW) == [None]
        assert await projects.chosen(connection, "acme/api") == {
            "policies": {"release": {"approvals": 3}}
        }
        assert await projects.choose(connection, "acme/api", path, [], NOW) == [3]

    async with database.read() as connection:
        assert await projects.chosen(connection, "acme/api") == {}
        assert await projects.chosen(connection, "acme/new") == {}
        assert await projects.find(connection, "acme/api") == API


async def test_a_removed_project_has_the_defaults(database: Database) -> None:
    """It is in no list, whatever was set, until it is there again."""
    async with database.begin() as connection:
        await projects.save(connection, API, NOW)
        await projects.choose(connection, "acme/api", ["removed"], [True], NOW)
        await projects.save(connection, API, LATER)
        assert await projects.every(connection) == []
        assert await projects.find(connection, "acme/api") == ProjectSettings("acme/api")
        assert (await projects.watched(connection)).hosts == frozenset()
        await projects.choose(connection, "acme/api", ["removed"], [], NOW)
        assert await projects.every(connection) == [API]


async def test_a_choice_makes_a_project(database: Database) -> None:
    """One that nobody had set."""
    async with database.begin() as connection:
        await projects.choose(connection, "acme/new", ["linear_team"], ["ENG"], NOW)

    async with database.read() as connection:
        [found] = await projects.every(connection)
    assert found == ProjectSettings("acme/new", linear_team="ENG")


async def test_only_who_means_it_opens_a_private_network(database: Database) -> None:
    """What is set is meant; of what was chosen in chat, what somebody was asked about."""
    async with database.begin() as connection:
        await projects.save(connection, API, NOW)
        for url, mark in (
            ("https://www.acme.example/", True),
            ("http://10.0.0.7:8080/health", projects.PRIVATE),
        ):
            await projects.choose(connection, "acme/api", ["endpoints", url], [mark], NOW)

    async with database.read() as connection:
        watched = await projects.watched(connection)

    assert watched.private == {"api.acme.example", "10.0.0.7:8080"}
    assert watched.hosts == {*watched.private, "www.acme.example"}
