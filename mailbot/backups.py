"""A backup: one file that holds the database as of one moment and what mailbot needs beside it, without secrets.

A zip file: `manifest.json` says what is in it, each part with its size and SHA-256, which mailbot and model it belongs
to and how the journal was sealed; then the database, the configuration without passwords and keys, and a model of the
landlord's own where there is one. Verified when it is written, whenever somebody asks, and before it is put back.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import shutil
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import mailbot
from mailbot.settings import Settings
from storage import Store, backup
from storage.backup import BROKEN_ZIP, CopyMistake, Standing
from storage.rows import StorageRefused
from storage.verifying import Verified

FORM: Final = 1
MANIFEST: Final = "manifest.json"
DATABASE: Final = {"sqlite": "database.sqlite", "postgresql": "database.pgdump"}
CONFIG: Final = "config/"
MODEL: Final = "model/"
SECRETS: Final = ("password", "client_secret")
LEFT_OUT: Final = "left out of the backup"
_KEPT_SUFFIXES: Final = (".toml", ".txt", ".html", ".pdf", ".docx", ".odt")
_BESIDE: Final = (".toml", ".png", ".jpg", ".jpeg", ".pdf", ".docx", ".odt")
"""In the configuration folder itself: a logo and the policy's document lie there as well."""
_PIECE: Final = 1 << 20


@dataclass(frozen=True)
class Backup:
    """What a backup says of itself."""

    made_at: dt.datetime
    version: str
    model: str
    dialect: str
    revision: str
    holds: dict[str, int]
    last_line: dt.datetime | None
    seal: str
    mailboxes: dict[str, str]
    parts: dict[str, dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        return {
            "form": FORM,
            "made_at": self.made_at.isoformat(),
            "mailbot": self.version,
            "model": self.model,
            "database": self.dialect,
            "revision": self.revision,
            "holds": self.holds,
            "last_line": self.last_line.isoformat() if self.last_line else None,
            "seal": self.seal,
            "mailboxes": self.mailboxes,
            "parts": self.parts,
        }


def _from_json(told: dict[str, Any]) -> Backup:
    last = told["last_line"]
    return Backup(
        dt.datetime.fromisoformat(told["made_at"]),
        told["mailbot"],
        told["model"],
        told["database"],
        told["revision"],
        told["holds"],
        dt.datetime.fromisoformat(last) if last else None,
        told["seal"],
        told["mailboxes"],
        told["parts"],
    )


# ------------------------------------------------------------------ making one


def make(settings: Settings, store: Store, to: Path, now: dt.datetime) -> tuple[Path, Backup, Verified]:
    """Write a backup to the file or into the folder `to`, readable by its owner alone, and verify its journal. The
    daemon may run. Nothing of the name is there unless the backup is whole."""
    from classifiers.training import shipped_version

    file = to / f"mailbot-{now:%Y-%m-%d-%H%M%S}.zip" if to.is_dir() else to
    if file.exists():
        raise StorageRefused(f"{file} is there already: name another file, or a folder")
    with store.begin() as work:
        work.checkpoint(now)  # so that its last seal stands for all of it
        looks = {row.name: row.looked_at.isoformat() if row.looked_at else "" for row in work.mailboxes()}
    part = file.with_name(f"{file.name}.part")
    try:
        with tempfile.TemporaryDirectory(prefix=".mailbot-", dir=file.parent) as folder:
            copy = Path(folder) / "database"
            standing, verified = backup.take(settings.database.url, settings.database.journal_key, copy)
            part.unlink(missing_ok=True)
            part.touch(mode=0o600)
            own = settings.classifier.model
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1, allowZip64=True) as packed:
                parts = {DATABASE[standing.dialect]: _add(packed, DATABASE[standing.dialect], copy)}
                for name, content in _configuration(settings):
                    packed.writestr(name, content)
                    parts[name] = _about(content)
                if own:
                    parts[f"{MODEL}{own.name}"] = _add(packed, f"{MODEL}{own.name}", own)
                made = Backup(
                    made_at=now,
                    version=mailbot.__version__,
                    model=f"{own.name}, of your own" if own else shipped_version(),
                    dialect=standing.dialect,
                    revision=standing.revision,
                    holds=_counts(standing),
                    last_line=standing.last_line,
                    seal=standing.seal,
                    mailboxes=looks,
                    parts=parts,
                )
                packed.writestr(MANIFEST, json.dumps(made.as_json(), indent=1))
        part.rename(file)
    except OSError as error:
        raise StorageRefused(f"{file} can't be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
    return file, made, verified


def _counts(standing: Standing) -> dict[str, int]:
    return {name: getattr(standing, name) for name in ("cases", "mails", "letters", "lines")}


def _about(content: bytes) -> dict[str, Any]:
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _add(packed: zipfile.ZipFile, name: str, file: Path) -> dict[str, Any]:
    """Into the archive piece by piece: a database may be larger than the memory."""
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as source, packed.open(name, "w", force_zip64=True) as target:
        while piece := source.read(_PIECE):
            digest.update(piece)
            size += len(piece)
            target.write(piece)
    return {"size": size, "sha256": digest.hexdigest()}


def _configuration(settings: Settings) -> Iterator[tuple[str, bytes]]:
    """The files of the configuration folder that people write, their secrets left out. No other folder than these is
    gone through: secrets lie in files of their own."""
    root = settings.directory
    found = [
        *(file for file in root.iterdir() if file.suffix in _BESIDE),
        *(root / "policies").rglob("*.toml"),
        *(root / "calendar").rglob("*.toml"),
    ]
    own = settings.letters.templates
    if own and own.is_relative_to(root):
        found += [file for file in own.rglob("*") if file.suffix in _KEPT_SUFFIXES]
    for file in sorted(set(found)):
        if not file.is_file():
            continue
        content = file.read_bytes()
        if file.suffix == ".toml" and file.parent == root:
            content = without_secrets(content.decode("utf-8", "replace")).encode()
        yield f"{CONFIG}{file.relative_to(root).as_posix()}", content


def without_secrets(text: str) -> str:
    """A TOML file without the values of its passwords and keys, and without the password in a database URL."""
    text = re.sub(r"(\w+(?:\+\w+)?://[^\s:/@\"']*):[^\s@/\"']+@", rf"\1:{LEFT_OUT.replace(' ', '-')}@", text)
    try:
        secrets = set(_secrets_in(tomllib.loads(text)))
    except tomllib.TOMLDecodeError:
        secrets = set()
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, LEFT_OUT)
    names = "|".join(SECRETS)
    return re.sub(rf"(\b(?:{names})\s*=\s*)(?:\"\"\".*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\n])*\"|'[^'\n]*')",
                  rf'\1"{LEFT_OUT}"', text, flags=re.DOTALL)  # fmt: skip


