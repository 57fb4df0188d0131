"""The tables of mailbot.toml, staff.toml and ombudsman.toml, key by key, with what each may hold."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from mailbot.casework.allocation import Weights
from mailbot.casework.calendar import Calendar
from mailbot.casework.parts import Landlord, Letters, Ombudsman
from mailbot.casework.vocabulary import Intent, Stage
from mailbot.mistakes import Strict

_HOST: Final = re.compile(r"[^\s/:@?#\[\]\x00]+|[0-9a-fA-F.]*:[0-9a-fA-F:.]+")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_ADDRESS: Final = re.compile(r"[^\s@<>,;:\"()]+@[^\s@<>,;:\"()]+")


def _bare(value: str) -> str:
    """Addresses are compared in lower case and written without a name (RFC 5321 Mailbox)."""
    if not _ADDRESS.fullmatch(value):
        raise ValueError('this is no bare address: write it like "complaints@landlord.example"')
    return value.lower()


def _host(value: str) -> str:
    """A name or an address and nothing else, as a name server can be asked for it (RFC 1035 section 2.3.4)."""
    try:
        value.encode("idna")
    except UnicodeError:
        fits = False
    else:
        fits = bool(_HOST.fullmatch(value))
    if not fits:
        raise ValueError(
            'this is no host: write its name alone, like "mail.landlord.example"; the port has a key of its own'
        )
    return value


def _on_one_line(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("there is a line break or another control character in it: write it on one line")
    return value


def _listens(value: str) -> str:
    if value and int(value.rpartition(":")[2]) > 65535:
        raise ValueError('there is no such port: write it like "127.0.0.1:8025"')
    return value


def _clock(value: object) -> object:
    """A time of day in London. From 01:00 to 03:00 one is missing one night a year, and doubled another."""
    if isinstance(value, str):
        try:
            value = dt.datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007 - a time of day has no zone
        except ValueError:
            raise ValueError('this is no time of day: write it like "08:30"') from None
    if isinstance(value, dt.time) and dt.time(1) <= value < dt.time(3):
        raise ValueError("the clocks change at this hour: write a time before 01:00 or from 03:00 on")
    return value


Host = Annotated[str, Field(min_length=1), AfterValidator(_host)]
Address = Annotated[str, AfterValidator(_bare)]
Clock = Annotated[dt.time, BeforeValidator(_clock)]
Port = Annotated[int, Field(ge=1, le=65535)]
Line = Annotated[str, AfterValidator(_on_one_line)]
"""What is said to a server."""
Word = Annotated[str, Field(min_length=1)]
ROLES = ("handler", "stage2", "supervisor", "head", "duty", "quality")
"""The roles of the house. Others are named by policies (who approves, whom a matter is passed on to) and under
[reports]."""


class SecretTable(Strict):
    """A password stands here, or in a file, or in an environment variable."""

    user: Line = ""
    password: Line = Field(default="", repr=False)
    password_file: str = ""
    password_env: str = ""
    auth: Literal["password", "oauth"] = "password"
    expires: dt.date | None = None

    @model_validator(mode="after")
    def _one_password(self) -> SecretTable:
        given = [k for k in ("password", "password_file", "password_env") if getattr(self, k)]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} say the same thing twice: keep one of them")
        if self.auth == "oauth" and given:
            raise ValueError(f"{given[0]} and a token exclude each other: keep auth or the password")
        if self.auth == "oauth" and not self.user:
            raise ValueError("a token is asked for somebody: write user, the mailbox's address")
        if self.user and not given and self.auth == "password":
            raise ValueError("a user without a password: add password_file, password_env or password")
        return self


class DoorTable(SecretTable):
    """A server that mail comes from or goes to."""

    host: Host = Field(examples=['"mail.landlord.example"'])
    port: Port = Field(examples=["993"])
    security: Literal["tls", "starttls", "none"] = Field(
        description="it is never guessed", examples=['"tls"']
    )


class LandlordTable(Strict):
    name: Word = Field(examples=['"Example Homes Limited"'])
    short_name: str = ""
    phone: Word = Field(examples=['"020 7946 0000"'])
    web: Word = Field(examples=['"https://www.examplehomes.example"'])
    postal_address: Word = Field(examples=['"1 Example Street, Anytown AN1 1AA"'])
    complaints_address: Address = Field(examples=['"complaints@examplehomes.example"'])
    colour: str = Field(default=Letters.colour, pattern=r"^#[0-9a-fA-F]{6}$", examples=['"#1d5b66"'])
    logo: str = ""
    sign_off: Word = Landlord.sign_off
    signature: str = Field(default="", max_length=600)
    plain_text_only: bool = False
    templates: str = ""
    untranslated: Literal["by_hand", "english"] = "by_hand"
    homes_low_cost_rental: int = Field(default=0, ge=0)
    homes_low_cost_ownership: int = Field(default=0, ge=0)


class DatabaseTable(Strict):
    url: Word = "sqlite:///mailbot.db"
    url_env: str = ""
    shadow_url: str = ""
    shadow_url_env: str = ""
    upgrade_on_start: bool = True
    journal_key_file: str = ""
    journal_key_env: str = ""
    lease_seconds: int = Field(default=15, ge=2, le=600)

    @model_validator(mode="after")
    def _one_key(self) -> DatabaseTable:
        if self.journal_key_file and self.journal_key_env:
            raise ValueError(
                "journal_key_file and journal_key_env say the same thing twice: keep one of them"
            )
        if self.shadow_url and self.shadow_url_env:
            raise ValueError("shadow_url and shadow_url_env say the same thing twice: keep one of them")
        return self


class ImapTable(DoorTable):
    timeout_connect: int = Field(default=15, ge=1, le=600)
    timeout_read: int = Field(default=60, ge=1, le=3600)


class MailboxTable(Strict):
    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$", examples=['"complaints"'])
    address: Address = Field(examples=['"complaints@landlord.example"'])
    aliases: list[Address] = Field(default_factory=list)
    policy: Word = "code-2024"
    overlay: Literal["off", "warn", "enforce"] = "enforce"
    policy_document: str = ""
    folder: Annotated[Line, Field(min_length=1)] = "INBOX"
    after: Literal["leave", "flag", "move"] = "leave"
    done_folder: Annotated[Line, Field(min_length=1)] = "Done"
    plus_addressing: bool = False
    idle: bool = True
    poll_seconds: int = Field(default=60, ge=5, le=3600)
    max_bytes: int = Field(default=25_000_000, ge=100_000)
    since: dt.date | None = None
    imap: ImapTable

    @model_validator(mode="after")
    def _moves_somewhere_else(self) -> MailboxTable:
        if self.after == "move" and self.done_folder == self.folder:
            raise ValueError("mail would be moved to where it already is: name another done_folder")
        return self


class SmtpTable(DoorTable):
    null_sender: bool = True
    sent_folder: Line = ""
    retry_hours: int = Field(default=48, ge=1, le=240)
    hello: str = Field(default="", pattern=r"^\S*$", examples=['"mailbot.landlord.example"'])
    timeout: int = Field(default=30, ge=1, le=600)


class OAuthTable(Strict):
    """Where tokens come from, for doors that say auth = "oauth"."""

    provider: Literal["microsoft", "google", "generic"] = Field(examples=['"microsoft"'])
    client_id: str = ""
    client_secret: str = Field(default="", repr=False)
    client_secret_file: str = ""
    client_secret_env: str = ""
    tenant_id: str = Field(default="", pattern=r"^[A-Za-z0-9.-]*$")
    certificate_file: str = ""
    service_account_file: str = ""
    scope: str = ""
    token_url: str = ""
    secret_ends: dt.date | None = None

    @model_validator(mode="after")
    def _has_what_its_provider_asks_for(self) -> OAuthTable:
        secrets = [
            k for k in ("client_secret", "client_secret_file", "client_secret_env") if getattr(self, k)
        ]
        if self.provider == "microsoft" and self.certificate_file:
            secrets.append("certificate_file")
        if len(secrets) > 1:
            raise ValueError(f"{' and '.join(secrets)} say the same thing twice: keep one of them")
        wanted = {
            "microsoft": ("tenant_id", "client_id"),
            "google": ("service_account_file",),
            "generic": ("token_url", "client_id"),
        }[self.provider]
        if missing := [key for key in wanted if not getattr(self, key)]:
            raise ValueError(f"{self.provider} asks for {' and '.join(missing)}")
        if self.provider != "google" and not secrets:
            either = "client_secret_file, client_secret_env or certificate_file"
            generic = "client_secret_file or client_secret_env"
            raise ValueError(
                f"nothing proves who we are: add {either if wanted[0] == 'tenant_id' else generic}"
            )
        if self.token_url and self.provider != "generic":
            raise ValueError(
                f'{self.provider} knows its own token_url: leave it out, or write provider = "generic"'
            )
        here = re.match(r"http://(127\.0\.0\.1|localhost|\[::1\])[:/]", self.token_url)
        if self.token_url and not self.token_url.startswith("https://") and not here:
            raise ValueError(
                "the secret would cross the network in the clear: token_url begins with https://"
            )
        return self


class TrustTable(Strict):
    authserv_id: str = ""
    mode: Literal["standard", "microsoft365"] = "standard"

    @model_validator(mode="after")
    def _standard_names_its_border(self) -> TrustTable:
        if self.mode == "standard" and not self.authserv_id:
            raise ValueError(
                "nobody could be vouched for: write authserv_id as your mail server puts it first into "
                "Authentication-Results"
            )
        return self


class ReferencesTable(Strict):
    prefix: str = Field(default="CC", pattern=r"^[A-Z]{2,6}$", examples=['"CC"'])


class CaseworkTable(Strict):
    confirm_acknowledgement: bool = False
    acknowledge_at: Clock = dt.time(16, 0)
    chase_at: Clock = dt.time(8, 30)
    digest_at: Clock = dt.time(7, 30)
    digest_references_only: bool = False
    hold_minutes: int = Field(default=2, ge=0, le=60)
    heartbeat: str = ""
    show_handler_address: bool = False
    forward_dangerous_files: bool = False


class HealthTable(Strict):
    listen: Annotated[str, AfterValidator(_listens)] = Field(
        default="", pattern=r"^([^\s:]+:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5})?$", examples=['"127.0.0.1:8025"']
    )
    alarm_to: list[Address] = Field(default_factory=list)
    log: Literal["json", "keyvalue"] = "json"


class LimitsTable(Strict):
    letters_per_address_per_hour: int = Field(default=6, ge=1)
    letters_per_address_per_day: int = Field(default=20, ge=1)
    letters_per_hour: int = Field(default=300, ge=1)
    letters_per_day: int = Field(default=3_000, ge=1)
    letters_of_a_kind_per_day: int = Field(default=10, ge=1)
    mails_per_address_per_hour: int = Field(default=60, ge=1)
    mails_per_domain_per_hour: int = Field(default=300, ge=1)

    @model_validator(mode="after")
    def _an_hour_is_part_of_a_day(self) -> LimitsTable:
        if self.letters_per_address_per_hour > self.letters_per_address_per_day:
            raise ValueError(
                "an hour may not hold more letters than its day: lower letters_per_address_per_hour"
            )
        return self


Weight = Annotated[int, Field(ge=0, le=100)]


class AllocationTable(Strict):
    """What an open case weighs when the next one is given to somebody."""

    unsorted: Weight = 1
    service_request: Weight = 1
    stage_one_open: Weight = 3
    stage_one_answered: Weight = 1
    stage_two_open: Weight = 4
    stage_two_answered: Weight = 1
    urgent_hazard: Weight = 2
    safeguarding: Weight = 2
    vulnerability: Weight = 1
    legal_action: Weight = 1
    ombudsman: Weight = 2

    def weights(self) -> Weights:
        stages = {
            Stage.UNSORTED: self.unsorted,
            Stage.SERVICE_REQUEST: self.service_request,
            Stage.STAGE1_OPEN: self.stage_one_open,
            Stage.STAGE1_RESPONDED: self.stage_one_answered,
            Stage.STAGE2_OPEN: self.stage_two_open,
            Stage.STAGE2_RESPONDED: self.stage_two_answered,
        }
        flags = {flag: getattr(self, flag.value) for flag in Weights().flags}
        return Weights(stages, flags)


class CalendarTable(Strict):
    extra_holidays: list[dt.date] = Field(default_factory=list)
    extra_working_days: list[dt.date] = Field(default_factory=list)
    closure_days: list[dt.date] = Field(default_factory=list)

    @model_validator(mode="after")
    def _a_day_is_one_or_the_other(self) -> CalendarTable:
        if both := sorted(set(self.extra_holidays) & set(self.extra_working_days)):
            raise ValueError(f"{both[0]} is a holiday and a working day: keep it in one of the lists")
        return self

    def calendar(self, nation: str) -> Calendar:
        """The nation's calendar with these corrections."""
        return Calendar(
            nation,
            frozenset(self.extra_holidays),
            frozenset(self.extra_working_days),
            frozenset(self.closure_days),
        )


