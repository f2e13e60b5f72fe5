"""What a command costs before anything is stored: grammar, policy, and the audit row's hash."""

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime

import msgspec

from bot.chat import Actor
from bot.grammar import Order, parse
from bot.rules import Rules
from flows.engine.access import Role
from flows.engine.policy import Case, objection
from flows.engine.tools import ProjectSettings
from storage.audit import ORIGIN, digest
from storage.records import AuditRecord

COMMAND = "dora acme/shop window=12w"
BY = Actor("slack", "U1", "ada")
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
RULES = Rules(frozenset(), frozenset(), Role.MAINTAINER, self_approval=False, page_url="")
SHOP = ProjectSettings("acme/shop")
REPEATS = 7
COMMANDS = {"ours": lambda: understood(COMMAND), "limit": lambda: looked_up(COMMAND)}


def understood(typed: str) -> str:
    """Return the hash of the audit row that an accepted command leaves."""
    order = parse(typed)
    if not isinstance(order, Order):
        raise TypeError(f"{typed!r} is no order")
    who = RULES.subject(BY, SHOP)
    refusal = objection(
        RULES.policy(order.flow, SHOP), who, "run", Case(order.flow.alias, who.id, NOW)
    )
    return digest(
        AuditRecord(
            number=1,
            at=NOW,
            actor=asdict(BY),
            door="slash",
            action="refused" if refusal else "asked",
            run_id="",
            effect="",
            detail=refusal or order.command,
            before=ORIGIN,
            hash="",
        )
    )


def looked_up(typed: str) -> str:
    """Return what a bot that checks nothing would: the handler's answer."""
    name, *words = typed.split()
    return HANDLERS[name](words)


def _answer(words: Iterable[str]) -> str:
    return " ".join(words)


HANDLERS: dict[str, Callable[[Iterable[str]], str]] = {
    **{f"other{number}": _answer for number in range(19)},
    "dora": _answer,
}


def cost(work: Callable[[], object], times: int) -> float:
    """Return microseconds of CPU per call: the least of a few repeats, as noise only adds."""
    for _ in range(times // 10):
        work()
    best = float("inf")
    for _ in range(REPEATS):
        began = time.process_time()
        for _ in range(times):
            work()
        best = min(best, time.process_time() - began)
    return best / times * 1e6


def main() -> None:
    """Print one JSON object: `python -m tests.bench.understand ours|limit TIMES`."""
    _, who, times = sys.argv
    used = cost(COMMANDS[who], int(times))
    sys.stdout.write(msgspec.json.encode({"cpu µs": used}).decode() + "\n")


if __name__ == "__main__":
    main()
