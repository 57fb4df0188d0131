"""Who plays in the demo: an invented landlord, its staff, its residents.

Everybody here is made up. Residents' addresses end in the names that RFC 2606 keeps for examples, telephone
numbers come from the ranges that Ofcom keeps for drama. `write_config` writes them down as the files that a
landlord would write, so that the demo starts as any mailbot starts: by reading its configuration.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DOMAIN: Final = "brackenfieldhomes.example"
COMPLAINTS: Final = f"complaints@{DOMAIN}"
CUSTOMERCARE: Final = f"customercare@{DOMAIN}"
MAILBOXES: Final = {"complaints": COMPLAINTS, "customercare": CUSTOMERCARE}
PASSWORD: Final = "drystone"
BORDER: Final = "mx.demo.example"


@dataclass(frozen=True)
class Actor:
    """Somebody with a mail address. `signs` is how the person ends a mail."""

    name: str
    address: str
    phone: str = ""
    signs: str = ""

    @property
    def first(self) -> str:
        return self.name.split()[0]


@dataclass(frozen=True)
class Colleague(Actor):
    """A member of staff, with what staff.toml says."""

    key: str = ""
    title: str = ""
    team: str = ""
    roles: tuple[str, ...] = ("handler",)


def colleague(key: str, name: str, phone: str, title: str, team: str, *roles: str) -> Colleague:
    local = name.lower().replace(" ", ".")
    return Colleague(name, f"{local}@{DOMAIN}", phone, name, key, title, team, roles)


DEV = colleague("dev", "Dev Banerjee", "0113 496 0121", "Complaints Officer", "Homes", "handler")
GRACE = colleague("grace", "Grace Adeyemi", "0113 496 0122", "Complaints Officer", "Homes", "handler")
MARTIN = colleague("martin", "Martin Holroyd", "0113 496 0123", "Complaints Officer", "Places", "handler")
SIOBHAN = colleague(
    "siobhan", "Siobhan Keane", "0113 496 0124", "Senior Complaints Officer", "Places", "handler"
)
RUTH = colleague("ruth", "Ruth Calloway", "0113 496 0130", "Head of Service Reviews", "Reviews", "stage2")
OWEN = colleague("owen", "Owen Pryce", "0113 496 0110", "Complaints Team Leader", "Resolution", "supervisor")
FIONA = colleague("fiona", "Fiona Baptiste", "0113 496 0111", "Director of Homes", "Homes", "supervisor")
DUTY = colleague("duty", "Duty Officer", "0113 496 0999", "Out of hours", "", "duty")

STAFF: Final = (DEV, GRACE, MARTIN, SIOBHAN, RUTH, OWEN, FIONA, DUTY)

# ------------------------------------------------------------------ residents, and others who write

AMARA = Actor("Amara Nwosu", "amara.nwosu@example.com", "07700 900118", "Amara")
MARGARET = Actor("Margaret Ashworth", "m.ashworth47@example.net", "0113 496 0233", "Mrs M Ashworth")
KIERAN = Actor("Kieran Doyle", "kieran.doyle@example.org", "07700 900152", "Kieran")
DAWIT = Actor("Dawit Tesfaye", "dawit.tesfaye@example.com", "07700 900167", "Dawit Tesfaye")
MEKDES = Actor("Mekdes Tesfaye", "mekdes.t@example.net", "07700 900168", "Mekdes")
HELEN = Actor("Helen Prosser", "helen.prosser@example.org", "07700 900171", "Helen Prosser")
JORDAN = Actor("Jordan Blakey", "jblakey@example.com", "07700 900185", "")
LEANNE = Actor("Leanne Postlethwaite", "leanne.p@example.com", "07700 900190", "Leanne Postlethwaite")
SOFIA = Actor("Sofia Marinescu", "sofia.marinescu@example.net", "07700 900204", "")
YUSUF = Actor("Yusuf Rahman", "yusuf.rahman@example.com", "07700 900211", "Yusuf Rahman, 9 Tenter Croft")
TOM = Actor("Tom Whitlock", "t.whitlock@example.net", "07700 900223", "T Whitlock")
CRAIG = Actor("Craig Monteith", "craig.monteith@example.org", "07700 900236", "Craig")
GWEN = Actor("Gwen Farrar", "gwen.farrar@example.org", "0113 496 0247", "Gwen Farrar")
PAULETTE = Actor("Paulette Simms", "paulette.simms@example.com", "07700 900255", "Paulette")
BEN = Actor("Ben Okonjo", "ben.okonjo@example.net", "07700 900268", "Ben")
ANITA = Actor("Anita Kaur", "anita.kaur@example.com", "07700 900274", "Anita Kaur")
DES = Actor("Des Hartley", "deshartley@example.net", "07700 900283", "")
RHIAN = Actor("Rhian Sutcliffe", "rhian.sutcliffe@example.org", "07700 900291", "Rhian")
NADIA = Actor("Nadia Petrov", "nadia.petrov@example.com", "07700 900306", "Nadia")
JOYCE = Actor("Joyce Lumb", "joyce.lumb@example.net", "0113 496 0315", "Joyce Lumb")
STAN = Actor("Stan Ellershaw", "stan.ellershaw@example.com", "", "Stan")

MEMBER = Actor("Office of Caroline Hesketh MP", "casework.hesketh@example.org", "020 7946 0444")
SOLICITOR = Actor("Pennine Gate Law", "disrepair@penninegate.example.com", "0113 496 0555")
SUPPORT = Actor("Ruta Jankauskas", "r.jankauskas@example.org", "07700 900333")
SUPPLIER = Actor("Aire Lift Services Accounts", "accounts@airelift.example.com", "0113 496 0666")
SALES = Actor("Callum at FlowDesk", "callum@flowdesk.example.com")
JOURNAL = Actor("Housing Matters Weekly", "news@housingmatters.example.org")

APPLICANT = Actor("Marek Dvorak", "marek.dvorak@example.net", "07700 900344")
POSTMASTER = Actor("Mail Delivery System", "mailer-daemon@mx.example.net")

OUTSIDERS: Final = tuple(found for found in list(globals().values()) if type(found) is Actor)


def name_of(address: str) -> str:
    """The name behind an address, as the timeline prints it; the address itself of strangers."""
    known = {actor.address: actor.name for actor in (*STAFF, *OUTSIDERS)}
    base = address.lower()
    return known.get(base, address)


def staff_name(key: str) -> str:
    """The colleague whom a key of staff.toml means; anything else (mailbot, a resident's address) as it is."""
    return next((one.name for one in STAFF if one.key == key), name_of(key))


# ------------------------------------------------------------------ the landlord's files


def write_config(directory: Path, policy: str, imap_port: int, smtp_port: int) -> None:
    """Write mailbot.toml and staff.toml for servers on this machine. Policies and contacts are the shipped ones."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "mailbot.toml").write_text(mailbot_toml(policy, imap_port, smtp_port), encoding="utf-8")
    (directory / "staff.toml").write_text(staff_toml(), encoding="utf-8")


def mailbot_toml(policy: str, imap_port: int, smtp_port: int) -> str:
    mailboxes = "\n".join(
        f"""
[[mailbox]]
name = "{name}"
address = "{address}"
policy = "{policy}"
plus_addressing = true
after = "flag"

[mailbox.imap]
host = "127.0.0.1"
port = {imap_port}
security = "none"
user = "{address}"
password = "{PASSWORD}"
"""
        for name, address in MAILBOXES.items()
    )
    return f"""data_dir = "data"

[landlord]
name = "Brackenfield Homes Limited"
short_name = "Brackenfield Homes"
phone = "0113 496 0100"
web = "https://www.{DOMAIN}"
postal_address = "Customer Resolution, Brackenfield Homes, 14 Fuller's Yard, Otterburn Bridge OB1 4BH"
complaints_address = "{COMPLAINTS}"
{mailboxes}
[smtp]
host = "127.0.0.1"
port = {smtp_port}
security = "none"
user = "{COMPLAINTS}"
password = "{PASSWORD}"

[trust]
authserv_id = "{BORDER}"

[casework]
hold_minutes = 0  # here days pass in seconds
"""


def staff_toml() -> str:
    def line(key: str, value: object) -> str:
        return f"{key} = {json.dumps(value, ensure_ascii=False)}"

    return "\n".join(
        "\n".join(
            (
                "[[person]]",
                line("key", one.key),
                line("name", one.name),
                line("address", one.address),
                line("phone", one.phone),
                line("title", one.title),
                line("team", one.team),
                line("roles", list(one.roles)),
                "",
            )
        )
        for one in STAFF
    )
