"""Answers from which parts are missing, as services leave them out one day."""

from typing import Any

from hypothesis import strategies as st


@st.composite
def thinned(draw: st.DrawFn, whole: Any) -> Any:  # noqa: ANN401 - any piece of JSON
    """Return a copy where fields are left out or null, and items of lists are null."""
    if isinstance(whole, dict):
        thin: dict[str, Any] = {"brand_new": None} if draw(st.booleans()) else {}
        for key, value in whole.items():
            fate = draw(st.sampled_from(["kept", "kept", "dropped", "null"]))
            if fate != "dropped":
                thin[key] = None if fate == "null" else draw(thinned(value))
        return thin
    if isinstance(whole, list):
        # Two of each list are enough to have one beside another.
        return [None if draw(st.booleans()) else draw(thinned(each)) for each in whole[:2]]
    return whole
