"""Frozen parts of the settings that the rooms are handed.

Rooms are strangers to each other and to `mailbot.settings`; who needs a setting gets its own part of it, and
the parts are named here, where everybody may look. Pure data: nothing here reads a file or checks a value
(`mailbot.settings` does both, at start-up). Passwords never show in a repr, and so never in a log.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal, TypeAlias

Security: TypeAlias = Literal["tls", "starttls", "none"]
After: TypeAlias = Literal["leave", "flag", "move"]
TrustMode: TypeAlias = Literal["standard", "microsoft365"]
TokenProvider: TypeAlias = Literal["microsoft", "google", "generic"]


class Overlay(StrEnum):
    """How the statutory Code is laid over a landlord's policy."""

    OFF = "off"  # the landlord's words alone
    WARN = "warn"  # the same, and a list of what the Code would change
    ENFORCE = "enforce"  # the stricter duty and the more generous right govern


class Mode(StrEnum):
    """How far mailbot may go (docs/modes.md)."""

    LIVE = "live"  # it does what the policy asks for
    ASSIST = "assist"  # what it writes to a resident by itself goes only by a person's word
    SHADOW = "shadow"  # it reads, changes nothing on the server, and writes to supervisors alone

    @property
    def database(self) -> str:
        """Whose database it works on: live and assist share one, a shadow run has its own."""
        return "shadow" if self is Mode.SHADOW else "live"


SHADOW_PREFIX = "SHADOW"
"""How references of a shadow run begin, so that none can be taken for a real one."""

MODE_WORDS = {
    Mode.LIVE: "live: letters go out as the policy asks for them",
    Mode.ASSIST: "assist: automatic letters to residents wait for a person's word",
    Mode.SHADOW: "shadow: nothing in the mailbox is changed, and only supervisors are written to",
}


@dataclass(frozen=True)
class OAuthSettings:
    """Who gives us tokens instead of a password (RFC 6749 section 4.4, client credentials; Google: a service
    account that acts for the mailbox)."""

    provider: TokenProvider
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    tenant_id: str = ""  # Microsoft
    certificate_file: Path | None = (
        None  # Microsoft: key and certificate in one PEM file, instead of a secret
    )
    service_account_file: Path | None = None  # Google
    scope: str = ""  # "" for what the provider usually wants
    token_url: str = ""  # generic
    secret_ends: dt.date | None = None  # when secret, certificate or key runs out, as far as told or read


@dataclass(frozen=True)
class ImapSettings:
    """One mailbox that we read. `name` is what the journal calls it, `address` (lower-cased, bare) is what
    residents write to; `aliases` are further addresses that end up in it."""

    name: str
    address: str
    aliases: tuple[str, ...]
    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    after: After = "leave"  # what happens on the server to a mail that we have kept
    done_folder: str = "Done"
    idle: bool = True
    poll_seconds: int = 60
    max_bytes: int = 25_000_000  # bigger mails are kept, and shown to a person instead of read
    timeout_connect: int = 15  # seconds
    timeout_read: int = 60  # seconds
    since: dt.date | None = None  # first start takes mail in from this day on; None: nothing older than us
    plus_addressing: bool = False
    oauth: OAuthSettings | None = None  # a token instead of the password
    read_only: bool = False  # nothing on the server may change: EXAMINE and PEEK, and no other command


@dataclass(frozen=True)
class SmtpSettings:
    """The relay that takes our letters. `null_sender`: it accepts MAIL FROM:<> (RFC 3834 section 3.3)."""

    host: str
    port: int
    security: Security
    user: str = ""
    password: str = field(default="", repr=False)
    null_sender: bool = True
    hello: str = ""  # the name for EHLO, "" for the machine's own
    timeout: int = 30  # seconds
    sent_folder: str = ""  # a copy of each letter is appended here, "" for none
    oauth: OAuthSettings | None = None  # a token instead of the password


@dataclass(frozen=True)
class TrustSettings:
    """Whose Authentication-Results we believe (RFC 8601 section 1.5: only those of our own border)."""

    authserv_id: str
    mode: TrustMode = "standard"


