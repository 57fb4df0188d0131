"""`mailbot journal`: the record verifies, and says where it was touched."""

from __future__ import annotations

import sqlite3
from contextlib import closing


def test_an_untouched_journal_verifies_and_a_touched_one_says_where(mailbot, office):
    sealed = mailbot("journal", "seal", cwd=office.folder)
    seal = sealed.out.partition("Seal: ")[2].strip()
    assert sealed.code == 0 and len(seal) == 19
    assert "nothing new" in mailbot("journal", "seal", cwd=office.folder).out
    said = mailbot("journal", "verify", "--witness", seal[:9], cwd=office.folder)
    assert said.code == 0 and "as it was written" in said.out and "checkpoint 1 of" in said.out
    reference = mailbot("case", "list", "--all", cwd=office.folder).out.split("CC-")[1].split()[0]
    with closing(sqlite3.connect(office.database)) as database, database:
        database.execute("DROP TRIGGER journal_keeps_its_lines")
        database.execute("UPDATE journal SET summary = 'Nothing.' WHERE reference = ?", (f"CC-{reference}",))
    whole = mailbot("journal", "verify", cwd=office.folder)
    assert whole.code == 1 and f"CC-{reference}, Mon 2 Mar 2026 10:00: it was changed" in whole.out
    one = mailbot("journal", "verify", "--case", f"cc-{reference}".lower(), cwd=office.folder)
    assert one.code == 1 and "1 fault in" in one.err
    strange = mailbot("journal", "verify", "--witness", "0000 0000", cwd=office.folder)
    assert strange.code == 1 and "no checkpoint has the seal 0000" in strange.out
    for nothing in ("", " ", seal[:3]):  # as of a variable that holds none: it must not count as witnessed
        assert mailbot("journal", "verify", "--witness", nothing, cwd=office.folder).code == 2


def test_a_key_that_can_be_guessed_is_refused_and_another_seals(mailbot, office, monkeypatch):
    toml = office.config / "mailbot.toml"
    toml.write_text(toml.read_text() + '\n[database]\njournal_key_env = "JOURNAL_KEY"\n')
    monkeypatch.setenv("JOURNAL_KEY", "short")
    assert "openssl rand" in mailbot("config", "check", cwd=office.folder).err
    monkeypatch.setenv("JOURNAL_KEY", "0123456789abcdef" * 4)
    unsealed = mailbot("journal", "verify", cwd=office.folder)
    assert unsealed.code == 1 and "mailbot journal seal" in unsealed.out
    mailbot("journal", "seal", cwd=office.folder)
    assert "with your key" in mailbot("journal", "verify", cwd=office.folder).out
