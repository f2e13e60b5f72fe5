"""Which releases a branch has behind it: the last final one, and a pre-release on its way."""

import re
from collections.abc import Sequence

import msgspec

from flows.analysis.versions import latest_version
from flows.engine.errors import FlowError
from integrations.github import GitHubReader, Tag
from integrations.semver import Version, version_from

MOST_LOOKS = 60
_NUMBERS = re.compile(r"\d{1,9}(?:\.\d{1,9})*")
_LABELS = re.compile(r"(?:a|b|rc|alpha|beta)[.-]?\d{1,8}")


class Past(msgspec.Struct, frozen=True):
    """What the next release of a branch goes on from.

    `last` is the final release before it, "" where there is none; `pre` the pre-release on the way
    to the next one; `like` an older pre-release, whose spelling is the habit here. `taken` are the
    tags that there are, of this and other branches.
    """

    last: str = ""
    pre: str = ""
    like: str = ""
    taken: tuple[str, ...] = ()

    @property
    def newest(self) -> str | None:
        """The version that the next one has to come after."""
        return self.pre or self.last or None

    def base(self, pre: str) -> str | None:
        """Return where the notes start: a final release looks past pre-releases."""
        return self.last or None if pre == "no" else self.newest


async def past_of(
    github: GitHubReader, repo: str, tags: Sequence[Tag], head: str, line: str = ""
) -> Past:
    """Return the past of a commit; `line` is its branch, where that is not the default one.

    What is released from another branch is no past of a maintenance branch. The default branch
    goes on from the highest final release, wherever that was made; a pre-release counts where it
    is in the past of the commit, and not in that of a later final release: it was given up then.
    """
    names = tuple(each.name for each in tags)
    family = _family(names)
    finals = [each for each in family if not each.pre]
    last = finals[0] if finals else None
    if line:
        last = await _reached(github, repo, _likely(finals, line), head)
        if last is None:
            raise FlowError(f"No release is in the past of {line}: tag the one it comes from.")
    pres = [each for each in family if each.pre]
    following = [each for each in pres if last is None or each.precedence > last.precedence]
    pre = await _begun(github, repo, following, head, str(last or ""))
    like = next((str(each) for each in pres if _LABELS.fullmatch(each.pre)), "")
    return Past(str(last or ""), str(pre or ""), like, names)


async def _begun(
    github: GitHubReader, repo: str, versions: Sequence[Version], head: str, last: str
) -> Version | None:
    """Return the first pre-release in the past of a commit that no final release has left."""
    for each in versions[:MOST_LOOKS]:
        tag = str(each)
        is_left = bool(last) and await github.is_within(repo, tag, last)
        if not is_left and await github.is_within(repo, tag, head):
            return each
    return None


async def _reached(
    github: GitHubReader, repo: str, versions: Sequence[Version], head: str
) -> Version | None:
    """Return the first of these that is in the past of a commit."""
    for each in versions[:MOST_LOOKS]:
        if await github.is_within(repo, str(each), head):
            return each
    return None


def _family(names: Sequence[str]) -> list[Version]:
    """Return the versions of what is released here, the highest first."""
    highest = latest_version(names)
    found = [each for each in map(version_from, names) if each]
    own = [each for each in found if highest and each.family == highest.family]
    return sorted(own, key=lambda each: (each.precedence, str(each)), reverse=True)


def _likely(finals: Sequence[Version], line: str) -> list[Version]:
    """Return the versions in the order to look at them: those that a branch is named after first.

    `1.x`, `release/1.4` and `stable-1.4.x` say which numbers their releases begin with.
    """
    found = _NUMBERS.search(line)
    wanted = tuple(map(int, found[0].split("."))) if found else ()
    fits = [
        each for each in finals if (each.major, each.minor, each.patch)[: len(wanted)] == wanted
    ]
    return [*fits, *(each for each in finals if each not in fits)] if wanted else list(finals)
