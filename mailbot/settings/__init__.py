"""The configuration directory, read once and checked whole; frozen objects come out.

`load` reads mailbot.toml, staff.toml, ombudsman.toml, the published bank holidays and the policies that the
mailboxes name. Whatever is wrong is told at once (`SettingsMistake`): file, key, value, and what to write
instead. Nothing starts on half a configuration. What works, but hardly as meant, comes back in `Settings.warnings`.

Passwords come from mailbot.toml, a file of their own or the environment, and never show in a repr.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from string import Template
from typing import Final

from mailbot.calendarfile import publish, today_in_london
from mailbot.casework.allocation import Weights, first_there
from mailbot.casework.calendar import Calendar
from mailbot.casework.parts import (
    SHADOW_PREFIX,
    Body,
    Document,
    ImapSettings,
    Landlord,
    Letters,
    Limits,
    Logo,
    Mode,
    OAuthSettings,
    Ombudsman,
    Place,
    ReportSettings,
    Retention,
    SmtpSettings,
    TrustSettings,
)
from mailbot.casework.policy import Policy
from mailbot.casework.rulebook import Habits
from mailbot.casework.versions import in_force
from mailbot.casework.vocabulary import Case, Intent, Letter, Person
from mailbot.languages import WORDS, is_checked, languages_in
from mailbot.mistakes import Mistake, Mistakes, hold_against, nearest, read_toml, spell
from mailbot.places import config_dir
from mailbot.policyfile import PolicyMistake, load_versions
from mailbot.settings import tables as t
from mailbot.settings.crosschecks import (
    MAILBOT,
    OMBUDSMAN,
    STAFF,
    check_together,
    find_oddities,
    why_no_database,
)
from mailbot.settings.endings import expiries, proof_ends
from mailbot.settings.logo import NoLogo, read_logo

LARGEST_DOCUMENT: Final = 3_000_000  # bytes of the policy that goes with acknowledgements
SHORTEST_KEY: Final = 32  # characters
_OF_LETTERS: Final = {"colour", "logo", "plain_text_only", "templates", "untranslated"}
"""Keys of [landlord] that say how letters look, and nothing of who speaks."""
SENT: Final = ":sent"
"""How the place is called in which a mailbox's Sent folder is kept, in a shadow run."""
_SCHEMES: Final = ("sqlite", "postgresql", "postgresql+psycopg")


class SettingsMistake(Mistakes):
    """A configuration that is refused, with everything that is wrong with it."""


@dataclass(frozen=True)
class MailboxSettings:
    """A mailbox and its policy, resolved. `policy` is the version that was in force when the configuration was
    read; `versions` are all that cases may keep to: every version of it, and what older cases began under."""

    imap: ImapSettings
    policy: Policy
    versions: tuple[Policy, ...] = ()
    document: Document | None = None  # the policy itself, for acknowledgements that carry a copy

    @property
    def name(self) -> str:
        return self.imap.name

    def policy_on(self, day: dt.date) -> Policy:
        """What a case that is received on this day will keep to."""
        return in_force([p for p in self.versions if p.id == self.policy.id] or [self.policy], day)

    def policy_of(self, case: Case) -> Policy:
        """What this case keeps to. A version that is no longer there can only be that of a closed case: then the
        nearest stands in for it."""
        kept = (policy for policy in self.versions if policy.key == case.policy)
        return next(kept, None) or self.policy_on(Calendar.london_date(case.received_at))


@dataclass(frozen=True)
class DatabaseSettings:
    """`url` as SQLAlchemy reads it; a relative SQLite path has been put under the data directory."""

    url: str = field(repr=False)
    upgrade_on_start: bool = True
    journal_key: bytes = field(default=b"", repr=False)  # that the journal is sealed with; kept outside of it
    lease_seconds: int = 15  # after which a worker that shows no life is taken for dead (PostgreSQL)