Share = Annotated[float, Field(ge=0.0, le=1.0)]
Times = Annotated[float, Field(gt=0.0, le=100.0)]


class ThresholdsTable(Strict):
    ask_below: Share = 0.6
    new_complaint: Share = 0.0
    service_request: Share = 0.0
    escalation_request: Share = 0.0
    reply: Share = 0.0
    other: Share = 0.0

    def by_intent(self) -> dict[Intent, float]:
        return {intent: getattr(self, intent) for intent in Intent if intent is not Intent.UNSURE}


class CostsTable(Strict):
    """How many times as dear as shipped it is to take mail of this intent for another."""

    new_complaint: Times = 1.0
    service_request: Times = 1.0
    escalation_request: Times = 1.0
    reply: Times = 1.0
    other: Times = 1.0

    def by_intent(self) -> dict[Intent, float]:
        return {intent: getattr(self, intent) for intent in Intent if intent is not Intent.UNSURE}


class ClassifierTable(Strict):
    model: str = ""
    thresholds: ThresholdsTable = Field(default_factory=ThresholdsTable)
    costs: CostsTable = Field(default_factory=CostsTable)


class RetentionTable(Strict):
    """How long words are kept; figures stay. 0: for ever."""

    cases_years: int = Field(default=6, ge=0, le=100)
    other_mail_months: int = Field(default=24, ge=0, le=1200)
    staff_letters_months: int = Field(default=24, ge=0, le=1200)
    automatic: bool = False


