"""A command with a mark under the part that is meant; two lines in letters of one width."""

from bot.wording import ELLIPSIS, clean, columns, fit

AROUND = 30  # characters of the command on either side
MEANT = 40


def pointed(before: str, meant: str, after: str) -> str:
    """Return both lines; the command is cut to what stands around the part that is meant."""
    lead, tail = _flat(before), _flat(after)
    if len(lead) > AROUND:
        lead = ELLIPSIS + lead[-AROUND:]
    if len(tail) > AROUND:
        tail = tail[:AROUND] + ELLIPSIS
    shown = fit(_flat(meant), MEANT)
    mark = " " * columns(lead) + "^" * max(1, columns(shown))
    return f"{lead}{shown}{tail}".rstrip() + f"\n{mark}"


def _flat(text: str) -> str:
    """Return clean text in one line; single spaces at its ends stay."""
    return "".join(" " if char.isspace() else char for char in clean(text))