@dataclass(frozen=True)
class Landlord:
    """Who speaks in the letters."""

    name: str
    short_name: str
    phone: str
    web: str
    postal_address: str
    complaints_address: str
    sign_off: str = "Yours sincerely"  # before the name of whoever wrote
    signature: str = ""  # lines below it, in letters that a person writes
    homes_low_cost_rental: int = 0  # owned at the end of the year, for the Tenant Satisfaction Measures
    homes_low_cost_ownership: int = 0


@dataclass(frozen=True)
class Place:
    """An estate, or a firm: its name, and other words by which a mail names it (a street, a postcode)."""

    name: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReportSettings:
    """What the figures need that no case knows.

    roles                    who gets which report, cycle by cycle: a role of the staff file, "" for nobody
    year_starts              the month in which the landlord's year begins
    ch02_base                of which complaints CH02 is a share: "received_in_year" or "responded_in_year"
    tenure_unless_recorded   what somebody counts as whose tenure nobody recorded, "" for neither
    quality_share            of the closed cases, for the quality reviewers: 0.1 is one in ten
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    year_starts: int = 4
    ch02_base: str = "received_in_year"
    tenure_unless_recorded: str = ""
    quality_share: float = 0.1
    estates: tuple[Place, ...] = ()
    contractors: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Logo:
    """A picture for the head of letters to residents, checked at start-up. `width` and `height`: CSS pixels at which it
    is shown. `kind`: "png" or "jpeg"."""

    content: bytes = field(repr=False)
    kind: str
    width: int
    height: int

    @property
    def name(self) -> str:
        """The Content-ID that the HTML shows it by."""
        return f"logo.{hashlib.sha256(self.content).hexdigest()[:12]}@mailbot"


@dataclass(frozen=True)
class Letters:
    """How the landlord's letters look: its colour (#rrggbb, dark enough for white words on it), its logo, and its own
    templates, each in the place of the shipped one of the same name; whether anything but plain text is sent."""

    colour: str = "#1d5b66"
    templates: Path | None = None
    logo: Logo | None = None
    plain_text_only: bool = False


@dataclass(frozen=True)
class Ombudsman:
    """How to reach an Ombudsman, as checked on `as_of`, and what letters may say of it. Unless given, what
    holds of the Housing Ombudsman Service.

    domains     whose mail is theirs (lower-cased; their subdomains too)
    looks_at    goes on after "is free, independent and"
    advises     it gives advice while the landlord is still looking
    counts_from_final_response  its limit counts from there: only then can a letter name the last day
    limit       its time limit as a sentence, "" for none that we tell
    """

    name: str
    phone: str
    web: str
    form: str
    post: str
    as_of: dt.date
    key: str = "hos"
    domains: tuple[str, ...] = ("housing-ombudsman.org.uk",)
    looks_at: str = "looks at complaints about landlords"
    advises: bool = True
    takes_no_email: bool = True
    counts_from_final_response: bool = True
    limit: str = "It usually can't look at a complaint more than 12 months after our final response."

    def wrote(self, address: str) -> bool:
        """Whether an address is one of theirs."""
        host = address.rpartition("@")[2].lower()
        return any(host == domain or host.endswith(f".{domain}") for domain in self.domains)


@dataclass(frozen=True)
class Body:
    """Somebody else who can help a resident, or to whom a matter belongs. `key` is what a rule calls them."""

    name: str
    phone: str
    web: str
    key: str = ""


@dataclass(frozen=True)
class Document:
    """The policy as residents get it, read at start-up."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Limits:
    """The most letters that go out by themselves; what is held back goes to a person."""

    letters_per_address_per_hour: int
    letters_per_address_per_day: int
    letters_per_hour: int
    letters_per_day: int = 3_000
    letters_of_a_kind_per_day: int = 10  # to one resident's address
    mails_per_address_per_hour: int = 60  # that are attended to; what is beyond is held
    mails_per_domain_per_hour: int = 300  # unless it is a provider that everybody has mail with


@dataclass(frozen=True)
class Retention:
    """How long the words of what is over are kept, 0 for ever. `automatic`: they go by themselves when it has passed;
    otherwise a person is told that it has."""

    cases_years: int = 6  # after closure; erasing earlier takes a reason
    other_mail_months: int = 24  # mail of no case that was filed or discarded
    staff_letters_months: int = 24  # digests, alerts
    automatic: bool = False
