"""`mailbot case export`: the pack holds everything on a case, says so, and can be checked."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing

import pytest


def leak_of(office) -> str:
    with closing(sqlite3.connect(office.database)) as database:
        return database.execute("SELECT reference FROM cases WHERE subject LIKE 'Leak%'").fetchone()[0]


@pytest.fixture
def packed(mailbot, office):
    reference = leak_of(office)
    said = mailbot("case", "export", reference.lower(), "--to", "pack.zip", cwd=office.folder)
    assert said.code == 0, said.err
    return reference, office.folder / "pack.zip", said


def test_a_pack_holds_chronology_mails_journal_policy_and_a_manifest_of_all(packed, mailbot, office):
    reference, file, said = packed
    assert file.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        manifest = json.loads(archive.read("manifest.json"))
        page = archive.read("chronology.html").decode()
        mail = archive.read("mails/in/001-2026-03-02.eml")
        words = archive.read("mails/in/001-2026-03-02.txt").decode()
        journal = json.loads(archive.read("journal.json"))
        paper = archive.read("chronology.pdf")
        policy = archive.read("policy.txt").decode()
        assert {i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        for one in manifest["files"]:
            assert hashlib.sha256(archive.read(one["path"])).hexdigest() == one["sha256"]
    assert {one["path"] for one in manifest["files"]} == set(names) - {"manifest.json"}
    assert mail == (office.folder / "leak.eml").read_bytes() and "missed" in words
    assert (
        manifest["reference"] == reference and manifest["journal"]["verified"] and manifest["journal"]["seal"]
    )
    assert manifest["policy"] in policy and "Code 6.2" in policy
    assert paper.startswith(b"%PDF") and len(paper) > 10_000
    for told in (reference, "Jo Finch", "your contractor missed", "Sam Okafor", "Code 6.2", "Was it done in time?",
                 "mails/in/001-2026-03-02.eml", "as it was written", manifest["journal"]["seal"]):  # fmt: skip
        assert told in page, told
    assert "[/bold]" in page and not re.search(r"""(?:src|href)=["']?(?:https?:|//)""", page)
    assert journal[0]["reference"] == reference and journal[0]["hash"].startswith("s1:")
    assert str(len(manifest["files"])) in said.out


def test_the_same_case_gives_the_same_files(packed, mailbot, office):
    _, file, _ = packed
    assert mailbot("case", "export", packed[0], "--to", "again.zip", cwd=office.folder).code == 0
    with zipfile.ZipFile(file) as one, zipfile.ZipFile(office.folder / "again.zip") as two:
        assert one.namelist() == two.namelist()
        timeless = [
            n for n in one.namelist() if n not in ("manifest.json", "chronology.html", "chronology.pdf")
        ]
        assert all(one.read(n) == two.read(n) for n in timeless)


def test_a_pack_is_checked_and_a_changed_a_lost_and_an_added_file_are_named(packed, mailbot, office):
    reference, file, _ = packed
    said = mailbot("case", "export", "--check", file.name, cwd=office.folder)
    assert said.code == 0 and reference in said.out
    changed = office.folder / "changed.zip"
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            if name == "policy.txt":
                continue
            content = old.read(name)
            new.writestr(name, content.replace(b"missed", b"kept") if name.endswith(".txt") else content)
        new.writestr("mails/in/999.eml", b"From: nobody\r\n\r\n")
    said = mailbot("case", "export", "--check", changed.name, cwd=office.folder)
    assert said.code == 1
    assert "FAULT: mails/in/001-2026-03-02.txt was changed" in said.out
    assert "FAULT: policy.txt is missing" in said.out and "999.eml is not in the manifest" in said.out
    with (
        zipfile.ZipFile(file) as old,
        zipfile.ZipFile(changed, "w") as new,
    ):  # by somebody who mends the manifest too
        contents = {name: old.read(name) for name in old.namelist()}
        contents["journal.json"] = contents["journal.json"].replace(b"missed", b"kept")
        manifest = json.loads(contents["manifest.json"])
        for one in manifest["files"]:
            one["sha256"] = hashlib.sha256(contents[one["path"]]).hexdigest()
        contents["manifest.json"] = json.dumps(manifest).encode()
        for name, content in contents.items():
            new.writestr(name, content)
    said = mailbot("case", "export", "--check", changed.name, cwd=office.folder)
    assert said.code == 1 and re.search(r"FAULT: journal\.json: line \d+ was changed", said.out)
    (office.folder / "no.zip").write_bytes(b"PK nothing")
    said = mailbot("case", "export", "--check", "no.zip", cwd=office.folder)
    assert said.code == 1 and "no pack" in said.err


def test_a_pack_of_a_case_whose_journal_was_touched_says_so(mailbot, office):
    reference = leak_of(office)
    with closing(sqlite3.connect(office.database)) as database, database:
        database.execute("DROP TRIGGER journal_keeps_its_lines")
        database.execute("UPDATE journal SET who = 'sam' WHERE reference = ? AND place = 1", (reference,))
    said = mailbot("case", "export", reference, "--to", "pack.zip", cwd=office.folder)
    assert said.code == 1 and "journal verify" in said.err
    with zipfile.ZipFile(office.folder / "pack.zip") as archive:
        assert "does NOT verify" in archive.read("chronology.html").decode()


def test_without_weasyprint_the_pack_says_what_it_leaves_out(office):
    code = (
        "import sys; sys.modules['weasyprint'] = None\n"
        "from mailbot.__main__ import app\n"
        f"app(['case', 'export', '{leak_of(office)}', '--to', 'pack.zip'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=office.folder, capture_output=True, text=True, check=True
    )
    assert "chronology.pdf is left out" in done.stdout and "mailbot[pdf]" in done.stdout
    with zipfile.ZipFile(office.folder / "pack.zip") as archive:
        assert "chronology.pdf" not in archive.namelist()
        assert json.loads(archive.read("manifest.json"))["left_out"]


def test_a_file_that_is_no_zip_or_no_case_is_refused(mailbot, office):
    assert mailbot("case", "export", "--to", "x.zip", cwd=office.folder).code == 2
    assert mailbot("case", "export", "cc-2026-1", "--to", "x.pdf", cwd=office.folder).code == 2
    assert mailbot("case", "export", "cc-2026-77", "--to", "x.zip", cwd=office.folder).code == 1
