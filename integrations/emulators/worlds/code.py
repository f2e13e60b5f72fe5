"""Grow real code: each change adds a function to a module, or corrects one that is there."""

import re
from random import Random

_WORD = re.compile(r"[a-z0-9]+")
_LIMIT = re.compile(r"(limit(?:: int)? = |limit := )(\d+)")

PYTHON = (
    '''

def {name}(values: list[int], limit: int = {n}) -> int:
    """{subject}."""
    total = 0
    for value in values:
        if value > limit:
            total += limit
        elif value > 0:
            total += value
    return total
''',
    '''

def {name}(names: list[str], limit: int = {n}) -> list[str]:
    """{subject}."""
    seen: set[str] = set()
    kept = []
    for name in names:
        key = name.strip().lower()
        if not key or key in seen:
            continue
        seen.add(key)
        kept.append(name)
        if len(kept) == limit:
            break
    return kept
''',
    '''

def {name}(amount: int, limit: int = {n}) -> int:
    """{subject}."""
    if amount < 0:
        raise ValueError("amount must not be negative")
    return min(amount, limit)
''',
)
JAVASCRIPT = """
// {subject}
export function {name}(items, limit = {n}) {{
  const kept = [];
  for (const item of items) {{
    if (item && kept.length < limit) {{
      kept.push(item);
    }}
  }}
  return kept;
}}
"""
TYPESCRIPT = """
// {subject}
export function {name}(items: string[], limit = {n}): string[] {{
  return items.filter((item) => item.length > 0).slice(0, limit);
}}
"""
GO = """
// {name} is there to {subject}.
func {name}(values []int) int {{
	limit := {n}
	total := 0
	for _, value := range values {{
		if value < limit {{
			total += value
		}}
	}}
	return total
}}
"""


def name_of(subject: str) -> str:
    """Return `snake_case` words for a subject; what is not ASCII is left out."""
    words = _WORD.findall(subject.lower())[:4]
    return "_".join(words) if words else "change"


def grown(path: str, text: str, subject: str, number: int, chance: Random) -> str:
    """Return the module with one more function, named for the change."""
    snake, n = f"{name_of(subject)}_{number}", chance.randint(5, 90)
    if path.endswith(".py"):
        added = chance.choice(PYTHON).format(name=snake, subject=_sentence(subject), n=n)
        return text.rstrip("\n") + "\n" + added
    camel = "".join(part.capitalize() for part in snake.split("_"))
    if path.endswith(".go"):
        return text + GO.format(name=camel, subject=subject, n=n)
    lower = camel[0].lower() + camel[1:]
    template = TYPESCRIPT if path.endswith(".ts") else JAVASCRIPT
    return text + template.format(name=lower, subject=_sentence(subject), n=n)


def corrected(path: str, text: str, subject: str, number: int, chance: Random) -> str:
    """Return the module with one limit changed, or grown where there is none to correct."""
    found = list(_LIMIT.finditer(text))
    if not found:
        return grown(path, text, subject, number, chance)
    one = chance.choice(found)
    raised = str(int(one[2]) + chance.randint(1, 9))
    return text[: one.start(2)] + raised + text[one.end(2) :]


def tested(subject: str, number: int, asked: str) -> str:
    """Return a test module for a change; `asked` is the issue that it is proof for."""
    proof = f"{asked.lower().replace('-', '_')}_" if asked else ""
    name = f"{proof}{name_of(subject)}_{number}"
    lines = (
        f"def test_{name}():",
        f"    values = [{number}, 1]",
        f"    assert sum(values) > {number}",
    )
    return "\n".join(lines) + "\n"


def bumped(text: str, name: str, old: str, new: str) -> str:
    """Return a manifest in which one dependency is raised."""
    pin = re.compile(rf'({re.escape(name)}(?:==|": "| v)){re.escape(old)}')
    return pin.sub(rf"\g<1>{new}", text)


def _sentence(subject: str) -> str:
    return subject[:1].upper() + subject[1:]
