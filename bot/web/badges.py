"""A state as icon and word, so that colour is never needed to tell it."""

from functools import lru_cache

from markupsafe import Markup

DRAWN = {
    "queued": '<circle cx="8" cy="8" r="6" stroke-dasharray="2.4 2.3"/>',
    "planned": '<circle cx="8" cy="8" r="6" stroke-dasharray="2.4 2.3"/>',
    "running": (
        '<circle cx="8" cy="8" r="6" class="track"/><path d="M8 2a6 6 0 0 1 6 6" class="turns"/>'
    ),
    "retrying": '<path d="M13.5 8A5.5 5.5 0 1 1 11.6 3.9M12 1.2v3h-3"/>',
    "waiting": '<path d="M5.5 3.5v9M10.5 3.5v9"/>',
    "done": '<path d="M2.8 8.6 6.4 12l6.8-7.6"/>',
    "stopped": '<rect x="3.5" y="3.5" width="9" height="9" rx="1"/>',
    "undone": '<path d="M6 3 2.5 6.5 6 10M3 6.5h6.5a3.5 3.5 0 0 1 0 7H7"/>',
    "failed": '<path d="m4 4 8 8m0-8-8 8"/>',
    "cancelled": '<circle cx="8" cy="8" r="6"/><path d="m4 12 8-8"/>',
}


@lru_cache(maxsize=64)
def icon(state: str) -> Markup:
    """Return the picture of a state, for whoever sees it: the word stands next to it."""
    return Markup(
        '<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"'
        ' focusable="false">{}</svg>'
    ).format(Markup(DRAWN.get(state, DRAWN["queued"])))  # noqa: S704 - our own drawings


@lru_cache(maxsize=64)
def badge(state: str) -> Markup:
    """Return a state as a small label."""
    return Markup('<span class="badge is-{}">{}{}</span>').format(state, icon(state), state)
