"""A round through a repository: what its rules want, and what has to be read for that."""

from collections.abc import Sequence

from flows.analysis import housework, patrol, reviewing
from flows.analysis.housework import Work
from flows.analysis.patrol import Checked, Look, Scope
from flows.engine.house import HouseRules, Kind
from flows.engine.run import ReadRun


async def wanted(
    run: ReadRun, repo: str, house: HouseRules, look: Look, kinds: Sequence[Kind], scope: Scope
) -> Work:
    """Return what the rules want; what only some of them need is read for those alone."""
    github, now = run.github, run.started
    work = housework.simple(house, look, kinds, now)
    alone = housework.unreviewed(look)
    if house.reviewers and "reviewers" in kinds and alone:
        base = look.about.default_branch
        owners = await run.step("Read who owns the code", reviewing.owners, github, repo, base)
        known = await run.step("Look who has time", reviewing.known, github, run.system, repo, now)
        work.add(housework.asked(house.reviewers, alone, owners, known, now))
    if house.merge and "merge" in kinds:
        ready = housework.ready(house.merge, look)
        seen: list[Checked] = []
        if ready:
            title, anew = "Look at the checks", not scope.pull
            seen = await run.step(title, patrol.checked, github, repo, ready, anew=anew)
        work.add(housework.merging(house.merge, look, seen))
    new = housework.newcomers(house, look, now) if "greet" in kinds else []
    if new:
        people = sorted({each.author for each in new})
        first = await run.step("Look who is new here", patrol.firsts, github, repo, people)
        work.add(housework.greeted(house, repo, new, first))
    return work
