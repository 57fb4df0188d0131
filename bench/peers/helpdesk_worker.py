"""django-helpdesk's get_email, for bench_peers.py: runs in its own environment and knows nothing of mailbot.

    python helpdesk_worker.py FOLDER DATABASE_URL

Reads lines: "fill N" makes N tickets, "take FOLDER" takes its *.eml, "count" tells what is there. Each answer is a line
of JSON. Letters are written to files instead of being sent.
"""

import importlib.metadata
import json
import logging
import os
import shutil
import sys
import time
import types
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings
from django.core.management import call_command


def database(folder: Path, url: str) -> dict:
    if not url.startswith("postgres"):
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "helpdesk.db")}
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.strip("/"),
        "USER": parts.username or "postgres",
        "HOST": parse_qs(parts.query)["host"][0],
    }


def set_up(folder: Path, url: str) -> None:
    settings.configure(
        SECRET_KEY="bench",
        DATABASES={"default": database(folder, url)},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        EMAIL_BACKEND="django.core.mail.backends.filebased.EmailBackend",
        EMAIL_FILE_PATH=str(folder / "sent"),
        DEFAULT_FROM_EMAIL="complaints@examplehomes.example",
        HELPDESK_TEAMS_MODE_ENABLED=False,
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.sites",
            "django.contrib.messages",
            "django.contrib.humanize",
            "django.contrib.admin",
            "helpdesk",
        ],
        LANGUAGE_CODE="en-gb",
        LOGGING_CONFIG=None,
        MEDIA_ROOT=str(folder / "media"),
        MEDIA_URL="/media/",
        ROOT_URLCONF="helpdesk_worker",
        SITE_ID=1,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        USE_TZ=True,
    )
    django.setup()
    logging.disable(logging.CRITICAL)
    call_command("migrate", verbosity=0)
    call_command("loaddata", "emailtemplate.json", verbosity=0)  # its letters, as its installation says
    from django.urls import include, path

    urls = types.ModuleType("helpdesk_worker")  # a site's own addresses: its letters hold links
    urls.urlpatterns = [path("helpdesk/", include("helpdesk.urls", namespace="helpdesk"))]
    sys.modules["helpdesk_worker"] = urls


def main(folder: Path, url: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    inbox = folder / "inbox"
    inbox.mkdir()
    set_up(folder, url)
    unordered = os.listdir  # a mailbox has an order, and a reply comes after what it answers
    os.listdir = lambda path=".": sorted(unordered(path))
    from helpdesk.email import process_email
    from helpdesk.models import FollowUp, Queue, Ticket

    queue = Queue.objects.create(
        title="Complaints",
        slug="complaints",
        allow_email_submission=True,
        email_address="complaints@examplehomes.example",
        email_box_type="local",
        email_box_local_dir=str(inbox),
        email_box_interval=0,
        logging_type="none",
    )
    print(json.dumps({"version": importlib.metadata.version("django-helpdesk")}), flush=True)
    for line in sys.stdin:
        verb, _, told = line.strip().partition(" ")
        answer = {}
        if verb == "fill":
            for start in range(0, int(told), 1_000):
                tickets = Ticket.objects.bulk_create(
                    Ticket(
                        title=f"Boiler in flat {n}",
                        queue=queue,
                        submitter_email=f"filler{n}@example.com",
                        description=f"The boiler in flat {n} does not work, and nobody came on the day agreed.",
                    )
                    for n in range(start, min(start + 1_000, int(told)))
                )
                FollowUp.objects.bulk_create(
                    FollowUp(
                        ticket=one,
                        title="E-Mail Received",
                        comment="As it was written.",
                        message_id=f"<f{one.id}@x>",
                    )
                    for one in tickets
                )
        elif verb == "take":
            mails = sorted(Path(told).glob("*.eml"))
            for path in mails:
                shutil.copy(path, inbox)
            begun = time.process_time()
            process_email(quiet=True)
            answer = {
                "cpu": time.process_time() - begun,
                "mails": len(mails),
                "left": len(list(inbox.iterdir())),
            }
            for path in inbox.iterdir():
                path.unlink()
        elif verb == "count":
            answer = {"cases": Ticket.objects.count(), "mails": FollowUp.objects.count()}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
