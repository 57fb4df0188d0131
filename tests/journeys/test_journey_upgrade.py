"""A database that an earlier version left is brought up to date, read whole, and worked on as before.

The databases in `tests/storage/versions` were written by the code of their time (`make_version.py`), one for each
revision of the schema: two weeks of complaints, a request, a question, machines, a mail set aside, commands, a response
and an escalation.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from conftest import ALEX, COMPLAINT, JO, MORGAN, House
from doors.embedded import Embedded

from mailbot.casework.vocabulary import Stage
from storage import migrate, open_store
from storage.rows import LetterState, MailState

VERSIONS = Path(__file__).parents[1] / "storage" / "versions"
KEPT = {path.name.removesuffix(".json.xz"): path for path in sorted(VERSIONS.glob("*.json.xz"))}
FIRST = ("blobs", "cases", "mails", "heads", "journal")
"""What other tables refer to, and heads before the lines that move them."""


def load(url: str, revision: str) -> dict[str, list[dict[str, Any]]]:
    """The database of that revision at `url`, with the rows that its version wrote."""
    rows = json.loads(lzma.decompress(KEPT[revision].read_bytes()))
    engine = migrate._engine(migrate.understand(url))
    with engine.begin() as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        names = [*FIRST, *(name for name in rows if name not in (*FIRST, "alembic_version"))]
        for name in names:
            if rows.get(name):
                table = sa.Table(name, sa.MetaData(), autoload_with=connection)
                _insert(connection, table, rows[name])
        if connection.dialect.name == "postgresql":
            for name, column in (("letters", "id"), ("journal", "seq")):
                last = max(row[column] for row in rows[name])
                connection.execute(
                    sa.text(f"SELECT setval(pg_get_serial_sequence('{name}', '{column}'), {last})")
                )
            if rows.get("burdens"):
                connection.execute(sa.text("SELECT setval(pg_get_serial_sequence('burdens', 'id'), 1000)"))
    engine.dispose()
    return rows


def _insert(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    plain = connection.dialect.name == "sqlite"
    kinds = {column.name: column.type for column in table.c}

    def value(name: str, kept: Any) -> Any:
        if isinstance(kept, dict):
            return base64.b64decode(kept["base64"])
        if plain or kept is None:
            return kept
        if isinstance(kinds[name], sa.DateTime):
            return dt.datetime.fromisoformat(kept).replace(tzinfo=dt.UTC)
        if isinstance(kinds[name], sa.Date):
            return dt.date.fromisoformat(kept)
        return bool(kept) if isinstance(kinds[name], sa.Boolean) else kept

    names = list(rows[0])
    bare = sa.text(
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join(f':{n}' for n in names)})"
    )
    connection.execute(bare, [{n: value(n, row[n]) for n in names} for row in rows])


def test_every_revision_up_to_the_last_that_was_kept_has_its_database() -> None:
    """A new migration adds one for the revision before it (`make_version.py`)."""
    known = sorted(
        script.revision for script in ScriptDirectory.from_config(migrate._config()).walk_revisions()
    )
    assert list(KEPT) == known[: len(KEPT)]
    assert len(KEPT) >= 6


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/of-old.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.mark.parametrize("revision", KEPT)
def test_the_database_of_an_earlier_version_is_read_whole_and_worked_on(
    revision: str, url: str, make_house: Callable[..., House], embedded_mail: Embedded
) -> None:
    rows = load(url, revision)
    house = make_house(embedded_mail, day="2026-03-17", time="09:05", url=url)  # upgrades, looks and ticks
    with house.parts.store.read() as work:
        cases = {case.reference: case for case in work.cases()}
        assert not work.unreadable
        assert set(cases) == {row["reference"] for row in rows["cases"]}
        assert [case.stage for case in cases.values()].count(Stage.STAGE2_OPEN) == 1
        for reference in cases:
            told = work.journal_of(reference)
            assert len(told) >= sum(row["reference"] == reference for row in rows["journal"])
            assert any(line.event is not None for line in told) and any(line.effects for line in told)
            assert len(work.letters_of(reference)) >= sum(
                row["reference"] == reference for row in rows["letters"]
            )
        for row in rows["mails"]:
            assert work.raw(row["id"]) and work.mail(row["id"]).subject == row["subject"]
        assert work.mails_by_state()[MailState.QUARANTINED] == 1
        assert len(work.letters_in(*LetterState)) >= len(rows["letters"])
        assert not work.verify_journal().faults
    if revision in (next(iter(KEPT)), list(KEPT)[-1]):
        work_on(house, next(iter(cases)))


def work_on(house: House, reference: str) -> None:
    """What mailbot does on two more days, with what an earlier version began."""
    sent = len(house.letters(JO))
    house.write(JO, "Any news on my complaint?", subject=f"Re: {reference}")
    house.write("new@example.com", COMPLAINT.replace("kitchen", "bath"), subject="Bath")
    house.turn()
    house.go_to("2026-03-18", "10:00")
    assert house.letters("new@example.com", "acknowledgement")
    assert len(house.letters(JO)) == sent, "nothing that went out is written again"
    assert reference in house.last(ALEX, "digest").text
    (asked,) = [r for r in house.letters(MORGAN, "case_mail") if "Any news" in r.text]
    house.write(MORGAN, "#respond upheld\n\nThe ceiling was mended today.\n", answers=asked)
    house.turn()
    assert "The ceiling was mended today." in house.last(JO, "final_response").text
    assert not [r for r in house.letters(ALEX, "alert") if "needs you" in r.subject]
    with house.parts.store.read() as work:
        assert not work.verify_journal().faults


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/newer.db"
    load(url, "0001")
    with sa.create_engine(url).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    store = open_store(url)
    with pytest.raises(Exception, match="written by another version"):
        store.upgrade()
    store.close()
