"""Statements that every mail needs, made ready once and then run by the driver itself.

SQLAlchemy looks for a statement's compiled form anew each time that it is run, and wraps what goes in and what comes
out: several times what a database in the same process needs for the answer. `Ready` asks it once, for each dialect
and set of parameters, and keeps what it said: the SQL, the order of the parameters, how each column's type writes and
reads its values. So a statement is written once for both databases, a value is stored as it always is, and an error is
the one that SQLAlchemy would raise.

It is for the few statements that are run for each mail. All others are run as usual.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

Values = Mapping[str, Any]
Process = Callable[[Any], Any] | None

_MOST_KEYS = 50
"""A statement about more keys than that is run as usual: a form for each number of them would be too many."""


class Ready:
    """A statement, or what gives it for a dialect, to be run again and again. It may ask for the members of a list
    (an expanding parameter)."""

    def __init__(self, statement: Executable | Callable[[str], Executable]) -> None:
        self._statement = statement
        self._forms: dict[tuple[object, ...], _Form] = {}

    def change(self, connection: Connection, values: Values) -> int:
        """Gives how many rows were changed."""
        form = self._form(connection, values)
        assert form is not None, "what is changed is named by no list"
        return int(run(connection, form.sql, form.given(values)).rowcount)

    def change_all(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Once with each of these values, which all have the same names."""
        if rows:
            form = self._form(connection, rows[0])
            assert form is not None, "what is changed is named by no list"
            run(connection, form.sql, [form.given(values) for values in rows], many=True)

    def all(self, connection: Connection, values: Values) -> list[Any]:
        """The rows that are found or returned: tuples, with the names of their columns."""
        form = self._form(connection, values)
        if form is None:
            return list(connection.execute(self._made(connection), dict(values)))
        cursor = run(connection, form.sql, form.given(values))
        rows = form.rows(cursor.fetchall())
        cursor.close()
        return rows

    def first(self, connection: Connection, values: Values) -> Any | None:
        """The first row, None where there is none."""
        return next(iter(self.all(connection, values)), None)

    def scalar(self, connection: Connection, values: Values) -> Any:
        """The first value of the first row, None where there is none."""
        row = self.first(connection, values)
        return None if row is None else row[0]

    def _form(self, connection: Connection, values: Values) -> _Form | None:
        """None where a list is too long."""
        key: tuple[object, ...] = (connection.dialect.name, *values)
        form = self._forms.get(key)
        if form is None:
            lists = [len(value) for value in values.values() if isinstance(value, list)]
            if max(lists, default=0) > _MOST_KEYS:
                return None
            key = (*key, *lists)  # of each number of members a form of its own
            form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = _Form(self._made(connection), values, connection.dialect)
        return form

    def _made(self, connection: Connection) -> Executable:
        made = self._statement
        return made if isinstance(made, Executable) else made(connection.dialect.name)


class _Parameter(NamedTuple):
    name: str  # in the SQL
    source: str  # the value that it takes, "" where the statement has it fixed
    place: int  # in a list, -1 where the value is none
    write: Process  # how its type stores it
    fixed: Any


class _Form:
    """What SQLAlchemy made of a statement, for one dialect and these names of values."""

    def __init__(self, statement: Any, values: Values, dialect: Dialect) -> None:
        compiled: SQLCompiler = statement.compile(dialect=dialect, column_keys=list(values))
        params = compiled.construct_params(dict(values))
        expanded = compiled.construct_expanded_state(params)
        members = {
            name: (source, place)
            for source, names in expanded.parameter_expansion.items()
            for place, name in enumerate(names)
        }
        self.sql = expanded.statement
        self._positional = dialect.positional
        self._parameters: list[_Parameter] = []
        for name in expanded.positiontup or expanded.parameters:
            source, place = members.get(name, (name, -1))
            write = compiled.binds[source].type.dialect_impl(dialect).bind_processor(dialect)
            given = source in values
            stated = None if given else params[source] if place < 0 else params[source][place]
            fixed = _through(write, stated)
            self._parameters.append(_Parameter(name, source if given else "", place, write, fixed))
        simple = all(one.source and one.place < 0 for one in self._parameters)
        self._simple = [(one.source, one.write) for one in self._parameters] if simple else None
        columns = getattr(statement, "exported_columns", ())  # of what is found or returned
        names = [str(getattr(column, "name", "")) for column in columns]  # an expression may have none
        self._row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
        readers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._readers = [(place, read) for place, read in enumerate(readers) if read]

    def given(self, values: Values) -> Any:
        """The values as the driver takes them."""
        if self._simple is not None:
            found = [write(values[source]) if write else values[source] for source, write in self._simple]
        else:
            found = [
                fixed
                if not source
                else _through(write, values[source] if place < 0 else values[source][place])
                for _, source, place, write, fixed in self._parameters
            ]
        if self._positional:
            return found
        return {parameter.name: value for parameter, value in zip(self._parameters, found, strict=True)}

    def rows(self, found: Sequence[Sequence[Any]]) -> list[Any]:
        make = self._row._make
        if not self._readers:
            return list(map(make, found))
        rows = []
        for row in found:
            values = list(row)
            for place, read in self._readers:
                values[place] = read(values[place])
            rows.append(make(values))
        return rows


def _through(process: Process, value: Any) -> Any:
    return value if process is None else process(value)


def run(connection: Connection, sql: str, given: Any = (), many: bool = False) -> Any:
    """The driver's cursor, after these words of SQL. Raises what SQLAlchemy would raise, and gives up a connection that
    is lost."""
    cursor = connection.connection.cursor()
    try:
        (cursor.executemany if many else cursor.execute)(sql, given)
    except connection.dialect.loaded_dbapi.Error as error:
        dialect, base = connection.dialect, connection.dialect.loaded_dbapi.Error
        lost = dialect.is_disconnect(error, connection.connection, cursor)
        told = DBAPIError.instance(
            sql, given, error, base, connection.engine.hide_parameters, lost, dialect, many
        )
        if lost:
            connection.invalidate(error)
        raise told from error
    return cursor