@dataclass(frozen=True)
class ClassifierSettings:
    """`model`: None for the shipped one. Below `ask_below` (a probability), and below `sure` for what it would be
    taken for, a person is asked; `costs` make missing mail of an intent so many times as dear as shipped."""

    model: Path | None = None
    ask_below: float = 0.6
    sure: Mapping[Intent, float] = field(default_factory=dict)
    costs: Mapping[Intent, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    directory: Path
    data_dir: Path
    landlord: Landlord
    ombudsmen: tuple[Ombudsman, ...]  # the Housing Ombudsman Service first
    bodies: tuple[Body, ...]
    database: DatabaseSettings
    mailboxes: tuple[MailboxSettings, ...]
    smtp: SmtpSettings
    smtp_retry_hours: int
    trust: TrustSettings
    reference_prefix: str
    habits: Habits
    digest_at: dt.time  # Europe/London, every working day
    references_only: bool  # digests and lists show no subject lines
    expiries: tuple[tuple[str, dt.date], ...]  # (what, last day) of each secret whose end is written down
    heartbeat: Path | None  # a file that is touched while the daemon lives, None for none
    show_handler_address: bool  # residents see the handler's own address, not only the mailbox's
    limits: Limits
    calendar: Calendar
    classifier: ClassifierSettings
    people: tuple[Person, ...]
    log_form: str = "json"  # or "keyvalue": how a line of the log is written
    health_at: tuple[str, int] | None = None  # host and port where health is told over HTTP; None: nowhere
    letters: Letters = field(default_factory=Letters)
    alarm_to: tuple[str, ...] = ()  # the operator's addresses
    reports: ReportSettings = field(default_factory=ReportSettings)
    allocation: Weights = field(default_factory=Weights)  # what open cases weigh
    forward_dangerous_files: bool = False  # programs, macros and the like go along with mails to staff
    retention: Retention = field(default_factory=Retention)
    mode: Mode = Mode.LIVE
    other_url: str = field(
        default="", repr=False
    )  # the database of the other kind of run, live or shadow; "" for none
    watches_sent: str = ""  # shadow: the folder in which the team's own mail lies, "" to look for it
    warnings: tuple[Mistake, ...] = ()

    @property
    def places_watched(self) -> dict[str, str]:
        """Every place that is looked into now, and how people call it."""
        called = {box.name: box.name for box in self.mailboxes}
        if self.mode is Mode.SHADOW:
            called |= {f"{name}{SENT}": f"what your team sent from {name}" for name in tuple(called)}
        return called

    def mailbox(self, name: str) -> MailboxSettings:
        """KeyError for a mailbox that is not, or no longer, configured."""
        for mailbox in self.mailboxes:
            if mailbox.name == name:
                return mailbox
        raise KeyError(f"no mailbox {name!r} is configured")

    def ombudsman(self, key: str = Ombudsman.key) -> Ombudsman:
        """The one of this name in ombudsman.toml ("hos", "spso"). KeyError where there is none."""
        for ombudsman in self.ombudsmen:
            if ombudsman.key == key:
                return ombudsman
        raise KeyError(f"ombudsman.toml has no {key!r}")

    @property
    def policies_dir(self) -> Path | None:
        """The landlord's own policies, where there are any."""
        own = self.directory / "policies"
        return own if own.is_dir() else None

    @property
    def supervisors(self) -> tuple[Person, ...]:
        return tuple(person for person in self.people if "supervisor" in person.roles)

    def supervisor_on(self, day: dt.date) -> Person:
        """Who hears of everything that is nobody else's: the first supervisor in staff.toml who is there on that
        day, or the first of all where none is."""
        return first_there(self.supervisors, day)


def mailbox_named(settings: Settings, name: str) -> MailboxSettings:
    """The mailbox of that name; the first one for a case whose mailbox is no longer configured, so that its
    letters still go out."""
    return next((box for box in settings.mailboxes if box.name == name), settings.mailboxes[0])


def load(
    directory: Path,
    data_dir: Path | None = None,
    environ: Mapping[str, str] | None = None,
    today: dt.date | None = None,
    servers: bool = True,
) -> Settings:
    """Read a configuration directory. What it lacks of policies, contacts and holidays comes from the shipped ones.

    `data_dir` overrules the key of that name; `environ` is os.environ unless given; `today` is London's date.
    `servers` false: for whoever speaks to no mail server, and so needs none of the secrets for them.
    SettingsMistake: everything that is wrong, in the order of the files.
    """
    directory = directory.resolve()
    mistakes: list[Mistake] = []
    contacts = directory / OMBUDSMAN if (directory / OMBUDSMAN).exists() else config_dir() / OMBUDSMAN
    main_text = read_toml(directory / MAILBOT, mistakes)
    main = hold_against(t.MailbotTable, main_text, MAILBOT, mistakes) if main_text is not None else None
    staff_text = read_toml(directory / STAFF, mistakes)
    staff = hold_against(t.StaffTable, staff_text, STAFF, mistakes) if staff_text is not None else None
    contact_text = read_toml(contacts, mistakes)
    ombudsman = (
        hold_against(t.OmbudsmanTable, contact_text, OMBUDSMAN, mistakes)
        if contact_text is not None
        else None
    )
    mistakes.extend(check_together(main, staff))
    variables = os.environ if environ is None else environ
    reader = _Reader(directory, variables, mistakes, today or today_in_london(), servers)
    made = reader.settings(main, staff, ombudsman, data_dir) if main else None
    if mistakes or made is None:
        raise SettingsMistake(mistakes)
    return made


class _Reader:
    """Makes the frozen objects, and notes what cannot be made."""

    def __init__(
        self,
        directory: Path,
        environ: Mapping[str, str],
        mistakes: list[Mistake],
        today: dt.date,
        servers: bool,
    ) -> None:
        self._servers = servers
        self._directory = directory
        self._today = today
        self._environ = environ
        self._mistakes = mistakes
        self._warnings: list[Mistake] = []

    def settings(
        self,
        main: t.MailbotTable,
        staff: t.StaffTable | None,
        contacts: t.OmbudsmanTable | None,
        data_dir: Path | None,
    ) -> Settings | None:
        data = (data_dir or self._path(main.data_dir)).resolve()
        oauth = self._oauth(main.oauth)
        mailboxes = [self._mailbox(n, table, oauth) for n, table in enumerate(main.mailbox)]
        smtp = self._smtp(main.smtp, oauth)
        live = self._database_url(main.database, data)
        beside = self._shadow_url(main, data, live)
        shadow = Mode(main.mode) is Mode.SHADOW
        if shadow:  # by construction: no part that could write is handed what it would need
            mailboxes = [
                replace(box, imap=replace(box.imap, after="leave", read_only=True)) if box else None
                for box in mailboxes
            ]
            smtp = replace(smtp, sent_folder="")
        url, other = (beside, live) if shadow else (live, beside)
        model = self._model(main.classifier)
        calendar = self._calendar(main.calendar, mailboxes)
        people = tuple(_person(table) for table in staff.person) if staff else ()
        ombudsmen = _ombudsmen(contacts) if contacts else ()
        self._check_ombudsmen(mailboxes, ombudsmen)
        letters = self._letters(main.landlord)
        if staff:
            self._check_roles(staff, mailboxes, main.reports)
        if not people or not ombudsmen or calendar is None or self._mistakes:
            return None
        casework = main.casework
        return Settings(
            directory=self._directory,
            data_dir=data,
            landlord=Landlord(**main.landlord.model_dump(exclude=_OF_LETTERS)),
            letters=letters,
            ombudsmen=ombudsmen,
            bodies=tuple(Body(**body.model_dump()) for body in contacts.body) if contacts else (),
            database=DatabaseSettings(
                url,
                main.database.upgrade_on_start,
                self._journal_key(main.database),
                main.database.lease_seconds,
            ),
            mailboxes=tuple(mailbox for mailbox in mailboxes if mailbox),
            smtp=smtp,
            smtp_retry_hours=main.smtp.retry_hours,
            trust=TrustSettings(main.trust.authserv_id, main.trust.mode),
            reference_prefix=SHADOW_PREFIX if shadow else main.references.prefix,
            habits=Habits(
                casework.confirm_acknowledgement,
                casework.acknowledge_at,
                casework.chase_at,
                0 if shadow else casework.hold_minutes,
                languages=self._languages(letters.templates, main.landlord.untranslated),
                by_hand=Mode(main.mode) is Mode.ASSIST,
            ),
            digest_at=casework.digest_at,
            references_only=casework.digest_references_only,
            expiries=expiries(main, oauth.secret_ends if oauth else self._proof_ends(main.oauth)),
            heartbeat=data / casework.heartbeat if casework.heartbeat else None,
            show_handler_address=casework.show_handler_address,
            health_at=_place(main.health.listen),
            alarm_to=tuple(main.health.alarm_to),
            log_form=main.health.log,
            forward_dangerous_files=casework.forward_dangerous_files,
            limits=Limits(**main.limits.model_dump()),
            allocation=main.allocation.weights(),
            calendar=calendar,
            classifier=ClassifierSettings(
                model,
                main.classifier.thresholds.ask_below,
                main.classifier.thresholds.by_intent(),
                main.classifier.costs.by_intent(),
            ),
            people=people,
            retention=Retention(**main.retention.model_dump()),
            mode=Mode(main.mode),
            other_url=other,
            watches_sent=main.smtp.sent_folder,
            reports=_reports(main.reports),
            warnings=(*self._warnings, *find_oddities(main, staff)),
        )

    # -------------------------------------------------------------- one by one

    def _mailbox(self, n: int, table: t.MailboxTable, oauth: OAuthSettings | None) -> MailboxSettings | None:
        where = ("mailbox", n)
        if table.since and table.since > self._today:
            self._warn(spell((*where, "since")), str(table.since), "this day is still to come: nothing old is taken in",
                       "correct the year, or leave the key out")  # fmt: skip
        imap = ImapSettings(
            name=table.name,
            address=table.address,
            aliases=tuple(table.aliases),
            host=table.imap.host,
            port=table.imap.port,
            security=table.imap.security,
            user=table.imap.user,
            password=self._password(table.imap, spell((*where, "imap"))),
            folder=table.folder,
            after=table.after,
            done_folder=table.done_folder,
            idle=table.idle,
            poll_seconds=table.poll_seconds,
            max_bytes=table.max_bytes,
            timeout_connect=table.imap.timeout_connect,
            timeout_read=table.imap.timeout_read,
            since=table.since,
            plus_addressing=table.plus_addressing,
            oauth=self._tokens(table.imap, oauth, spell((*where, "imap"))),
        )
        key = spell((*where, "policy"))
        versions = self._versions(table, key)
        if not versions:
            return None
        policy = in_force(versions, self._today)
        if not policy.in_force(self._today):
            ends = f"{policy.key} holds from {policy.valid_from}" + (
                f" to {policy.valid_to}" if policy.valid_to else ""
            )
            self._warn(key, table.policy, f"no version of it is in force today: {ends}",
                       "add the version that is, or correct valid_from and valid_to")  # fmt: skip
        return MailboxSettings(
            imap, policy, versions, self._document(table, policy, spell((*where, "policy_document")))
        )

    def _document(self, table: t.MailboxTable, policy: Policy, key: str) -> Document | None:
        if not table.policy_document:
            asked = [c for stage in policy.stages for c in stage.acknowledge_because.get("policy_copy", ())]
            if own := [c for c in dict.fromkeys(asked) if policy.clause(c).origin == "policy"]:
                self._warn(key, "", f"{policy.id} wants a copy of itself with the acknowledgement ({', '.join(own)})",
                           "name the document; without it the letter only offers a copy")  # fmt: skip
            return None
        path = self._path(table.policy_document)
        try:
            content = path.read_bytes()
        except OSError as error:
            problem = f"the document cannot be read: {error.strerror or error}"
            self._refuse(
                key, str(path), problem, "put it there, or leave the key out: then nothing is attached"
            )
            return None
        if not 0 < len(content) <= LARGEST_DOCUMENT:
            most = f"{LARGEST_DOCUMENT // 1_000_000} MB"
            problem = (
                "it is empty"
                if not content
                else f"it is larger than {most} and goes with each acknowledgement"
            )
            self._refuse(key, str(path), problem, f"give a file of at most {most}")
            return None
        return Document(path.name, content)

    def _versions(self, table: t.MailboxTable, key: str) -> tuple[Policy, ...]:
        own = self._directory / "policies"
        name: str | Path = table.policy
        if table.policy.endswith(".toml"):
            name = self._path(table.policy)
        try:
            return load_versions(name, own if own.is_dir() else None, table.overlay)
        except PolicyMistake as refused:
            for mistake in refused.mistakes:
                if mistake.key == "policy":  # it is not there: then the mistake is here
                    mistake = Mistake(MAILBOT, key, mistake.value, mistake.problem, mistake.fix)
                if mistake not in self._mistakes:
                    self._mistakes.append(mistake)
            return ()

    def _smtp(self, table: t.SmtpTable, oauth: OAuthSettings | None) -> SmtpSettings:
        return SmtpSettings(
            host=table.host,
            port=table.port,
            security=table.security,
            user=table.user,
            password=self._password(table, "smtp"),
            null_sender=table.null_sender,
            hello=table.hello,
            timeout=table.timeout,
            sent_folder=table.sent_folder,
            oauth=self._tokens(table, oauth, "smtp"),
        )

    def _oauth(self, table: t.OAuthTable | None) -> OAuthSettings | None:
        if table is None or not self._servers:
            return None
        secret = table.client_secret
        if table.client_secret_env:
            secret = self._variable(table.client_secret_env, "oauth.client_secret_env")
        elif table.client_secret_file:
            secret = self._secret_in(table.client_secret_file, "oauth.client_secret_file", "secret")
        files = {}
        for name in ("certificate_file", "service_account_file"):
            if written := getattr(table, name):
                files[name] = self._path(Template(written).safe_substitute(self._environ))
                self._secret_in(written, f"oauth.{name}", "key")
        return OAuthSettings(
            provider=table.provider,
            client_id=table.client_id,
            client_secret=secret,
            tenant_id=table.tenant_id,
            certificate_file=files.get("certificate_file"),
            service_account_file=files.get("service_account_file"),
            scope=table.scope,
            token_url=table.token_url,
            secret_ends=self._proof_ends(table),
        )

    def _proof_ends(self, table: t.OAuthTable | None) -> dt.date | None:
        if table is None:
            return None
        file = None
        if table.certificate_file:
            file = self._path(Template(table.certificate_file).safe_substitute(self._environ))
        return proof_ends(table, file, self._today, self._warn)

    def _tokens(self, table: t.SecretTable, oauth: OAuthSettings | None, key: str) -> OAuthSettings | None:
        if table.auth == "password" or not self._servers:
            return None
        if oauth is None:
            self._refuse(
                f"{key}.auth", "oauth", "nothing says where tokens come from", "add an [oauth] section"
            )
        return oauth

    def _password(self, table: t.SecretTable, key: str) -> str:
        if not self._servers:
            return ""
        secret = table.password
        if table.password_env:
            key, secret = f"{key}.password_env", self._variable(table.password_env, f"{key}.password_env")
        elif table.password_file:
            key = f"{key}.password_file"
            secret = self._secret_in(table.password_file, key, "password")
        if {"\r", "\n", "\0"} & set(secret):
            self._refuse(
                key, "(not shown)", "there is more than one line in it", "have it hold the password alone"
            )
        return secret

    def _secret_in(self, written: str, key: str, what: str) -> str:
        """The content of a file that holds nothing but a secret; variables in its path are those of the
        environment (systemd: "${CREDENTIALS_DIRECTORY}/relay")."""
        path = self._path(Template(written).safe_substitute(self._environ))
        try:
            secret = path.read_text(encoding="utf-8").rstrip("\r\n")
            if path.stat().st_mode & 0o004:
                self._warn(key, str(path), "everybody on this machine can read it", f"chmod 600 {path}")
        except (OSError, UnicodeDecodeError) as error:
            problem = f"the {what} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}"
            self._refuse(key, str(path), problem, f"name a readable file with the {what} alone")
            return ""
        if not secret:
            self._refuse(key, str(path), "this file is empty", f"write the {what} into it")
        return secret

    def _journal_key(self, table: t.DatabaseTable) -> bytes:
        key, given = "", ""
        if table.journal_key_env:
            key = "database.journal_key_env"
            given = self._variable(table.journal_key_env, key)
        elif table.journal_key_file:
            key = "database.journal_key_file"
            given = self._secret_in(table.journal_key_file, key, "key")
        if given and len(given) < SHORTEST_KEY:
            self._refuse(key, "(not shown)", f"a key of less than {SHORTEST_KEY} characters can be guessed",
                         "make one with: openssl rand -hex 32")  # fmt: skip
        return given.encode()

    def _variable(self, name: str, key: str) -> str:
        value = self._environ.get(name, "")
        if not value:
            self._refuse(key, name, "this variable is not set", f"set {name}, or use a file instead")
        return value

    def _database_url(self, table: t.DatabaseTable, data: Path, name: str = "url") -> str:
        key = f"database.{name}_env" if table.url_env else f"database.{name}"
        url = self._variable(table.url_env, key) if table.url_env else table.url
        scheme, sign, rest = url.partition("://")
        if url and (not sign or scheme not in _SCHEMES):
            # The address may hold a password: its scheme is all that can be shown.
            fix = "write sqlite:///mailbot.db or postgresql://user:password@host/name"
            self._refuse(key, f"{scheme}://..." if sign else "(not shown)", "no such database is known", fix)
            return url
        if scheme == "sqlite":
            path = Path(rest.removeprefix("/"))
            if str(path) in (".", ":memory:"):
                self._refuse(
                    key, url, "a database in memory is lost with the process", "write sqlite:///mailbot.db"
                )
            return f"sqlite:///{data / path}"
        problem, fix = why_no_database(url)
        if problem:
            self._refuse(key, f"{scheme}://...", problem, fix)
        return url.replace("postgresql://", "postgresql+psycopg://", 1)

    def _shadow_url(self, main: t.MailbotTable, data: Path, live: str) -> str:
        """The database of a shadow run: named, or beside the live one where that is a file."""
        table, shadow = main.database, Mode(main.mode) is Mode.SHADOW
        if table.shadow_url or table.shadow_url_env:
            if table.shadow_url_env and not shadow:
                return self._environ.get(table.shadow_url_env, "")  # only a shadow run must have it
            named = t.DatabaseTable(url=table.shadow_url or "sqlite:///-", url_env=table.shadow_url_env)
            url = self._database_url(named, data, "shadow_url")
            if url and url == live:
                key = f"database.shadow_url{'_env' if table.shadow_url_env else ''}"
                self._refuse(key, "(not shown)", "this is the live database",
                             "give the shadow run one of its own")  # fmt: skip
            return url
        if live.startswith("sqlite:///"):
            file = Path(live.removeprefix("sqlite:///"))
            return f"sqlite:///{file.with_name(f'{file.stem}-shadow{file.suffix}')}"
        if shadow and live:
            self._refuse("database.shadow_url_env", "", "a shadow run needs a database of its own",
                         "make an empty one and name it: shadow_url_env or shadow_url")  # fmt: skip
        return ""

    def _model(self, table: t.ClassifierTable) -> Path | None:
        if not table.model:
            return None
        path = self._path(table.model)
        if not path.exists():
            self._refuse(
                "classifier.model", str(path), "there is no such model", "leave it out for the shipped one"
            )
        return path

    def _letters(self, table: t.LandlordTable) -> Letters:
        folder = self._path(table.templates) if table.templates else None
        if folder is not None and not folder.is_dir():
            fix = "make it and put your templates there, or leave the key out"
            self._refuse("landlord.templates", str(folder), "there is no such folder", fix)
        return Letters(table.colour, folder, self._logo(table.logo), table.plain_text_only)

    def _languages(self, templates: Path | None, untranslated: str) -> Mapping[str, frozenset[Letter]]:
        """Which letters go by themselves to somebody who needs another language than English: those that are there in
        it; where the landlord wants that, the others too, in English."""
        there = languages_in(templates) if templates and templates.is_dir() else {}
        for code in [code for code in there if templates and not is_checked(templates / code)]:
            del there[code]
            fix = f'have somebody who speaks it read them, and write their name: checked_by = "..." in {code}/{WORDS}'
            problem = "nothing is sent in this language: nobody has checked its letters"
            self._warn("landlord.templates", code, problem, fix)
        return dict.fromkeys(there, frozenset(Letter)) if untranslated == "english" else there

    def _logo(self, written: str) -> Logo | None:
        if not written:
            return None
        path = self._path(written)
        try:
            return read_logo(path.read_bytes())
        except OSError as error:
            problem = f"the logo cannot be read: {error.strerror or error}"
            self._refuse("landlord.logo", str(path), problem, "put it there, or leave the key out")
        except NoLogo as wrong:
            self._refuse("landlord.logo", str(path), wrong.problem, wrong.fix)
        return None

    def _calendar(self, table: t.CalendarTable, mailboxes: list[MailboxSettings | None]) -> Calendar | None:
        """One calendar for all: its nation is that of the policies."""
        nations = {policy.nation for mailbox in mailboxes if mailbox for policy in mailbox.versions}
        if len(nations) > 1:
            named = ", ".join(sorted(nations))
            self._refuse("mailbox", "", f"the policies count by the holidays of {named}",
                         "run one service a nation, each with its own configuration")  # fmt: skip
        if len(nations) != 1:
            return None
        return publish(
            table.calendar(nations.pop()), self._directory, mistakes=self._mistakes, today=self._today
        )

    def _check_ombudsmen(
        self, mailboxes: list[MailboxSettings | None], ombudsmen: tuple[Ombudsman, ...]
    ) -> None:
        """A policy names one that the table has: letters without any way on would be sent otherwise."""
        known = [ombudsman.key for ombudsman in ombudsmen]
        for policy in (policy for mailbox in mailboxes if mailbox for policy in mailbox.versions):
            if known and policy.ombudsman not in known:
                problem, fix = f"{OMBUDSMAN} has no such Ombudsman", nearest(policy.ombudsman, known)
                mistake = Mistake(f"{policy.id}.toml", "ombudsman", repr(policy.ombudsman), problem, fix)
                if mistake not in self._mistakes:
                    self._mistakes.append(mistake)

    def _check_roles(
        self, staff: t.StaffTable, mailboxes: list[MailboxSettings | None], reports: t.ReportsTable
    ) -> None:
        """A role is one of the house's, or one that a policy here names: anything else is a slip, and whoever holds it
        would wait for mail that never comes."""
        known = list(dict.fromkeys((*t.ROLES, *filter(None, reports.roles.values()))))
        for policy in (m.policy for m in mailboxes if m):
            named = [stage.approver for stage in policy.stages] + [route.to for route in policy.routes]
            known = list(dict.fromkeys((*known, *filter(None, named))))
        for n, person in enumerate(staff.person):
            for i, role in enumerate(person.roles):
                if role not in known:
                    key = spell(("person", n, "roles", i))
                    problem = "this is not one of the words known here"
                    self._mistakes.append(Mistake(STAFF, key, repr(role), problem, nearest(role, known)))

    def _path(self, text: str) -> Path:
        return self._directory / Path(text).expanduser()

    def _refuse(self, key: str, value: str, problem: str, fix: str) -> None:
        self._mistakes.append(Mistake(MAILBOT, key, repr(value) if value else "", problem, fix))

    def _warn(self, key: str, value: str, problem: str, fix: str) -> None:
        self._warnings.append(Mistake(MAILBOT, key, repr(value), problem, fix))


def _place(listen: str) -> tuple[str, int] | None:
    host, _, port = listen.rpartition(":")
    return (host.strip("[]"), int(port)) if listen else None


def _reports(table: t.ReportsTable) -> ReportSettings:
    return ReportSettings(
        roles=table.roles,
        year_starts=table.year_starts_in,
        ch02_base=table.ch02_base,
        tenure_unless_recorded=table.tenure_unless_recorded,
        quality_share=table.quality_share,
        estates=tuple(Place(place.name, tuple(place.words)) for place in table.estate),
        contractors=tuple(Place(place.name, tuple(place.words)) for place in table.contractor),
    )


def _ombudsmen(table: t.OmbudsmanTable) -> tuple[Ombudsman, ...]:
    named = {Ombudsman.key: table.ombudsman, **table.ombudsmen}
    return tuple(
        Ombudsman(**{**contact.model_dump(), "domains": tuple(contact.domains)}, as_of=table.as_of, key=key)
        for key, contact in named.items()
    )


def _person(table: t.PersonTable) -> Person:
    return Person(
        key=table.key,
        name=table.name,
        address=table.address,
        phone=table.phone,
        title=table.title,
        team=table.team,
        roles=tuple(table.roles),
        aliases=tuple(table.aliases),
        away=tuple((away.first, away.last) for away in table.away),
        case_limit=table.case_limit,
        compensation_limit=table.compensation_limit,
        works=tuple(table.works),
        delegate=table.delegate,
        conflicts=tuple(table.conflicts),
        supervises=tuple(table.supervises),
        signature=table.signature.strip("\n"),
    )
