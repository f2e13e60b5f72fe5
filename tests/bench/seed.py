"""A long history of ended runs, made by the database itself: the quickest way on both engines."""

from datetime import timedelta

from sqlalchemy import BigInteger, LargeBinary, bindparam, text

from bot.services import now
from storage.database import Database
from storage.migrate import migrate
from storage.tables.columns import EPOCH

FIRST = "0001"  # the revision of the rows: all that came later has to cope with them
MICROSECOND = timedelta(microseconds=1)
APART = timedelta(seconds=7)
EVERY = 10  # one run in so many has steps

NUMBERS = """
WITH RECURSIVE numbers(i) AS
  (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + :step FROM numbers WHERE i + :step < :wanted)
"""
RUN_ID = "substr(CAST(i + 1000000000000 AS VARCHAR(40)), 2)"
AT = "(:newest - (:wanted - i) * :apart)"
FLOW = """
CASE i % 4 WHEN 0 THEN 'performance-analytics' WHEN 1 THEN 'health-check'
  WHEN 2 THEN 'release-management' ELSE 'component-analysis' END
"""
STATE = "CASE i % 5 WHEN 3 THEN 'stopped' WHEN 4 THEN 'failed' ELSE 'done' END"
RUNS = f"""{NUMBERS}
INSERT INTO runs (id, flow, project, command, params, dry_run, actor, origin, state, line,
  attempts, wakes, lease_owner, lease_epoch, recoveries, progress, stop_by, undoes,
  woken_at, created_at, started_at, finished_at)
SELECT {RUN_ID}, {FLOW}, 'acme/repo-' || (i % 12), 'dora acme/repo-' || (i % 12),
  '{{"repo": "acme/shop"}}', FALSE, '{{"platform": "slack", "id": "U1", "name": "ada"}}',
  '{{"door": "slash", "platform": "slack", "channel": "C1", "thread": "", "message": ""}}',
  {STATE}, 'All is well.', 1, 1, '', 1, 0, 0, '', '',
  {AT}, {AT}, {AT} + 1000000, {AT} + 9000000
FROM numbers
"""  # noqa: S608 - our own words
STEPS = f"""{NUMBERS}
INSERT INTO steps (run_id, title, kind, position, state, attempt, output, error,
  started_at, finished_at, calls, bytes)
SELECT {RUN_ID}, titles.title, 'step', titles.place, 'done', 1, :nothing, '',
  {AT} + 1000000, {AT} + 2000000, 3, 4096
FROM numbers CROSS JOIN (
  SELECT 1 AS place, 'Find the releases' AS title
  UNION ALL SELECT 2, 'Collect merged pull requests' UNION ALL SELECT 3, 'Collect deployments'
  UNION ALL SELECT 4, 'Find incidents'
  UNION ALL SELECT 5, 'Compute'
) AS titles
"""  # noqa: S608 - our own words


def name_of(number: int) -> str:
    """Return the id of the run with this number; the oldest has 0, and every tenth has steps."""
    return f"{number:012}"


async def seed(database: Database, wanted: int) -> None:
    """Make a database of the first release, with so many ended runs: the newest ended now."""
    await migrate(database, FIRST)
    numbers = {
        "wanted": wanted,
        "newest": (now() - EPOCH) // MICROSECOND,
        "apart": APART // MICROSECOND,
    }
    given = [bindparam(name, value, type_=BigInteger) for name, value in numbers.items()]
    each = bindparam("step", 1, type_=BigInteger)
    some = bindparam("step", EVERY, type_=BigInteger)
    nothing = bindparam("nothing", b"", type_=LargeBinary)
    async with database.begin() as connection:
        await connection.execute(text(RUNS).bindparams(*given, each))
        await connection.execute(text(STEPS).bindparams(*given, some, nothing))
    async with database.begin() as connection:
        await connection.execute(text("ANALYZE"))  # as every server does by itself after a while