class PlaceTable(Strict):
    name: Word = Field(examples=['"Fulling Lane"'])
    words: list[Word] = Field(default_factory=list)


class ReportsTable(Strict):
    weekly: str = "head"
    monthly: str = "executive"
    quarterly: str = "board"
    half_yearly: str = "board"
    annual: str = "board"
    year_starts_in: int = Field(default=4, ge=1, le=12)
    ch02_base: Literal["received_in_year", "responded_in_year"] = "received_in_year"
    tenure_unless_recorded: Literal["", "low cost rental", "low cost ownership"] = ""
    quality_share: Share = 0.1
    estate: list[PlaceTable] = Field(default_factory=list)
    contractor: list[PlaceTable] = Field(default_factory=list)

    @property
    def roles(self) -> dict[str, str]:
        return {
            "weekly": self.weekly,
            "monthly": self.monthly,
            "quarterly": self.quarterly,
            "half-yearly": self.half_yearly,
            "annual": self.annual,
        }


class MailbotTable(Strict):
    """mailbot.toml."""

    mode: Literal["live", "assist", "shadow"] = "live"
    data_dir: str = "."
    landlord: LandlordTable = Field(description="a [landlord] section")
    database: DatabaseTable = Field(default_factory=DatabaseTable)
    mailbox: list[MailboxTable] = Field(min_length=1, description="one [[mailbox]] section a mailbox")
    smtp: SmtpTable = Field(description="an [smtp] section")
    oauth: OAuthTable | None = None
    trust: TrustTable = Field(description="a [trust] section")
    references: ReferencesTable = Field(default_factory=ReferencesTable)
    casework: CaseworkTable = Field(default_factory=CaseworkTable)
    limits: LimitsTable = Field(default_factory=LimitsTable)
    allocation: AllocationTable = Field(default_factory=AllocationTable)
    health: HealthTable = Field(default_factory=HealthTable)
    calendar: CalendarTable = Field(default_factory=CalendarTable)
    classifier: ClassifierTable = Field(default_factory=ClassifierTable)
    retention: RetentionTable = Field(default_factory=RetentionTable)
    reports: ReportsTable = Field(default_factory=ReportsTable)


