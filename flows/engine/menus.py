"""What flows put into the menu of a message, and what makes no sense there."""

from collections.abc import Collection, Iterable, Sequence

from flows.engine.errors import AuthorError
from flows.engine.spec import Flow, Shortcut

LONGEST_LABEL = 24  # Slack shows no more of it
MOST = 5  # as many as Slack and Discord take of one app


def check(shortcuts: Sequence[Shortcut], inputs: Collection[str]) -> None:
    """Raise AuthorError for a shortcut that no chat would show, or that fills in nothing."""
    for each in shortcuts:
        if not 0 < len(each.label.strip()) <= LONGEST_LABEL:
            raise AuthorError(
                f"The shortcut {each.label!r} needs a label of 1 to {LONGEST_LABEL} characters."
            )
        taken = [name for name in (each.text, each.link, each.author) if name]
        unknown = [name for name in taken if name not in inputs]
        if unknown or not taken:
            what = f"fills in {unknown[0]}, which is no input" if unknown else "fills in nothing"
            raise AuthorError(f"The shortcut {each.label!r} {what}.")


def check_all(flows: Iterable[Flow]) -> None:
    """Raise AuthorError where two shortcuts look the same, or there are more than chats take."""
    wanted: dict[str, str] = {}
    for each in flows:
        for shortcut in each.shortcuts:
            other = wanted.setdefault(shortcut.label.lower(), each.slug)
            if other != each.slug or sum(s.label == shortcut.label for s in each.shortcuts) > 1:
                raise AuthorError(
                    f"{other} and {each.slug} both want the shortcut {shortcut.label!r}."
                )
    if len(wanted) > MOST:
        raise AuthorError(f"There are {len(wanted)} shortcuts; a chat takes {MOST} of an app.")
