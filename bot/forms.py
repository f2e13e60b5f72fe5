"""The form that asks for the inputs of a flow, made from their types."""

from collections.abc import Mapping
from typing import Literal

from bot import catalogue
from bot.grammar import Incomplete, Order, lists_of
from bot.replies import Field, Form
from flows.engine.spec import Params


def form_for(wanted: Incomplete) -> Form:
    """Return the form that asks for a flow's parameters, filled in as far as they were given."""
    flow = wanted.flow
    return Form(flow.slug, flow.alias, fields_of(flow.params, wanted.given))


def lacking(meant: Order | Incomplete) -> Incomplete:
    """Return what was meant as something that a form still asks about."""
    if isinstance(meant, Incomplete):
        return meant
    params = meant.params
    given = {name: catalogue.written(getattr(params, name)) for name in params.model_fields_set}
    return Incomplete(meant.flow, given, (), meant.dry_run)


def fields_of(model: type[Params], given: Mapping[str, str]) -> tuple[Field, ...]:
    """Return one input for each parameter, filled in as far as it was given."""
    fields = []
    for name, info in model.model_fields.items():
        is_list = name in lists_of(model)
        known = () if is_list else catalogue.choices(info)
        default = "" if info.is_required() else catalogue.written(info.get_default())
        if info.annotation is bool:
            kind: Literal["text", "choice", "number", "flag"] = "flag"
        elif known:
            kind = "choice"
        else:
            kind = "number" if info.annotation is int else "text"
        examples = ", ".join(str(each) for each in info.examples or [])
        several = ", several with commas between" if is_list else ""
        fields.append(
            Field(
                name,
                name.replace("_", " ").capitalize(),
                f"{info.description or ''}{several}"
                + (f" (such as {examples})" if examples else ""),
                kind,
                known,
                info.is_required(),
                given.get(name, default),
            )
        )
    return tuple(fields)


def typed_as(default: object) -> str:
    """Return a value as a form sends it."""
    words = catalogue.written(default)
    return words.lower() if isinstance(default, bool) else words
