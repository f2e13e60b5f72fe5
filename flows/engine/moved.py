"""What has changed in the world since a plan was approved, in words for who approves it anew."""

from collections.abc import Mapping

import msgspec

from flows.report import Line, Report, bullets

LONGEST = 60
MOST = 5
SHA_LENGTH = 40
SHORT_SHA = 7
HEX = frozenset("0123456789abcdef")


def shown(
    show: Report | None, before: Mapping[str, bytes], now: Mapping[str, bytes]
) -> Report | None:
    """Return what the plan shows, with what has changed first; None where nothing has.

    Both map the title of an effect to the JSON of what it relies on.
    """
    lines: list[Line] = [
        (f"“{title}”: {'; '.join(differences(before[title], found))}",)
        for title, found in now.items()
        if found != before[title]
    ]
    if not lines:
        return None
    plan = show or Report("The plan")
    news = bullets(lines, "This has changed since the plan was approved")
    return Report(plan.title, plan.summary, "warn", (news, *plan.blocks), plan.data)


def asked(now: Mapping[str, bytes], before: Mapping[str, bytes]) -> str:
    """Return what a plan asks whose world has moved."""
    which = [f"“{title}”" for title, found in now.items() if found != before[title]]
    return f"What {', '.join(which)} relies on has changed since. Apply the plan anyway?"


def differences(before: bytes, after: bytes) -> list[str]:
    """Return how two JSON values differ: by field, by element, or as a whole."""
    old, new = msgspec.json.decode(before), msgspec.json.decode(after)
    if isinstance(old, dict) and isinstance(new, dict):
        if old.get("sha") != new.get("sha"):  # what else a commit has follows from it
            old, new = ({"sha": each.get("sha")} for each in (old, new))
        found = [
            f"{name} was {_short(old.get(name))}, is {_short(new.get(name))} now"
            for name in {**old, **new}
            if old.get(name) != new.get(name)
        ]
    elif isinstance(old, list) and isinstance(new, list):
        found = [f"{_short(each)} is new" for each in new if each not in old]
        found += [f"{_short(each)} is gone" for each in old if each not in new]
        found = found or ["the order is another"]
    elif old is None:
        found = [f"it was not there, and is now: {_short(new)}"]
    elif new is None:
        found = [f"it is gone: {_short(old)}"]
    else:
        found = [f"was {_short(old)}, is {_short(new)} now"]
    more = [f"{len(found) - MOST} more"] if len(found) > MOST else []
    return [*found[:MOST], *more]


def _short(value: object) -> str:
    """Return a value in few characters: a commit by its first seven."""
    if isinstance(value, dict):
        named = next((value[key] for key in ("name", "title", "sha") if value.get(key)), None)
        value = named if named is not None else value
    if value in (None, "", [], {}):
        return "nothing"
    words = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if len(words) == SHA_LENGTH and HEX.issuperset(words):
        return words[:SHORT_SHA]
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
