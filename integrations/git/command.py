"""The git command line, made safe for repositories that nobody vouches for."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which

from integrations.errors import Refused, Transient
from integrations.git.child import Child, running

CHUNK = 256 * 1024
MAX_OUTPUT = 64 * 1024 * 1024
MAX_COMPLAINT = 8 * 1024

# Repositories bring no configuration of their own: there is no work tree, and these win anyway.
SAFE_CONFIG = (
    ("core.hooksPath", "/dev/null"),
    ("core.symlinks", "false"),
    ("core.fsmonitor", "false"),
    ("core.attributesFile", "/dev/null"),
    ("core.bare", "true"),
    ("credential.helper", ""),
    ("fetch.recurseSubmodules", "false"),
    ("submodule.recurse", "false"),
    ("filter.lfs.smudge", ""),
    ("filter.lfs.clean", ""),
    ("filter.lfs.process", ""),
    ("filter.lfs.required", "false"),
    ("diff.external", ""),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("fetch.unpackLimit", "1"),  # one pack instead of thousands of loose objects
    ("fetch.writeCommitGraph", "false"),
    ("protocol.version", "2"),
    ("protocol.allow", "never"),
    ("http.lowSpeedLimit", "1000"),
    ("http.lowSpeedTime", "60"),
)


class GitFailed(Transient):
    """Git ended with an error; `said` is its own words, for choosing ours, never for people."""

    def __init__(self, said: str) -> None:
        super().__init__("git could not read the repository; it may work later.")
        self.said = said


@dataclass(frozen=True, slots=True)
class Git:
    """Runs git in one directory; `secrets` are settings that only the environment may carry."""

    directory: Path
    protocols: Sequence[str] = ("https",)
    secrets: Sequence[tuple[str, str]] = field(default=(), repr=False)

    async def run(self, *arguments: str, within: float) -> bytes:
        """Return what git printed, at most 64 MB; `within` is in seconds."""
        output = bytearray()
        async with self.process(*arguments, within=within) as process:
            while chunk := await process.stdout.read(CHUNK):
                output += chunk
                if len(output) > MAX_OUTPUT:
                    raise Refused("git printed more than 64 MB, which is too much to read.")
        return bytes(output)

    @asynccontextmanager
    async def process(self, *arguments: str, within: float) -> AsyncIterator[Child]:
        """Run git beside the block; afterwards nothing of it is left, whatever happened."""
        program = which("git")
        if program is None:
            raise Refused("The git command is not installed where Flowbot runs.")
        env = self._environment(program)
        async with running(program, *arguments, cwd=self.directory, env=env) as process:
            complaint = asyncio.create_task(_tail(process.stderr))
            try:
                async with asyncio.timeout(within):
                    yield process
                    code = await process.wait()
                    said = await complaint
            except TimeoutError:
                raise Transient("git took too long; it may work later.") from None
            finally:
                complaint.cancel()
                await asyncio.gather(complaint, return_exceptions=True)
        if code:
            raise GitFailed(said)

    def _environment(self, program: str) -> dict[str, str]:
        """Return the whole environment: nothing is inherited, so nothing can leak in."""
        settings = [
            *SAFE_CONFIG,
            *((f"protocol.{name}.allow", "always") for name in self.protocols),
            *self.secrets,
        ]
        numbered = {
            name: text
            for number, (key, value) in enumerate(settings)
            for name, text in (
                (f"GIT_CONFIG_KEY_{number}", key),
                (f"GIT_CONFIG_VALUE_{number}", value),
            )
        }
        return {
            "PATH": f"{Path(program).parent}{os.pathsep}{os.defpath}",
            "HOME": str(self.directory),
            "LC_ALL": "C.UTF-8",
            "LANGUAGE": "C",
            "TZ": "UTC",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_COUNT": str(len(settings)),
            **numbered,
            "GIT_CEILING_DIRECTORIES": str(self.directory.parent),
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "SSH_ASKPASS": "",
            "GIT_SSH_COMMAND": "false",
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_PAGER": "cat",
            "GIT_ALLOW_PROTOCOL": ":".join(self.protocols),
        }


async def _tail(stream: asyncio.StreamReader) -> str:
    """Return the end of what git complained; the rest is progress that nobody reads."""
    kept = b""
    while chunk := await stream.read(CHUNK):
        kept = (kept + chunk)[-MAX_COMPLAINT:]
    return kept.decode(errors="replace")
