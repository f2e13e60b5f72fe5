"""Everything that can be set, from the environment or an .env file; nothing else reads it."""

import json
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot import lines
from flows.engine.access import Role

SHORTEST_KEY = 32
PUBLIC_KEY = re.compile(r"[0-9a-fA-F]{64}")


class Settings(BaseSettings):
    """The settings of one installation; each has a default that starts without any."""

    model_config = SettingsConfigDict(
        env_prefix="FLOWBOT_", env_file=".env", extra="ignore", frozen=True
    )

    data_dir: Path = Field(
        Path(".flowbot"), description="Where the embedded database and queue keep their files"
    )
    database_url: SecretStr = Field(
        SecretStr(""),
        description="PostgreSQL (`postgresql+asyncpg://…`); empty: SQLite in the data folder",
    )
    redis_url: SecretStr = Field(
        SecretStr(""), description="Redis or Valkey (`redis://…`); empty: the embedded Valkey"
    )
    host: str = Field(
        "127.0.0.1",
        description="Address of the status page; from elsewhere than this machine one signs in",
    )
    port: int = Field(
        8080, ge=0, le=65535, description="Port of the status page; 0 takes a free one"
    )
    public_url: str = Field(
        "", description="Where people reach the status page; empty: host and port as they are"
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Signs links, sessions and tokens of the page, at least 32 characters and the "
        "same on every machine; empty: made once in the data folder",
    )
    slack_bot_token: SecretStr = Field(
        SecretStr(""), description="Slack: Bot User OAuth Token (`xoxb-…`)"
    )
    slack_app_token: SecretStr = Field(
        SecretStr(""), description="Slack: app-level token (`xapp-…`) for Socket Mode"
    )
    slack_signing_secret: SecretStr = Field(
        SecretStr(""), description="Slack: signing secret, for requests over HTTP"
    )
    slack_api_url: str = Field(
        "https://slack.com/api/", description="Slack: base address of the Web API"
    )
    slack_pace: float = Field(
        1.0,
        gt=0,
        description="Slack: how many times its published rate limits your workspace takes",
    )
    discord_token: SecretStr = Field(SecretStr(""), description="Discord: the token of the bot")
    discord_application_id: str = Field(
        "", description="Discord: the id of the application; empty: Discord is asked for it"
    )
    discord_public_key: str = Field(
        "",
        description="Discord: the public key of the application, where its interactions come over "
        "HTTP to `/discord/interactions`; empty: they come by the gateway",
    )
    discord_servers: frozenset[Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]] = Field(
        frozenset(),
        description="Discord: the ids of the servers whose members may use me (a JSON list); "
        "empty: everybody who can write to me",
    )
    discord_api_url: str = Field(
        "https://discord.com/api/v10", description="Discord: base address of the API"
    )
    github_token: SecretStr = Field(
        SecretStr(""), description="GitHub: a token; not needed with a GitHub App"
    )
    github_app_id: str = Field("", description="GitHub App: its id or client id")
    github_private_key: SecretStr = Field(
        SecretStr(""), description="GitHub App: the private key (PEM)"
    )
    github_client_id: str = Field(
        "", description="GitHub: client id of an OAuth App or the App, so that people sign in there"
    )
    github_client_secret: SecretStr = Field(
        SecretStr(""),
        description="GitHub: its client secret; its callback is `/link/github/back` of the page",
    )
    github_webhook_secrets: list[SecretStr] = Field(
        [],
        description="GitHub: the secrets of its webhooks (a JSON list); two while one is replaced",
    )
    github_url: str = Field("https://api.github.com", description="GitHub: base address of the API")
    github_git_url: str = Field("https://github.com", description="GitHub: where clones come from")
    linear_token: SecretStr = Field(
        SecretStr(""), description="Linear: a personal API key or an OAuth token"
    )
    linear_client_id: str = Field(
        "", description="Linear: the client id of an OAuth app that acts as itself; no token then"
    )
    linear_client_secret: SecretStr = Field(
        SecretStr(""), description="Linear: the client secret of that app"
    )
    linear_admin: bool = Field(
        default=False, description="Linear: whether that app asks for admin rights, for webhooks"
    )
    linear_webhook_secrets: list[SecretStr] = Field(
        [],
        description="Linear: the secrets of its webhooks (a JSON list); two while one is replaced",
    )
    linear_url: str = Field("https://api.linear.app", description="Linear: base address of the API")
    osv_url: str = Field(
        "https://api.osv.dev", description="OSV (known vulnerabilities): base address of the API"
    )
    pypi_url: str = Field(
        "",
        description="PyPI: base address of what answers `/pypi/NAME/json`; empty: it is not asked",
    )
    npm_url: str = Field("", description="npm: base address of a registry; empty: it is not asked")
    go_url: str = Field("", description="Go: base address of a proxy; empty: it is not asked")
    crates_url: str = Field(
        "", description="crates.io: base address of its API; empty: it is not asked"
    )
    admins: frozenset[str] = Field(
        frozenset(),
        description="People with every right, as `slack:U123`, `discord:123` or `github:ada` "
        "(a JSON list)",
    )
    maintainers: frozenset[str] = Field(
        frozenset(), description="People who may release and approve (a JSON list)"
    )
    default_role: Role = Field(
        Role.MAINTAINER,
        description="The role of everybody else; a plan needs a second person's yes in any case",
    )
    self_approval: bool = Field(
        default=False, description="Whether somebody may approve the plan that they asked for"
    )
    projects: list[dict[str, Any]] = Field(
        [],
        description="Settings of repositories (a JSON list): `name`, and where wanted `endpoints` "
        "(addresses that `health` may probe), `version_file`, `environment`, `environments` (where "
        "`deploy` goes, in order, see flows/README.md), `components`, "
        "`linear_team` (its key, such as `ENG`), `released_state` (what a release moves its issues "
        "to), `channels` (as `slack:C123`: there the name can "
        "be left out), `tell_approvers` (by direct message), `triggers` (aliases of the flows "
        "that events start), `rules` (of issues, pull requests and branches, which `gh` keeps, "
        "see flows/README.md), `sync` (how issues follow Linear, see there), and `policies` and "
        "`roles` (who may do what, see there too)",
    )
    workspace_quota_mb: int = Field(
        2048, ge=16, description="How large one checkout may get on disk, in MB"
    )
    queues: str = Field(
        ",".join(lines.SERVED),
        description="What a worker serves: `interactive`, `batch` and `heavy` hold runs by their "
        "weight, `delivery` is what threads are still to be told",
    )
    concurrency: str = Field(
        ",".join(f"{queue}={count}" for queue, count in lines.CONCURRENCY.items()),
        description="Runs that one worker plays at a time: a number for each queue, or for all",
    )
    max_workers: int = Field(
        0, ge=0, description="How far `up --workers auto` goes; 0: as many as there are cores"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="How much is logged"
    )

    @field_validator("queues")
    @classmethod
    def _queues_exist(cls, words: str) -> str:
        lines.served(words)
        return words

    @field_validator("concurrency")
    @classmethod
    def _concurrency_is_a_number(cls, words: str) -> str:
        lines.concurrency(words)
        return words

    @property
    def played(self) -> dict[str, int]:
        """The queues whose runs a worker plays, with how many at a time."""
        served, limits = lines.served(self.queues), lines.concurrency(self.concurrency)
        return {queue: limit for queue, limit in limits.items() if queue in served}

    @property
    def delivers(self) -> bool:
        """Say whether a worker tells threads what is new."""
        return lines.DELIVERY in lines.served(self.queues)

    def environment(self) -> dict[str, str]:
        """Return the environment of a child process: ours, with these settings."""
        given = {
            f"FLOWBOT_{name.upper()}": _word(getattr(self, name)) for name in self.model_fields_set
        }
        return {**os.environ, **given}  # noqa: TID251 - handed on; this is the module that may

    @field_validator("secret_key")
    @classmethod
    def _is_long_enough(cls, given: SecretStr) -> SecretStr:
        if 0 < len(given.get_secret_value()) < SHORTEST_KEY:
            raise ValueError(f"needs at least {SHORTEST_KEY} characters that nobody can guess")
        return given

    @field_validator("discord_public_key")
    @classmethod
    def _is_a_public_key(cls, words: str) -> str:
        if words and not PUBLIC_KEY.fullmatch(words):
            raise ValueError("is 64 hexadecimal digits: see General Information of the application")
        return words

    @property
    def sqlite_path(self) -> Path:
        return self.data_dir / "flowbot.db"

    @property
    def resolved_database_url(self) -> str:
        """The database that is really used, with the driver that we have for it."""
        given = self.database_url.get_secret_value()
        scheme, separator, rest = given.partition("://")
        if scheme in ("postgres", "postgresql"):
            return f"postgresql+asyncpg{separator}{rest}"
        return given or f"sqlite+aiosqlite:///{self.sqlite_path.absolute()}"

    @property
    def page_url(self) -> str:
        """Where people reach the status page."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def _word(value: object) -> str:
    """Return a setting as it is written in the environment."""
    match value:
        case SecretStr():
            return value.get_secret_value()
        case Path():
            return str(value.absolute())
        case bool() | list() | frozenset():
            plain = sorted(value) if isinstance(value, frozenset) else value
            return json.dumps(plain, default=_word)
        case _:
            return str(value)


def load() -> Settings:
    """Read the settings; raises pydantic's ValidationError with the names at fault."""
    return Settings()
