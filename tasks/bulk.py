"""Many rows of one table in one statement, without a model object for each.

PostgreSQL takes a column as one array, and one whose values are all the same as a single value, so that
reading the statement costs it little; SQLite, which has no round trips, runs a prepared statement per row.
Values pass through the fields of the model, as in `save()`. Signals and `pre_save` do not happen.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import connection, models


class Stored(Protocol):
    """A row of the database: a model object, or as much of it as is needed."""

    @property
    def pk(self) -> Any:
        """Its primary key."""


Row = Sequence[Any]
PLAIN = frozenset({int, str, type(None)})
"""Types that every field but JSON stores as they are."""


def insert(
    model: type[models.Model], names: Sequence[str], rows: Sequence[Row], *, skip_known: bool = False
) -> None:
    """Insert rows given by these attributes (`task_id`, not `task`); other fields take their defaults.

    `skip_known` leaves alone what a unique constraint knows already. Keys of new rows are not told.
    """
    if not rows:
        return
    columns = [*_columns(model, names, rows), *_defaults(model, names, len(rows))]
    listed = ", ".join(column.name for column in columns)
    head = f"INSERT INTO {_table(model)} ({listed})"
    tail = " ON CONFLICT DO NOTHING" if skip_known else ""
    if connection.vendor == "postgresql":
        values, params = _values(columns)
        source, arrays = _source(columns)
        _run(f"{head} SELECT {', '.join(values)} FROM {source}{tail}", params + arrays)  # noqa: S608 - names of the model
    else:
        _run_each(f"{head} VALUES ({', '.join('%s' for _ in columns)}){tail}", columns)


def update(model: type[models.Model], names: Sequence[str], rows: Sequence[Row]) -> None:
    """Set these attributes of rows that are there; a row is given as its primary key and the new values."""
    if not rows:
        return
    key, *columns = _columns(model, ["pk", *names], rows)
    table = _table(model)
    if connection.vendor == "postgresql":
        values, params = _values(columns)
        pairs = ", ".join(f"{one.name} = {value}" for one, value in zip(columns, values, strict=True))
        source, arrays = _source([key, *columns])
        where = f"{table}.{key.name} = new.{key.name}"
        _run(f"UPDATE {table} SET {pairs} FROM {source} WHERE {where}", params + arrays)  # noqa: S608 - as above
    else:
        pairs = ", ".join(f"{one.name} = %s" for one in columns)
        _run_each(f"UPDATE {table} SET {pairs} WHERE {key.name} = %s", [*columns, key])  # noqa: S608 - as above


@dataclass(frozen=True, slots=True)
class _Column:
    """The values of one column, ready for the database."""

    name: str
    type: str
    values: list[Any]
    is_same: bool
    """Whether they are all the same, so that one stands for them."""


def _columns(model: type[models.Model], names: Sequence[str], rows: Sequence[Row]) -> list[_Column]:
    """Columns from rows. The first is never taken for one value: it says how many rows there are."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    fields["pk"] = model._meta.pk
    made: list[_Column] = []
    for name, values in zip(names, zip(*rows, strict=True), strict=True):
        made.append(_column(fields[name], values, may_be_same=bool(made)))
    return made


def _defaults(model: type[models.Model], names: Sequence[str], number: int) -> list[_Column]:
    left = [one for one in model._meta.concrete_fields if one.attname not in names]
    left = [one for one in left if one is not model._meta.auto_field]
    return [_column(field, (field.get_default(),) * number, may_be_same=True) for field in left]


def _column(field: Any, values: Sequence[Any], *, may_be_same: bool) -> _Column:
    ready = _ready(field, values)
    is_same = may_be_same and ready.count(ready[0]) == len(ready)
    # Without its length: an array of varchar(40) would cut longer values instead of refusing them.
    kind = field.rel_db_type(connection) if field.primary_key else field.db_type(connection)
    return _Column(connection.ops.quote_name(field.column), kind.partition("(")[0], ready, is_same)


def _ready(field: Any, values: Sequence[Any]) -> list[Any]:
    """Values as the database takes them; rows often share one object, which is prepared once."""
    is_json = isinstance(field, models.JSONField)
    if not is_json and PLAIN.issuperset(map(type, values)):
        return list(values)
    prepare = _json_text if is_json else _stored
    known = {id(value): value for value in values}
    ready = {key: prepare(field, value) for key, value in known.items()}
    return [ready[id(value)] for value in values]


def _json_text(field: Any, value: Any) -> str | None:
    return None if value is None else json.dumps(value, cls=field.encoder)


def _stored(field: Any, value: Any) -> Any:
    return field.get_db_prep_save(value, connection=connection)


def _values(columns: Sequence[_Column]) -> tuple[list[str], list[Any]]:
    """What each column is set to, and the parameters of the single values among them."""
    terms = [f"%s::{one.type}" if one.is_same else f"new.{one.name}" for one in columns]
    return terms, [one.values[0] for one in columns if one.is_same]


def _source(columns: Sequence[_Column]) -> tuple[str, list[str]]:
    """The rows of the columns that differ, as `new`."""
    given = [one for one in columns if not one.is_same]
    marks = ", ".join(f"%s::{one.type}[]" for one in given)
    listed = ", ".join(one.name for one in given)
    return f"unnest({marks}) AS new ({listed})", [_array(one.values) for one in given]


def _array(values: Sequence[Any]) -> str:
    """PostgreSQL's own text of an array; the driver's list would be read as an expression, value by value."""
    kinds = set(map(type, values))
    if kinds == {int}:
        return "{" + ",".join(map(str, values)) + "}"
    if kinds == {str}:
        return _array_of_texts(values)
    return "{" + ",".join(map(_element, values)) + "}"


def _array_of_texts(values: Sequence[str]) -> str:
    """All at once, around a character that PostgreSQL's texts cannot hold."""
    joined = "\0".join(values)
    if joined.count("\0") != len(values) - 1:
        raise ValueError("A text cannot contain NUL.")
    return '{"' + _escaped(joined).replace("\0", '","') + '"}'


def _element(value: Any) -> str:
    return "NULL" if value is None else f'"{_escaped(str(value))}"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _run(sql: str, params: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def _run_each(sql: str, columns: Sequence[_Column]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(sql, list(zip(*(one.values for one in columns), strict=True)))
