"""Real bodies, to measure ours by."""

from typing import Any


def misfits_by(real: Any, ours: Any, at: str = "") -> list[str]:  # noqa: ANN401 - any piece of JSON
    """Return where two bodies have the same field with another type; null fits everything."""
    if real is None or ours is None:
        return []
    if isinstance(real, dict) and isinstance(ours, dict):
        both = real.keys() & ours.keys()
        return [found for key in both for found in misfits_by(real[key], ours[key], f"{at}.{key}")]
    if isinstance(real, list) and isinstance(ours, list):
        pairs = [(real[0], ours[0])] if real and ours else []
        return [found for one, other in pairs for found in misfits_by(one, other, f"{at}[]")]
    same = type(real) is type(ours)
    return [] if same else [f"{at}: {type(ours).__name__}, really {type(real).__name__}"]
