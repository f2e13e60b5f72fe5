"""Who may run, approve and cancel, and when: one pure answer for every door."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Literal, TypeAlias

import msgspec

from flows.engine.access import Role
from flows.engine.freezes import Freeze, duration, freeze, shown
from flows.report import Line, Moment

EVERYTHING = "*"
MOST_APPROVALS = 20
LIFTING = "An admin can lift it, and says why: `!flow lift` in this thread."

Act: TypeAlias = Literal["run", "answer", "approve", "cancel", "lift", "lock", "unlock", "steal"]


class PolicySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a project sets for one flow, or for all; what is left out stays as it is.

    `deadline` is how long a plan waits before it counts as declined; in `freezes` nothing is
    applied; a plan whose titles all match the globs of `auto_approve` needs no yes. `max_running`
    is how many are played at a time: of that flow, or for all of the project's runs together.
    """

    run: Role | None = None
    approve: Role | None = None
    cancel: Role | None = None
    approvals: Annotated[int, msgspec.Meta(ge=0, le=MOST_APPROVALS)] | None = None
    self_approval: bool | None = None
    deadline: str | None = None
    freezes: list[str] | None = None
    auto_approve: list[str] | None = None
    max_running: Annotated[int, msgspec.Meta(ge=1)] | None = None

    def __post_init__(self) -> None:
        """Read what is written in words, so that a mistake is named where it is made."""
        if self.deadline:
            duration(self.deadline)
        for each in self.freezes or ():
            freeze(each)


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules for one flow in one project.

    `approvals` is how many different people must say yes to a plan (0: none); with `self_approval`
    the one who asked may be among them. At most `max_running` runs of the flow, and `all_running`
    of the project, are played at a time.
    """

    run: Role
    approve: Role = Role.MAINTAINER
    cancel: Role = Role.OPERATOR
    approvals: int = 1
    self_approval: bool = False
    deadline: timedelta | None = None
    freezes: tuple[Freeze, ...] = ()
    auto_approve: tuple[str, ...] = ()
    max_running: int | None = None
    all_running: int | None = None

    def with_settings(self, given: PolicySettings) -> "Policy":
        """Return the policy with everything that is set here."""
        return Policy(
            run=given.run or self.run,
            approve=given.approve or self.approve,
            cancel=given.cancel or self.cancel,
            approvals=self.approvals if given.approvals is None else given.approvals,
            self_approval=(
                self.self_approval if given.self_approval is None else given.self_approval
            ),
            deadline=self.deadline if given.deadline is None else _length(given.deadline),
            freezes=self.freezes if given.freezes is None else tuple(map(freeze, given.freezes)),
            auto_approve=(
                self.auto_approve if given.auto_approve is None else tuple(given.auto_approve)
            ),
            max_running=given.max_running or self.max_running,
            all_running=self.all_running,
        )

    def approvals_for(self, titles: Sequence[str]) -> int:
        """Return how many people must say yes to a plan with these titles."""
        free = all(any(fnmatchcase(title, glob) for glob in self.auto_approve) for title in titles)
        return 0 if free else self.approvals

    @property
    def quorum(self) -> int:
        """How many yeses settle a plan that was asked: a freeze asks for one in any case."""
        return max(1, self.approvals)

    def frozen(self, at: datetime) -> datetime | None:
        """Return until when nothing is applied, in the freeze's zone; None where none holds."""
        ends = (each.until(at) for each in self.freezes)
        return max((end for end in ends if end), default=None)


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody, as policy sees them: a stable id, a role, and whether they sit at the machine.

    `also` are the ids of the same person elsewhere: who asks there does not approve here.
    """

    id: str
    role: Role
    at_terminal: bool = False
    also: frozenset[str] = frozenset()

    @property
    def ids(self) -> frozenset[str]:
        """Return every id that this person has."""
        return self.also | {self.id}


@dataclass(frozen=True, slots=True)
class Case:
    """What is decided about, and when: the flow, and who asked for the run by id and by name.

    Of a plan: who approved it so far, until when it waits, and whether a freeze was lifted for it.
    Of a question: the role that it `needs`, where it is another than the flow's.
    """

    alias: str
    asked_by: str
    at: datetime
    asker: str = ""
    approved: Sequence[str] = ()
    deadline: datetime | None = None
    lifted: bool = False
    needs: Role | None = None


def policy_of(flow: Policy, alias: str, given: Mapping[str, PolicySettings]) -> Policy:
    """Return the policy of a flow in a project: its own, then what is set for all, then for it."""
    if for_all := given.get(EVERYTHING):
        together = for_all.max_running
        flow = flow.with_settings(msgspec.structs.replace(for_all, max_running=None))
        flow = replace(flow, all_running=together)
    return flow.with_settings(given[alias]) if alias in given else flow


def objection(policy: Policy, who: Subject, act: Act, case: Case) -> str:
    """Return why this person may not do this now, or an empty string."""
    own = case.asked_by in who.ids
    needed = {
        "run": policy.run,
        "answer": case.needs or policy.run,
        "approve": policy.approve,
        "cancel": policy.run if own else policy.cancel,
        "lift": Role.ADMIN,
        "lock": Role.OPERATOR,
        "unlock": Role.OPERATOR if own else Role.MAINTAINER,
        "steal": Role.MAINTAINER,
    }[act]
    if not who.role.covers(needed):
        what = {
            "run": f"`{case.alias}`",
            "cancel": f"Cancelling somebody else's `{case.alias}`",
            "lift": "Lifting a freeze",
            "lock": f"Locking {case.alias}",
            "unlock": "Unlocking" if own else "Taking off somebody else's lock",
            "steal": f"Taking {case.alias} from who holds it",
        }.get(act, "Answering this")
        return f"{what} needs the role {needed}; yours is {who.role}."
    if act != "approve":
        return ""
    if own and not (policy.self_approval or who.at_terminal):
        # Whoever sits at the terminal holds the tokens and the database already.
        return "You asked for this plan, so somebody else has to approve it."
    return _frozen(policy, case)


def who_approves(policy: Policy, case: Case) -> Line:
    """Say who may say yes to a plan, how many are still needed, and what stands against it."""
    but = "" if policy.self_approval else f" other than {case.asker}"
    who = f"nybody with the role {policy.approve}{but} can approve"
    if policy.quorum == 1:
        said = f"A{who}."
    elif case.approved:
        so_far = f"{len(case.approved)} of {policy.quorum}: approved by {names(case.approved)}"
        said = f"{so_far}. A{who}."
    else:
        said = f"{policy.quorum} people have to approve: a{who}."
    note: Line = (said,)
    if case.deadline:
        note += (" Without that it counts as declined on ", Moment(case.deadline), ".")
    frozen = _frozen(policy, case)
    return (*note, f" {frozen}") if frozen else note


def who_answers(policy: Policy, case: Case, otherwise: str) -> Line:
    """Say who may answer a question, until when, and what happens `otherwise`."""
    who = f"Anybody with the role {case.needs or policy.run} can answer"
    if case.deadline is None:
        return (f"{who}.",)
    return f"{who}, until ", Moment(case.deadline), f"; {otherwise}."


def _frozen(policy: Policy, case: Case) -> str:
    until = None if case.lifted else policy.frozen(case.at)
    return f"Nothing is applied before {shown(until)}: a freeze. {LIFTING}" if until else ""


def names(people: Sequence[str]) -> str:
    """Return `Ada`, `Ada and Bo`, `Ada, Bo and Cy`."""
    return " and ".join(filter(None, (", ".join(people[:-1]), *people[-1:])))


def _length(words: str) -> timedelta | None:
    return duration(words) if words else None
