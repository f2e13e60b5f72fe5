"""Changes as values: shown before they happen, taken back when they must be."""

import hashlib
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar, cast

import msgspec

T = TypeVar("T")
Call = partial[Coroutine[Any, Any, T]]


@dataclass(frozen=True, eq=False)
class Effect(Generic[T]):
    title: str
    do: Call[T]
    undo: Call[Any] | None = None
    still: Call[Any] | None = None
    part: str = ""

    @property
    def result(self) -> Any:  # noqa: ANN401 - stands for a T, and for any of its attributes
        """Refer to what this will return, for a later effect that its plan has or covers."""
        return Reference(self.title)

    @property
    def mark(self) -> bytes:
        """Tell two different changes apart, whatever their titles say."""
        called = [self.do.func.__qualname__, self.do.args, self.do.keywords]
        # In a fixed order: another process must come to the same mark, also for sets.
        return msgspec.json.encode([self.title, called], enc_hook=_named, order="deterministic")


class Reference:
    """A value that an earlier effect of the plan will have returned."""

    def __init__(self, title: str, path: tuple[str, ...] = ()) -> None:
        self._title = title
        self._path = path

    def __getattr__(self, name: str) -> "Reference":
        if name.startswith("_"):
            raise AttributeError(name)
        return Reference(self._title, (*self._path, name))

    def __str__(self) -> str:
        return f"<{'.'.join(('result', *self._path))} of {self._title!r}>"

    def resolve(self, results: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever the effect returned
        """Return the value itself, now that the effect has run."""
        value = results[self._title]
        for name in self._path:
            value = getattr(value, name)
        return value


def effect(
    title: str,
    *,
    do: Call[T],
    undo: Call[Any] | None = None,
    still: Call[Any] | None = None,
    part: str = "",
) -> Effect[T]:
    """Describe a change, and how to take it back, without making it.

    `still` reads what the plan relies on: where it finds something else after the yes than
    before, the plan is asked again. Effects of one `part` stand or fall together, and without the
    others: what is refused costs that part alone.
    """
    return Effect(title, do, undo, still, part)


def resolved(call: Call[T], results: Mapping[str, Any]) -> Call[T]:
    """Return the call with every reference replaced by what it stands for."""

    def value(given: Any) -> Any:  # noqa: ANN401 - any argument of any call
        return given.resolve(results) if isinstance(given, Reference) else given

    return partial(
        call.func,
        *(value(argument) for argument in call.args),
        **{name: value(argument) for name, argument in call.keywords.items()},
    )


def fingerprint(effects: tuple[Effect[Any], ...], seen: Mapping[str, bytes] | None = None) -> str:
    """Name the whole plan, and what it relies on, so that a yes fits exactly one plan."""
    found = seen or {}
    marks = [each.mark + found.get(each.title, b"") for each in effects]
    return hashlib.sha256(b"\n".join(marks)).hexdigest()[:16]


class Done:
    """What a plan came to: who said yes, what each effect returned, and why parts were left."""

    def __init__(
        self, by: str, results: Mapping[str, Any], left: Mapping[str, str] | None = None
    ) -> None:
        self.by = by
        self.left = left or {}
        self._results = results

    def __getitem__(self, effect: Effect[T]) -> T:
        return cast("T", self._results[effect.title])


def _named(value: object) -> str:
    return str(value)