class AwayTable(Strict):
    first: dt.date = Field(alias="from", examples=["2026-12-21"])
    last: dt.date = Field(alias="to", examples=["2027-01-04"])

    @model_validator(mode="after")
    def _ends_after_it_began(self) -> AwayTable:
        if self.last < self.first:
            raise ValueError("to lies before from: exchange them")
        return self


class PersonTable(Strict):
    key: str = Field(pattern=r"^[a-z][a-z0-9._-]*$", examples=['"priya"'])
    name: Word = Field(examples=['"Priya Shah"'])
    address: Address = Field(examples=['"priya.shah@landlord.example"'])
    phone: str = ""
    title: str = ""
    team: str = ""
    roles: list[Word] = Field(default=["handler"], min_length=1)
    aliases: list[Address] = Field(default_factory=list)
    away: list[AwayTable] = Field(default_factory=list)
    case_limit: int = Field(default=0, ge=0)
    compensation_limit: int | None = Field(default=None, ge=0)
    works: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(default_factory=list)
    delegate: str = ""
    conflicts: list[Word] = Field(default_factory=list)
    supervises: list[Word] = Field(default_factory=list)
    signature: str = Field(default="", max_length=600)


class StaffTable(Strict):
    """staff.toml."""

    person: list[PersonTable] = Field(min_length=1, description="one [[person]] section a member of staff")


