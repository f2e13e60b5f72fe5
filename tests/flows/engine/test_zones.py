"""Time zones are found by the names that people give them."""

import pytest

from flows.engine.zones import zone_called, zone_named


@pytest.mark.parametrize(
    ("word", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("berlin", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("new_york", "America/New_York"),
        ("utc", "UTC"),
        ("north", ""),
        ("Nicosia", ""),
        ("../../etc/passwd", ""),
    ],
)
def test_a_zone_has_the_name_of_its_city(word: str, zone: str) -> None:
    """Where only one has that; a part of a continent is no city."""
    assert zone_named(word) == zone


def test_a_zone_that_is_misspelt_is_offered() -> None:
    """By its whole name."""
    assert zone_called("Berlin").key == "Europe/Berlin"
    with pytest.raises(ValueError, match=r"“Berln”: did you mean Europe/Berlin"):
        zone_called("Berln")
    with pytest.raises(ValueError, match="take a name such as Europe/Berlin"):
        zone_called("§§§")
