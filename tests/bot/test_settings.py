"""Settings come from the environment and an .env file, and start without either."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from bot.settings import Settings, load
from flows.engine.access import Role

TOKEN = "xoxb-not-for-the-log"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder: no .env file of the checkout, no environment of the machine."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"FLOWBOT_{name.upper()}", raising=False)


def test_nothing_has_to_be_set(tmp_path: Path) -> None:
    """SQLite and the embedded Valkey in a folder, a page on loopback, no self-approval."""
    settings = load()

    path = tmp_path / ".flowbot" / "flowbot.db"
    assert settings.resolved_database_url == f"sqlite+aiosqlite:///{path}"
    assert settings.redis_url.get_secret_value() == ""
    assert settings.page_url == "http://127.0.0.1:8080"
    assert (settings.self_approval, settings.default_role) == (False, Role.MAINTAINER)


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under one prefix; lists are JSON."""
    given = {
        "DATABASE_URL": "postgresql+asyncpg://db/flowbot",
        "ADMINS": '["slack:U1", "slack:U2"]',
        "DEFAULT_ROLE": "viewer",
        "CONCURRENCY": "7",
        "PUBLIC_URL": "https://flowbot.example/",
        "PROJECTS": '[{"name": "acme/api", "endpoints": ["https://api.acme.example"]}]',
    }
    for name, value in given.items():
        monkeypatch.setenv(f"FLOWBOT_{name}", value)

    settings = load()

    assert settings.resolved_database_url == "postgresql+asyncpg://db/flowbot"
    assert settings.admins == {"slack:U1", "slack:U2"}
    assert settings.default_role is Role.VIEWER
    assert settings.played == {"interactive": 7, "batch": 7, "heavy": 7}
    assert settings.page_url == "https://flowbot.example"
    assert settings.projects[0]["name"] == "acme/api"


def test_an_env_file_is_read_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in the file for somebody else is left alone."""
    (tmp_path / ".env").write_text("FLOWBOT_PORT=9000\nFLOWBOT_HOST=::1\nOTHER=1\n")
    monkeypatch.setenv("FLOWBOT_HOST", "0.0.0.0")  # noqa: S104 - nothing listens here

    settings = load()

    assert (settings.port, settings.host) == (9000, "0.0.0.0")  # noqa: S104 - as above


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "http"), ("PORT", "70000"), ("CONCURRENCY", "0"), ("DEFAULT_ROLE", "king")],
)
def test_a_value_that_does_not_fit_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """So that the first line of an error says which setting to mend."""
    monkeypatch.setenv(f"FLOWBOT_{name}", value)

    with pytest.raises(ValidationError) as error:
        load()

    assert [each["loc"][0] for each in error.value.errors()] == [name.lower()]


def test_secrets_do_not_show() -> None:
    """Neither in the settings' own words nor as JSON."""
    settings = Settings(
        _env_file=None, slack_bot_token=TOKEN, github_private_key=TOKEN, redis_url=TOKEN
    )

    assert TOKEN not in repr(settings)
    assert TOKEN not in str(settings)
    assert TOKEN not in settings.model_dump_json()
    assert settings.slack_bot_token.get_secret_value() == TOKEN


def test_every_setting_says_what_it_is_for() -> None:
    """The documentation is made of these sentences."""
    described = {name: field.description for name, field in Settings.model_fields.items()}

    assert all(described.values()), described


def test_settings_do_not_change() -> None:
    """One reading of the environment holds for the whole process."""
    with pytest.raises(ValidationError):
        load().port = 1  # type: ignore[misc] # that is what must not work


def test_wrong_queues_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what can be written instead."""
    for name, value, why in (
        ("QUEUES", "interactive,hevy", "there is no queue 'hevy': name some of interactive, batch"),
        ("CONCURRENCY", "heavy", "'heavy' does not say how many: write 50, or interactive=50"),
    ):
        monkeypatch.setenv(f"FLOWBOT_{name}", value)
        with pytest.raises(ValidationError, match=why):
            load()
        monkeypatch.delenv(f"FLOWBOT_{name}")


@pytest.mark.parametrize("key", ["ab" * 31, "xy" * 32, "ab" * 33])
def test_a_public_key_is_one(key: str) -> None:
    """Half a key would refuse every interaction of Discord; the error says where the whole is."""
    assert Settings(discord_public_key="Ab" * 32).discord_public_key
    with pytest.raises(ValidationError, match="64 hexadecimal digits"):
        Settings(discord_public_key=key)


def test_a_worker_serves_what_is_named() -> None:
    """It plays the queues of runs, and delivers where that is among them."""
    settings = Settings(queues="heavy,delivery", concurrency="heavy=3,batch=9")

    assert (settings.played, settings.delivers) == ({"heavy": 3}, True)
    assert not Settings(queues="batch").delivers


def test_a_child_process_has_the_same_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through its environment: what was set, in the words in which it is written there."""
    settings = Settings(
        data_dir=Path("data"),
        slack_bot_token=SecretStr(TOKEN),
        github_webhook_secrets=[SecretStr("old"), SecretStr("new")],
        admins=frozenset({"slack:U2", "slack:U1"}),
        projects=[{"name": "acme/api", "endpoints": ["https://api.acme.example"]}],
        self_approval=True,
        default_role=Role.VIEWER,
        port=9000,
    )
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)

    child = load()

    assert child == settings.model_copy(update={"data_dir": tmp_path / "data"})
    assert "FLOWBOT_HOST" not in settings.environment()
