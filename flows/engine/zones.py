"""Time zones by the names that people give them: `Europe/Berlin`, `europe/berlin` or `Berlin`."""

from collections import defaultdict
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

REGIONS = (
    *("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe"),
    *("Indian", "Pacific"),
)
PARTS = frozenset({"act", "lhi", "north", "nsw", "south", "west"})  # of Australia, and no cities


def zone_called(name: str) -> ZoneInfo:
    """Return the time zone that somebody names; raises ValueError with near misses."""
    if found := zone_named(name):
        return ZoneInfo(found)
    names = {**{city.rpartition("/")[2]: city for city in cities().values()}, **_exact()}
    near = get_close_matches(name, sorted(names), n=3, cutoff=0.7)
    meant = list(dict.fromkeys(names[each] for each in near))
    hint = f"did you mean {' or '.join(meant)}?" if meant else "take a name such as Europe/Berlin."
    raise ValueError(f"There is no time zone called “{name}”: {hint}")


def zone_named(word: str) -> str:
    """Return the whole name of a zone, or of that of a city which is the only one of its name."""
    said = word.lower().replace(" ", "_")
    return zones().get(said, "") or cities().get(said, "")


@cache
def zones() -> Mapping[str, str]:
    """Return every zone by its name in small letters."""
    return {name.lower(): name for name in available_timezones()}


@cache
def cities() -> Mapping[str, str]:
    """Return the zones of the cities whose name no other zone has, by that in small letters."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in available_timezones():
        region, _, city = name.partition("/")
        if region in REGIONS and "/" not in city and city.lower() not in PARTS:
            found[city.lower()].append(name)
    return {city: names[0] for city, names in found.items() if len(names) == 1}


def _exact() -> Mapping[str, str]:
    return {name: name for name in available_timezones()}