def _secrets_in(table: Any) -> Iterator[str]:
    if isinstance(table, dict):
        for key, value in table.items():
            if key in SECRETS and isinstance(value, str) and value:
                yield value
            yield from _secrets_in(value)
    elif isinstance(table, list):
        for one in table:
            yield from _secrets_in(one)


# ------------------------------------------------------------------ reading one


def read(file: Path) -> Backup:
    """What the backup says of itself; CopyMistake where it is none, or of a form that this version does not know."""
    try:
        with zipfile.ZipFile(file) as packed:
            told = json.loads(packed.read(MANIFEST))
        if told["form"] == FORM:
            return _from_json(told)
    except FileNotFoundError as missing:
        raise CopyMistake(f"there is no file {file}") from missing
    except OSError as error:
        raise CopyMistake(f"{file} can't be read: {error.strerror or error}") from error
    except BROKEN_ZIP as error:
        raise CopyMistake(
            f"{file} is no backup of mailbot, or it is cut off ({type(error).__name__})"
        ) from error
    raise CopyMistake(
        f"{file} was written by a newer mailbot ({told.get('mailbot')}): use that one or a later one"
    )


@contextmanager
def opened(file: Path, folder: Path) -> Iterator[tuple[Backup, Path]]:
    """The backup and its database, unpacked into `folder` for as long as the block lasts; every part is held against
    its hash before."""
    told = read(file)
    with _folder_in(folder, file) as unpacked:
        database = Path(unpacked) / "database"
        try:
            with zipfile.ZipFile(file) as packed:
                for name, about in told.parts.items():
                    _check(packed, name, about, database if name == DATABASE.get(told.dialect) else None)
        except OSError as error:  # the disk is full, most likely: the file is not at fault
            raise CopyMistake(f"{file} can't be unpacked into {folder}: {error.strerror or error}") from error
        except BROKEN_ZIP as error:
            raise CopyMistake(f"{file} is damaged: {error or type(error).__name__}") from error
        if not database.exists():
            raise CopyMistake(f"{file} holds no database")
        yield told, database


@contextmanager
def _folder_in(folder: Path, file: Path) -> Iterator[str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unpacked = tempfile.mkdtemp(prefix=".mailbot-", dir=folder)
    except OSError as error:
        raise CopyMistake(f"{file} can't be unpacked into {folder}: {error.strerror or error}") from error
    try:
        yield unpacked
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)


def _check(packed: zipfile.ZipFile, name: str, about: dict[str, Any], to: Path | None) -> None:
    digest = hashlib.sha256()
    with packed.open(name) as source, (to or Path("/dev/null")).open("wb") as target:
        while piece := source.read(_PIECE):
            digest.update(piece)
            target.write(piece)
    if digest.hexdigest() != about["sha256"]:
        raise CopyMistake(f"{name} in it is not what was put in")


def verify(file: Path, key: bytes, folder: Path) -> tuple[Backup, Verified | None]:
    """Hold every part against its hash, the database against itself, and (SQLite) its journal against its seals. Of a
    dump of PostgreSQL it is seen that pg_restore can read it; its journal was verified as it was taken, and is again
    once it is put back."""
    with opened(file, folder) as (told, database):
        if told.dialect != "sqlite":
            backup.read_dump(database)
            return told, None
        standing, verified = backup.read_sqlite(database, key)
        if (_counts(standing), standing.seal) != (told.holds, told.seal):
            raise CopyMistake(f"{file}: the database in it is not the one that it tells of")
        return told, verified


def settings_to(file: Path, folder: Path) -> list[str]:
    """Write the configuration of the backup into a new folder; the names of the files."""
    told, written = read(file), []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise StorageRefused(f"{folder} is not empty: name a new folder")
    except OSError as error:
        raise StorageRefused(f"{folder} can't be made: {error.strerror}") from error
    try:
        with zipfile.ZipFile(file) as packed:
            for name, about in told.parts.items():
                inner = Path(name)
                if not name.startswith((CONFIG, MODEL)) or inner.is_absolute() or ".." in inner.parts:
                    continue
                target = folder / (inner.relative_to(CONFIG) if name.startswith(CONFIG) else inner)
                target.parent.mkdir(parents=True, exist_ok=True)
                _check(packed, name, about, target)
                written.append(target.relative_to(folder).as_posix())
    except OSError as error:
        raise CopyMistake(f"{folder} can't be written: {error.strerror or error}") from error
    except BROKEN_ZIP as error:
        raise CopyMistake(f"{file} is damaged: {error or type(error).__name__}") from error
    return written
