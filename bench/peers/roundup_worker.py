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


def fill(tracker, number: int) -> None:
    db = tracker.open("admin")
    made = 0
    while made < number:
        for n in range(made, min(made + 500, number)):
            author = db.user.create(username=f"filler{n}", address=f"filler{n}@example.com", roles="User")
            text = f"Repair {n}: the boiler in flat {n} does not work, and nobody came on the day that was agreed."
            message = db.msg.create(
                content=text, author=author, summary=text[:60], messageid=f"<fill{n}@example.com>"
            )
            db.issue.create(title=f"Boiler in flat {n}", messages=[message], nosy=[author])
        db.commit()
        made = min(made + 500, number)
    db.close()


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
