"""`make bench`: measure ourselves beside peers and limits, and say which claims hold."""

import argparse
import asyncio
import sys
from pathlib import Path

import uvloop

from tests.bench import bed, table
from tests.bench.contest import Results, Row, measured, rows
from tests.bench.parts import PARTS


def main() -> int:
    """Measure what was asked for; the exit code is 0 unless something broke."""
    parser = argparse.ArgumentParser("python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often everybody is measured")
    parser.add_argument("--only", metavar="PART,…", default="", help=f"some of: {', '.join(PARTS)}")
    parser.add_argument(
        "--json", type=Path, default=Path(".bench/result.json"), metavar="FILE", help="the result"
    )
    parser.add_argument("--quick", action="store_true", help="one round of small numbers")
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else list(PARTS)
    unknown = [each for each in wanted if each not in PARTS]
    if unknown:
        parser.error(f"no part is called {', '.join(unknown)}; there are {', '.join(PARTS)}")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_bench(wanted, options))


async def _bench(wanted: list[str], options: argparse.Namespace) -> int:
    rounds = 1 if options.quick else options.rounds
    found: list[Row] = []
    results: dict[str, Results] = {}
    async with bed.made(quick=options.quick) as place:
        for name in wanted:
            async with PARTS[name](place) as part:
                results[name] = await measured(part, rounds)
                found += rows(part, results[name])
    table.write(options.json, found, results, rounds)
    sys.stdout.write(f"{table.everybody(results)}\n\n{table.table(found)}\n\nin {options.json}\n")
    return 1 if any(each.broken for each in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
