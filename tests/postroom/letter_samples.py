"""One set of facts for every letter, as the core would order it. Other tests may use them too."""

from __future__ import annotations

import dataclasses
import datetime as dt
import html as html_words
import re
from pathlib import Path
from typing import Any

from letter_facts import CASE as CASE
from letter_facts import CASE_MAIL as CASE_MAIL
from letter_facts import FACTS
from letter_facts import HANDLER as HANDLER
from letter_facts import REFERENCE as REFERENCE
from letter_facts import row as row

from mailbot.casework.parts import Body, Landlord, Ombudsman
from mailbot.casework.vocabulary import Audience, Fact, Letter
from mailbot.postroom.letters import Letterhead, Order, Stationery, Written
from mailbot.postroom.shown import Shown, switched_off

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"

LETTERHEAD = Letterhead(
    landlord=Landlord(
        name="Thames Meadow Homes",
        short_name="Thames Meadow",
        phone="020 7946 0123",
        web="www.thamesmeadow.example",
        postal_address="Wharf House, 12 Quay Street, London SE1 0XX",
        complaints_address="complaints@thamesmeadow.example",
    ),
    ombudsman=Ombudsman(
        name="Housing Ombudsman Service",
        phone="0300 111 3000",
        web="www.housing-ombudsman.org.uk",
        form="https://www.housing-ombudsman.org.uk/residents/make-a-complaint/",
        post="PO Box 1484, Unit D, Preston PR2 0ET",
        as_of=dt.date(2026, 11, 20),
    ),
    person_noun="resident",
    bodies=(
        Body("Citizens Advice", "", "https://www.citizensadvice.org.uk", "citizens_advice"),
        Body("Shelter", "0808 800 4444", "https://england.shelter.org.uk", "shelter"),
        Body(
            "Information Commissioner's Office",
            "0303 123 1113",
            "https://ico.org.uk/make-a-complaint/",
            "information_commissioner",
        ),
    ),
)


SHOWN = Shown(
    words="acknowledgement",
    to="amina.begum@example.org",
    who="a resident",
    at=dt.datetime(2026, 3, 12, 10, 0, tzinfo=dt.UTC),
    because=("Code 6.2",),
    reference="SHADOW-2026-000007-1",
    subject="Your complaint",
    text="Dear Amina Begum,\n\nThank you for your complaint.",
    html=switched_off(
        "<html><body><p>Dear Amina Begum,</p><p>Thank you for your complaint.</p></body></html>"
    ),
    files=("our-policy.pdf",),
)

STAFF = {
    Letter.SHADOW_DRAFTS: Audience.SUPERVISOR,
    Letter.SHADOW_DAY: Audience.SUPERVISOR,
    Letter.QUESTION: Audience.SUPERVISOR,
    Letter.PROPOSAL: Audience.SUPERVISOR,
    Letter.DIGEST: Audience.SUPERVISOR,
    Letter.REPORT: Audience.SUPERVISOR,
    Letter.QUALITY_SAMPLE: Audience.SUPERVISOR,
    Letter.ALERT: Audience.DUTY,
    **dict.fromkeys(
        (
            Letter.CASE_ASSIGNED,
            Letter.CASE_MAIL,
            Letter.CONFIRM_ACKNOWLEDGEMENT,
            Letter.CHASER,
            Letter.COMMAND_DONE,
            Letter.COMMAND_REFUSED,
            Letter.CONFIRM_ACT,
            Letter.APPROVAL_REQUEST,
            Letter.RELEASE_REQUEST,
            Letter.ROUTED,
        ),
        Audience.HANDLER,
    ),
}


def order_of(letter: Letter, **changes: Fact) -> Order:
    """An order for this letter, with some of its sample facts changed."""
    facts = {**FACTS[letter], **changes}
    resident = letter not in STAFF
    return Order(
        letter=letter,
        audience=STAFF.get(letter, Audience.RESIDENT),
        to="amina.begum@example.org" if resident else "joan.bakare@thamesmeadow.example",
        to_name="Amina Begum" if resident else "Joan Bakare",
        person="" if resident else "joan",
        reference=str(facts.get("reference", "")),
        facts=facts,
        message_id=f"<{letter}.4217@thamesmeadow.example>",
        in_reply_to="<first.mail@example.org>",
        references=("<first.mail@example.org>",),
        from_name="Thames Meadow Homes Complaints",
        from_address="complaints@thamesmeadow.example",
        reply_to="complaints+cc-2026-004217-7.k3f9@thamesmeadow.example",
        date=dt.datetime(2026, 3, 12, 10, 2, 33, tzinfo=dt.UTC),
        shown=(SHOWN, SHOWN) if letter is Letter.SHADOW_DRAFTS else (),
    )


def write(stationery: Stationery, letter: Letter, **changes: Fact) -> Written:
    return stationery.write(order_of(letter, **changes), LETTERHEAD)


def altered(order: Order, **changes: Any) -> Order:
    return dataclasses.replace(order, **changes)


def words_of(page: str) -> str:
    """What a reader sees of the HTML."""
    body = page[page.index("<body") :]
    body = re.sub(r'(?s)<div style="display: ?none.*?</div>', "", body)
    return html_words.unescape(re.sub(r"(?s)<!--.*?-->|<[^>]*>", " ", body)).replace("\xa0", " ")


def plain(text: str) -> str:
    return " ".join(text.split())
