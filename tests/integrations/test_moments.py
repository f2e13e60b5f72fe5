"""Instants of services: what is broken is unknown, and every one has a zone."""

from datetime import UTC, datetime

import pytest

from integrations.moments import moment


@pytest.mark.parametrize("text", ["2024-01-19T21:58:48Z", "2024-01-19T21:58:48"])
def test_an_instant_is_in_utc(text: str) -> None:
    """Also where the service names no zone."""
    assert moment(text) == datetime(2024, 1, 19, 21, 58, 48, tzinfo=UTC)


@pytest.mark.parametrize("text", [None, "", "soon", 7, {}, "2024-13-01T00:00:00Z"])
def test_what_is_no_instant_is_unknown(text: object) -> None:
    """One broken time does not spoil the rest of an answer."""
    assert moment(text) is None