def _domain(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", value):
        raise ValueError('this is no domain: write what follows the @, like "housing-ombudsman.org.uk"')
    return value.lower()


Domain = Annotated[str, AfterValidator(_domain)]


class OmbudsmanContact(Strict):
    """The Housing Ombudsman Service. Keys that are left out say what holds of it."""

    name: Word
    phone: Word
    web: Word
    form: Word
    post: Word
    domains: list[Domain] = Field(default_factory=lambda: list(Ombudsman.domains))
    looks_at: Word = Ombudsman.looks_at
    advises: bool = Ombudsman.advises
    takes_no_email: bool = Ombudsman.takes_no_email
    counts_from_final_response: bool = Ombudsman.counts_from_final_response
    limit: str = Ombudsman.limit


class OtherOmbudsmanContact(OmbudsmanContact):
    """Any other: nothing is said of it that its own table does not say."""

    domains: list[Domain] = Field(default_factory=list)
    looks_at: Word = "looks at complaints"
    advises: bool = False
    takes_no_email: bool = False
    counts_from_final_response: bool = False
    limit: str = ""


class BodyTable(Strict):
    key: str = Field(default="", pattern=r"^([a-z][a-z0-9_]*)?$")
    name: Word
    phone: str = ""
    web: Word


class OmbudsmanTable(Strict):
    """ombudsman.toml. A contact is only as good as the day on which somebody looked."""

    as_of: dt.date = Field(description="the day on which the contacts were checked", examples=["2026-06-01"])
    ombudsman: OmbudsmanContact
    ombudsmen: dict[str, OtherOmbudsmanContact] = Field(default_factory=dict)
    body: list[BodyTable] = Field(default_factory=list)

    @model_validator(mode="after")
    def _each_has_a_name_of_its_own(self) -> OmbudsmanTable:
        if Ombudsman.key in self.ombudsmen:
            raise ValueError(f"[ombudsmen.{Ombudsman.key}] is [ombudsman] already: keep one of them")
        keys = [body.key for body in self.body if body.key]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"two bodies have the key {twice[0]!r}: rename one")
        return self
