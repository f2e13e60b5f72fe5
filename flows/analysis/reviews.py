"""A review as people read it: the report in the chat, and the comment on the pull request; pure."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from flows.analysis.hotspots import Hotspot
from flows.analysis.linked import Words, linked_keys
from flows.analysis.notes import plain
from flows.analysis.patches import Remark, remarks_on
from flows.analysis.reviewers import FORMULA, Candidate, Choice
from flows.analysis.risks import RULE, Level, Risk, risk_of
from flows.analysis.standing import SAID, Standing
from flows.analysis.words import counted
from flows.analysis.workdays import hours_between
from flows.engine.tools import Baseline
from flows.report import (
    Block,
    Code,
    Inline,
    Line,
    Link,
    Person,
    Report,
    Tone,
    bullets,
    facts,
    table,
    text,
)
from integrations.github import Pull
from integrations.github.trees import ChangedFile

MOST = 10
TONES: dict[Level, Tone] = {"low": "good", "medium": "neutral", "high": "warn"}
FREE = "Bring the comment on * up to date *", "Ask * for a review of * as well"


class Case(NamedTuple):
    """Everything about one review."""

    pull: Pull
    now: Standing
    files: Sequence[ChangedFile]
    hot: Sequence[Hotspot]
    choice: Choice
    team: str = ""
    repo: str = ""

    @property
    def remarks(self) -> list[Remark]:
        return remarks_on(self.files)

    @property
    def risk(self) -> Risk:
        return risk_of(self.files, self.remarks, self.hot)

    @property
    def keys(self) -> tuple[str, ...]:
        """The issues that it names."""
        words = Words(self.pull.head_ref, self.pull.title, self.pull.body, number=self.pull.number)
        return linked_keys(words, team=self.team, repo=self.repo)

    @property
    def lacks_issue(self) -> bool:
        """Say whether no issue is named, where a person could have named one."""
        return not self.keys and not self.pull.author_is_bot

    @property
    def is_clean(self) -> bool:
        """Say whether there is nothing to write on the pull request."""
        return not self.remarks and self.risk.level == "low" and not self.lacks_issue

    def wanted(self, count: int) -> tuple[Candidate, ...]:
        """Return who is asked, so that so many look at it in all."""
        state = self.now.state
        has = {*state.reviewers, *(each.author for each in state.reviews)}
        left = [each for each in self.choice.ranked if each.login not in has]
        return tuple(left[: max(0, count - len(has) - len(state.teams))])

    @property
    def next_one(self) -> str:
        """Who could be asked besides, "" where nobody is left."""
        state = self.now.state
        has = {*state.reviewers, *(each.author for each in state.reviews)}
        return next((each.login for each in self.choice.ranked if each.login not in has), "")


def idle(now: Standing) -> Report:
    """Return the report of a pull request that needs no review yet, or no longer."""
    number, state = now.state.number, now.state
    why = SAID[now.stage] if now.is_over else "It is a draft: I look at it when it is ready"
    rows = facts(pull_request=Link(f"#{number} {state.title}", state.url))
    return Report(f"#{number} needs no review", f"{why}.", blocks=(rows,), quiet=True)


def opening(case: Case, asked: Sequence[Candidate]) -> Report:
    """Return what people read before they say yes."""
    names = [part for each in asked for part in (", ", Person(each.login))][1:]
    blocks = list(_body(case))
    if names:
        blocks.insert(0, text("To be asked for a review: ", *names, "."))
    return Report(_title(case), case.pull.title, _tone(case), tuple(blocks))


def reminder(case: Case, hours: int) -> Report:
    """Return what reminds those who are asked."""
    asked = case.now.state.reviewers
    names = [part for each in asked for part in (", ", Person(each))][1:]
    who = (*names, ": ") if names else ("Nobody is asked: ",)
    link = Link(f"#{case.pull.number} {case.pull.title}", case.pull.url)
    risk = case.risk
    said = f" waits for {counted(hours, 'work hour')}: size {risk.size}, {risk.level} risk."
    return Report(f"#{case.pull.number} waits for a review", blocks=(text(*who, link, said),))


def finished(case: Case, zone: str, rounds: int, why: str, last: Baseline | None = None) -> Report:
    """Return the report of a review that is over, or is followed no longer."""
    pull, now = case.pull, case.now
    first = min((each.at for each in now.state.reviews if each.at), default=None)
    waited = hours_between(pull.created_at, first, zone) if first else None
    before = last.data.get("waited") if last else None
    change = f" (the one before: {before:g})" if isinstance(before, float) else ""
    numbers = facts(
        first_review="none" if waited is None else f"after {waited:g} work hours{change}",
        rounds_of_changes=f"{rounds} with {counted(len(now.state.reviews), 'reviewer')}",
        still_to_look_at=counted(len(case.remarks), "remark"),
    )
    who = [(Person(each.author), ": ", each.state.replace("_", " ")) for each in now.state.reviews]
    tone: Tone = "good" if now.stage == "merged" and now.state.reviews else "warn"
    data: dict[str, Any] = {"waited": waited, "rounds": rounds}
    reviews: list[Block] = [bullets(who, "Reviews")] if who else [text("Nobody reviewed it.")]
    title = f"#{pull.number} is {SAID[now.stage][:1].lower()}{SAID[now.stage][1:]}"
    return Report(title, why, tone, (numbers, *reviews, *_body(case)), data)


def comment(case: Case) -> str:
    """Return what is written on the pull request, in Markdown: findings vanish when fixed."""
    risk, author = case.risk, plain(case.pull.author)
    lines = [f"**Size {risk.size}, {risk.level} risk**: {_counts(risk)}."]
    if remarks := case.remarks[:MOST]:
        lines.append("**On changed lines**")
        lines.append(
            "\n".join(
                f"- `{each.path.replace('`', '')}:{each.line}` {each.what}: {each.action}."
                for each in remarks
            )
        )
    boxes = [f"- [ ] {plain(each.what)}: {each.action}" for each in risk.signs]
    if case.lacks_issue:
        boxes.append(f"- [ ] No issue is named: which one is it, {author}?")
    if boxes:
        lines.append("**For whoever reviews**")
        lines.append("\n".join(boxes))
    if not remarks and not boxes:
        lines.append("What was found before is fixed.")
    return "\n\n".join(lines)


def _body(case: Case) -> list[Block]:
    risk, author = case.risk, Person(case.pull.author)
    blocks: list[Block] = [
        facts(
            size=f"{risk.size}: {_counts(risk)}",
            risk=f"{risk.level} ({counted(len(risk.signs), 'sign')})",
            issue=", ".join(case.keys) or "none is named",
        )
    ]
    found: list[Line] = [
        (Code(f"{each.path}:{each.line}"), f" {each.what} – ", author, f": {each.action}.")
        for each in case.remarks
    ]
    found += [(f"{each.what} – the reviewer: {each.action}",) for each in risk.signs]
    if case.lacks_issue:
        found.append(("No issue is named – ", author, ": name it in the title or the text."))
    if found:
        more = len(found) - MOST
        shown = [*found[:MOST], *([(f"… {more} more",)] if more > 0 else [])]
        blocks.append(bullets(shown, "To look at"))
    blocks.extend(_people(case.choice))
    blocks.append(text(NOT_MEASURED.format(RULE)))
    return blocks


NOT_MEASURED = (
    "{}. Not measured: what the code does, generated files, files of which GitHub shows "
    "no patch, and whether somebody is away who has not told me."
)


def _people(choice: Choice) -> list[Block]:
    rows: list[tuple[Inline, ...]] = [
        (Person(each.login), f"{each.score:g}", each.why) for each in choice.ranked[:5]
    ]
    rows += [(Person(each.login), "–", each.skipped) for each in choice.skipped[:5]]
    said = [text(choice.said)] if choice.said else []
    if not rows:
        return [*said]
    return [*said, table(["Who could review", "Score", "Why"], rows, FORMULA)]


def _title(case: Case) -> str:
    return f"#{case.pull.number} is {case.risk.size}, {case.risk.level} risk"


def _tone(case: Case) -> Tone:
    return TONES[case.risk.level]


def _counts(risk: Risk) -> str:
    left_out = f", {risk.generated} generated left out" if risk.generated else ""
    return f"{counted(risk.lines, 'line')} in {counted(risk.files, 'file')}{left_out}"
