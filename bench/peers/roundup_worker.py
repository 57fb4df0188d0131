"""Roundup's mail gateway, for bench_peers.py: runs in Roundup's own environment and knows nothing of mailbot.

    python roundup_worker.py TRACKER DATABASE_URL

Reads lines: "fill N" makes N issues, "take FOLDER" takes its *.eml in order, "count" tells what is there. Each answer
is a line of JSON. Letters are written to a file instead of being sent.
"""

import io
import json
import re
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import roundup
import roundup.instance
from roundup import mailgw

BIN = Path(sys.executable).parent


def make(home: Path, url: str) -> None:
    postgres = url.startswith("postgres")
    admin = [str(BIN / "roundup-admin"), "-i", str(home)]
    subprocess.run(
        [*admin, "install", "classic", "postgresql" if postgres else "sqlite"],
        check=True,
        capture_output=True,
    )
    config = (home / "config.ini").read_text()
    wanted = {
        ("main", "admin_email"): "admin@examplehomes.example",
        ("main", "dispatcher_email"): "admin@examplehomes.example",
        ("tracker", "web"): "http://localhost:8917/tracker/",
        ("tracker", "email"): "complaints@examplehomes.example",
        ("mail", "domain"): "examplehomes.example",
        ("mail", "host"): "localhost",
        ("mail", "debug"): str(home / "sent.mbox"),
        ("mailgw", "subject_prefix_parsing"): "loose",
        ("logging", "level"): "ERROR",
        ("rdbms", "backend"): "postgresql" if postgres else "sqlite",
    }
    if postgres:
        parts = urlsplit(url)
        wanted["rdbms", "name"] = parts.path.strip("/")
        wanted["rdbms", "user"] = parts.username or "postgres"
        wanted["rdbms", "host"] = parse_qs(parts.query)["host"][0]
        wanted["rdbms", "password"] = "none"
    for (section, key), value in wanted.items():
        pattern = re.compile(rf"(\[{section}\](?:(?!\n\[).)*?\n)#?{key} *=[^\n]*", re.DOTALL)
        config, found = pattern.subn(lambda m, k=key, v=value: f"{m[1]}{k} = {v}", config, count=1)
        if not found:
            raise SystemExit(f"Roundup's config.ini has no {section}/{key}")
    (home / "config.ini").write_text(config)
    with (home / "schema.py").open("a") as schema:
        schema.write("\ndb.security.addPermissionToRole('Anonymous', 'Email Access')\n")
    if postgres:  # it makes the database itself
        import psycopg2

        with_database = psycopg2.connect(
            host=wanted["rdbms", "host"], user=wanted["rdbms", "user"], dbname="postgres"
        )
        with_database.autocommit = True
        with_database.cursor().execute(f'DROP DATABASE IF EXISTS "{wanted["rdbms", "name"]}"')
        with_database.close()
    done = subprocess.run([*admin, "initialise", "admin"], input="y\n", text=True, capture_output=True)
    if done.returncode:
        raise SystemExit(done.stderr + done.stdout)


LINKS = ("issue_messages", "issue_nosy")
CLASSES = ("user", "msg", "issue")
SERIES = "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {number})"


def fill(tracker, number: int) -> None:
    """One issue is made the real way; its rows, and those of its words, are copied in the database, as one by one
    takes 17 ms each. What the copies' messages say isn't on disk: nothing that is measured reads it."""
    db = tracker.open("admin")
    author = db.user.create(username="filler", address="filler@example.com", roles="User")
    text = "The boiler in our flat does not work, and nobody came on the day that was agreed."
    message = db.msg.create(content=text, author=author, summary=text[:60], messageid="<fill@example.com>")
    issue = db.issue.create(title="Boiler in our flat", messages=[message], nosy=[author])
    db.commit()
    made = {"user": int(author), "msg": int(message), "issue": int(issue)}
    copies = SERIES.format(number=number - 1)
    own = {
        "_address": "'filler' || n || '@example.com'",
        "_username": "'filler' || n",
        "_messageid": "'<fill' || n || '@example.com>'",
        "_author": "_author + n",
    }

    def copy(table: str, where: str, changed: dict) -> None:
        db.sql(f"SELECT * FROM {table} WHERE 1 = 0")
        columns = [told[0] for told in db.cursor.description]
        values = ", ".join(changed.get(column, column) for column in columns)
        db.sql(
            f"INSERT INTO {table} ({', '.join(columns)}) "
            f"{copies} SELECT {values} FROM {table}, series WHERE {where}"
        )

    if number > 1:
        for name in CLASSES:
            copy(f"_{name}", f"id = {made[name]}", {"id": "id + n", **own})
            copy(f"{name}__journal", f"nodeid = {made[name]}", {"nodeid": "nodeid + n"})
        for table in LINKS:
            copy(table, f"nodeid = {made['issue']}", {"nodeid": "nodeid + n", "linkid": "linkid + n"})
        words_of(db, made, copies, number)
        db.commit()
    db.close()


def words_of(db, made: dict, copies: str, number: int) -> None:
    """The words by which Roundup finds the copies, and the next free numbers."""
    last = {name: made[name] + number for name in CLASSES}
    for name, prop in (("msg", "content"), ("issue", "title")):
        db.sql(f"SELECT _textid FROM __textids WHERE _class = '{name}' AND _itemid = '{made[name]}'")
        ((text,),) = db.cursor.fetchall()
        free = "(SELECT max(_textid) FROM __textids) + n"
        db.sql(
            f"INSERT INTO __textids (_class, _itemid, _prop, _textid) {copies} "
            f"SELECT '{name}', CAST({made[name]} + n AS VARCHAR), '{prop}', {free} FROM series"
        )
        db.sql(
            f"INSERT INTO __words (_word, _textid) {copies} SELECT _word, new._textid FROM __words, series "
            f"JOIN __textids new ON new._class = '{name}' AND new._itemid = CAST({made[name]} + n AS VARCHAR) "
            f"WHERE __words._textid = {int(text)}"
        )
    db.sql("SELECT max(_textid) + 1 FROM __textids")
    ((last["__textids"],),) = db.cursor.fetchall()
    for name, following in last.items():
        if db.dbtype == "postgres":
            db.sql(f"SELECT setval('_{name}_ids', {int(following)})")
        else:
            db.sql(f"UPDATE ids SET num = {int(following)} WHERE name = '{name}'")


def main(home: Path, url: str) -> None:
    make(home, url)
    tracker = roundup.instance.open(str(home))
    gateway = mailgw.MailGW(tracker, Namespace(default_class="issue", set_value=[]))
    print(json.dumps({"version": roundup.__version__}), flush=True)
    for line in sys.stdin:
        verb, _, told = line.strip().partition(" ")
        answer = {}
        if verb == "fill":
            fill(tracker, int(told))
        elif verb == "take":
            mails = [path.read_bytes() for path in sorted(Path(told).glob("*.eml"))]
            begun = time.process_time()
            for raw in mails:
                gateway.main(io.BytesIO(raw))
            answer = {"cpu": time.process_time() - begun, "mails": len(mails)}
        elif verb == "count":
            db = tracker.open("admin")
            answer = {"cases": db.issue.count(), "mails": db.msg.count()}
            db.close()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
