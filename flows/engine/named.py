"""Inputs that people name in their own ways: a person, an issue in Linear."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import AfterValidator

from flows.engine.spec import Params

Named: TypeAlias = Literal["person", "issue"]

HOW = "name a person as @ada, or by their id as slack:U123, discord:123 or github:ada"
PLATFORMS = ("slack", "discord", "github", "linear", "terminal")
_SLACK = re.compile(r"@?[UW](?=[A-Z]*\d)[A-Z0-9]+|@[UW][A-Z0-9]{7,}")
_DISCORD = re.compile(r"@?\d{3,20}")
_NAME = re.compile(r"@?([^\W_](?:[\w .'-]{0,78}[\w.])?)")
_KEY = re.compile(r"([A-Za-z][A-Za-z0-9]{0,9})-(\d{1,9})")


def person(words: str) -> str:
    """Return a person as `platform:id`, or as `@name` where only a platform knows who it is.

    Raises ValueError with what to write.
    """
    platform, colon, who = words.partition(":")
    if colon and platform.lower() in PLATFORMS and who and not any(map(str.isspace, who)):
        return f"{platform.lower()}:{who}"
    if _SLACK.fullmatch(words):
        return f"slack:{words.removeprefix('@')}"
    if _DISCORD.fullmatch(words):
        return f"discord:{words.removeprefix('@')}"
    found = _NAME.fullmatch(words)
    if found is None:
        raise ValueError(f"“{words[:40]}” is nobody's name: {HOW}")
    return f"@{found[1]}"


def is_known(name: str) -> bool:
    """Say whether this is a person by id, and not by a name alone."""
    return bool(name) and not name.startswith("@")


def issue_key(words: str) -> str:
    """Return the key of an issue in Linear; raises ValueError with what one looks like."""
    found = _KEY.fullmatch(words.strip())
    if found is None:
        raise ValueError(f"“{words[:40]}” is no issue in Linear: write its key, such as ENG-12")
    return f"{found[1].upper()}-{int(found[2])}"


PersonName: TypeAlias = Annotated[str, AfterValidator(person), "person"]
"""Somebody: `@ada`, a mention, `slack:U123`. A flow gets `platform:id`."""

IssueKey: TypeAlias = Annotated[str, AfterValidator(issue_key), "issue"]
"""An issue in Linear: `ENG-12`, or a link to it. A flow gets the key in capitals."""


@cache
def inputs_of(model: type[Params], kind: Named) -> tuple[str, ...]:
    """Return the inputs that name one, or several, of this kind."""
    fields = model.model_fields.items()
    return tuple(
        name for name, info in fields if kind in (*info.metadata, *_marks(info.annotation))
    )


def _marks(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - any annotation of any field
    yield from getattr(annotation, "__metadata__", ())
    for part in get_args(annotation):
        yield from _marks(part)
