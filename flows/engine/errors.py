"""How a flow stops: for a person, for a bug, or for a while."""

from datetime import timedelta

from flows.report import Report


class FlowError(Exception):
    """Something the person in the thread can act on; the text is shown to them."""


class Declined(FlowError):
    """A person said no, or nobody answered in time."""


class AuthorError(RuntimeError):
    """The flow breaks a rule of its own language; the text is for its author."""


class Pause(BaseException):
    """Control flow: this attempt of the run ends here, though nothing went wrong."""


class Waiting(Pause):
    """Nothing more can run until somebody answers."""


class Later(Pause):
    """An outside system asked for time; play again after it."""

    def __init__(self, after: timedelta, why: str) -> None:
        super().__init__(why)
        self.after = after
        self.why = why


class Outdated(Pause):
    """What the run remembers does not fit its flow any more: somebody has changed the flow."""


class LeaseLost(Pause):
    """Another worker has this run by now: write nothing more, change nothing more."""


class Cancelled(Pause):
    """Somebody asked for the run to stop, and it has come to a place where it can."""

    def __init__(self, by: str) -> None:
        super().__init__(by)
        self.by = by


class Rehearsed(Pause):
    """A dry run has reached its plan and shows it instead of asking."""

    def __init__(self, report: Report) -> None:
        super().__init__(report.title)
        self.report = report
