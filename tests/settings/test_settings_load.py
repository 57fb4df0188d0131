"""The configuration directory: the shipped example works, and what is wrong is told all at once."""

from __future__ import annotations

import datetime as dt
import re
import ssl
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mailbot.mistakes import Mistake
from mailbot.places import config_dir, templates_dir
from mailbot.settings import Settings, SettingsMistake, load

SECRETS = {"MAILBOT_IMAP_PASSWORD": "hush-imap", "MAILBOT_SMTP_PASSWORD": "hush-smtp"}
MAILBOT = (config_dir() / "mailbot.toml").read_text(encoding="utf-8")
STAFF = (config_dir() / "staff.toml").read_text(encoding="utf-8")


def write(directory: Path, mailbot: str = MAILBOT, staff: str = STAFF, **others: str) -> Path:
    (directory / "mailbot.toml").write_text(mailbot, encoding="utf-8")
    (directory / "staff.toml").write_text(staff, encoding="utf-8")
    for name, text in others.items():
        (directory / f"{name}.toml").write_text(text, encoding="utf-8")
    return directory


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) >= 1, f"the example no longer says {old!r}"
    return text.replace(old, new)


def refused(directory: Path, environ: Mapping[str, str] | None = None) -> tuple[Mistake, ...]:
    with pytest.raises(SettingsMistake) as caught:
        load(directory, environ=SECRETS if environ is None else environ)
    return caught.value.mistakes


def test_the_shipped_example_is_a_whole_configuration_without_a_warning(tmp_path: Path) -> None:
    settings = load(write(tmp_path), environ=SECRETS)
    assert isinstance(settings, Settings)
    assert settings.warnings == ()
    (mailbox,) = settings.mailboxes
    assert (mailbox.name, mailbox.imap.security, mailbox.imap.port) == ("complaints", "tls", 993)
    assert (mailbox.imap.poll_seconds, mailbox.imap.max_bytes) == (60, 25_000_000)
    assert mailbox.policy.key == "code-2024@2024-04-01"
    assert settings.mailbox("complaints") is mailbox
    assert (settings.smtp.security, settings.smtp.null_sender, settings.smtp_retry_hours) == (
        "starttls",
        True,
        48,
    )
    assert settings.reference_prefix == "CC"
    assert settings.habits.acknowledge_at == dt.time(16, 0)
    assert (settings.habits.chase_at, settings.digest_at) == (dt.time(8, 30), dt.time(7, 30))
    assert settings.calendar.nation == "ENG"
    assert settings.supervisor_on(dt.date(2026, 12, 1)).key == "helen"
    assert settings.people[1].is_away(dt.date(2027, 1, 4))
    assert settings.database.url == f"sqlite:///{tmp_path.resolve() / 'mailbot.db'}"
    assert settings.database.upgrade_on_start


def test_every_default_in_the_example_is_the_default_that_it_says(tmp_path: Path) -> None:
    """Taking the comment sign off a commented key must change nothing, but for examples of what is off."""
    shown = {"url_env", "aliases", "since", "extra_holidays", "closure_days", "model", "policy_document"}
    lines = []
    taken = 0
    for line in MAILBOT.splitlines():
        key = line.removeprefix("# ").partition(" = ")[0]
        if line.startswith("# ") and " = " in line and key.replace("_", "").isalpha() and key not in shown:
            line, taken = line.removeprefix("# "), taken + 1
        lines.append(line)
    plain = load(write(tmp_path), environ=SECRETS)
    spelled = load(write(tmp_path, "\n".join(lines)), environ=SECRETS)
    assert taken > 25
    assert spelled == plain


def test_contacts_of_the_ombudsman_come_from_the_dated_table_and_never_from_a_policy(tmp_path: Path) -> None:
    settings = load(write(tmp_path, changed(MAILBOT, '"code-2024"', '"mtvh"')), environ=SECRETS)
    assert settings.ombudsman().phone == "0300 111 3000"
    assert "PO Box 1484, Unit D, Preston PR2 0ET" in settings.ombudsman().post
    assert settings.ombudsman().form.endswith("housing-ombudsman.org.uk/residents/make-a-complaint/")
    assert settings.ombudsman().as_of >= dt.date(2026, 1, 13)
    assert settings.mailboxes[0].policy.dead_addresses
    names = {body.key: body.name.split(",")[0] for body in settings.bodies}
    assert list(names.values())[:3] == ["Citizens Advice", "Shelter", "LEASE"]
    assert set(names) >= {"building_safety_regulator", "information_commissioner", "property_tribunal"}


def test_every_ombudsman_has_a_table_of_its_own_and_only_one_takes_no_email(tmp_path: Path) -> None:
    settings = load(write(tmp_path), environ=SECRETS)
    assert [o.key for o in settings.ombudsmen] == ["hos", "spso", "lgsco"]
    assert [o.key for o in settings.ombudsmen if o.takes_no_email] == ["hos"]
    assert settings.ombudsman("spso").phone == "0800 377 7330"
    assert settings.ombudsman("lgsco").as_of == settings.ombudsman().as_of
    with pytest.raises(KeyError, match="'pso'"):
        settings.ombudsman("pso")


@pytest.mark.parametrize(
    ("address", "theirs"),
    [
        ("casework@housing-ombudsman.org.uk", True),
        ("CASEWORK@Mail.Housing-Ombudsman.org.uk", True),
        ("casework@nothousing-ombudsman.org.uk", False),
        ("housing-ombudsman.org.uk@landlord.example", False),
    ],
)
def test_mail_of_the_ombudsman_is_known_by_its_domain(tmp_path: Path, address: str, theirs: bool) -> None:
    assert load(write(tmp_path), environ=SECRETS).ombudsman().wrote(address) is theirs


def test_a_policy_that_names_an_ombudsman_whom_nobody_knows_is_a_mistake(tmp_path: Path) -> None:
    own = (config_dir() / "policies" / "mtvh.toml").read_text(encoding="utf-8")
    (tmp_path / "policies").mkdir()
    ours = changed(own, 'id = "mtvh"', 'id = "ours"\nombudsman = "sposo"')
    (tmp_path / "policies" / "ours.toml").write_text(ours, encoding="utf-8")
    (mistake,) = refused(write(tmp_path, changed(MAILBOT, '"code-2024"', '"ours"')))
    assert (mistake.file, mistake.key, mistake.value) == ("ours.toml", "ombudsman", "'sposo'")
    assert mistake.fix.startswith("did you mean 'spso'?")
    (tmp_path / "policies" / "ours.toml").write_text(changed(ours, "sposo", "spso"), encoding="utf-8")
    settings = load(tmp_path, environ=SECRETS)
    assert settings.ombudsman(settings.mailboxes[0].policy.ombudsman).name.startswith("Scottish Public")


def test_an_ombudsman_file_of_before_there_were_several_says_what_it_always_said(tmp_path: Path) -> None:
    old = """
as_of = 2026-06-01
[ombudsman]
name = "Housing Ombudsman Service"
phone = "0300 111 3000"
web = "https://www.housing-ombudsman.org.uk"
form = "https://www.housing-ombudsman.org.uk/residents/make-a-complaint/"
post = "Housing Ombudsman Service, PO Box 1484, Unit D, Preston PR2 0ET"
[[body]]
name = "Shelter"
web = "https://england.shelter.org.uk"
"""
    shipped = load(write(tmp_path), environ=SECRETS).ombudsman()
    assert load(write(tmp_path, ombudsman=old), environ=SECRETS).ombudsman() == shipped


@pytest.mark.parametrize(
    ("old", "new", "key", "told"),
    [
        ("[ombudsmen.spso]", "[ombudsmen.hos]", "(the file)", r"\[ombudsmen.hos\] is \[ombudsman\] already"),
        ('key = "shelter"', 'key = "lease"', "(the file)", "two bodies have the key 'lease'"),
        ('domains = ["lgo.org.uk"]', 'domains = ["@lgo"]', "ombudsmen.lgsco.domains[1]", "this is no domain"),
        ('phone = "0300 061 0614"', 'fone = "0300 061 0614"', "ombudsmen.lgsco.phone", "missing"),
    ],
)
def test_a_mistake_in_the_table_of_ombudsmen_is_told(
    tmp_path: Path, old: str, new: str, key: str, told: str
) -> None:
    text = (config_dir() / "ombudsman.toml").read_text(encoding="utf-8")
    mistakes = refused(write(tmp_path, ombudsman=changed(text, old, new)))
    found = [m for m in mistakes if re.search(told, m.problem)]
    assert [(m.file, m.key or "(the file)") for m in found] == [("ombudsman.toml", key)], mistakes


def test_a_landlords_own_contacts_and_policies_come_before_the_shipped_ones(tmp_path: Path) -> None:
    own = (config_dir() / "policies" / "mtvh.toml").read_text(encoding="utf-8")
    (tmp_path / "policies").mkdir()
    ours = changed(changed(own, 'id = "mtvh"', 'id = "ours"'), '= "5 working days', '= "3 working days')
    (tmp_path / "policies" / "ours.toml").write_text(ours, encoding="utf-8")
    contacts = (config_dir() / "ombudsman.toml").read_text(encoding="utf-8")
    directory = write(
        tmp_path,
        changed(MAILBOT, '"code-2024"', '"ours"'),
        ombudsman=changed(contacts, "2026-06-01", "2026-11-02"),
    )
    settings = load(directory, environ=SECRETS)
    assert settings.ombudsman().as_of == dt.date(2026, 11, 2)
    assert str(settings.mailboxes[0].policy.stage(1).acknowledge.sources[0]) == "3 working days from received"
    by_path = write(tmp_path, changed(MAILBOT, '"code-2024"', '"policies/ours.toml"'))
    assert load(by_path, environ=SECRETS).mailboxes[0].policy.id == "ours"


def test_the_policy_document_lies_beside_the_settings_and_is_read_at_once(tmp_path: Path) -> None:
    named = changed(
        MAILBOT, '# policy_document = "policies/our-policy.pdf"', 'policy_document = "our-policy.pdf"'
    )
    (mistake,) = refused(write(tmp_path, named))
    assert mistake.key == "mailbox[1].policy_document" and "No such file" in mistake.problem
    document = tmp_path / "our-policy.pdf"
    for content, told in ((b"", "it is empty"), (b"x" * 3_000_001, "larger than 3 MB")):
        document.write_bytes(content)
        (mistake,) = refused(tmp_path)
        assert told in mistake.problem and mistake.fix == "give a file of at most 3 MB"
    document.write_bytes(b"%PDF-1.7 our policy")
    (mailbox,) = load(tmp_path, environ=SECRETS).mailboxes
    assert mailbox.document and mailbox.document.name == "our-policy.pdf"
    assert mailbox.document.content == b"%PDF-1.7 our policy" and "PDF" not in repr(mailbox.document)


def test_a_policy_that_promises_a_copy_of_itself_and_has_no_document_is_a_warning(tmp_path: Path) -> None:
    named = changed(MAILBOT, 'policy = "code-2024"', 'policy = "ivh"')
    (warning,) = load(write(tmp_path, named), environ=SECRETS).warnings
    assert warning.key == "mailbox[1].policy_document" and "(5.1 Ack)" in warning.problem


def test_passwords_come_from_files_too_and_show_in_no_repr(tmp_path: Path) -> None:
    secret = tmp_path / "credentials" / "smtp"
    secret.parent.mkdir()
    secret.write_text("hush-file\n", encoding="utf-8")
    secret.chmod(0o600)
    text = changed(
        MAILBOT, 'password_env = "MAILBOT_SMTP_PASSWORD"', 'password_file = "${CREDENTIALS_DIRECTORY}/smtp"'
    )
    text = changed(text, '# url_env = "MAILBOT_DATABASE_URL"', 'url_env = "MAILBOT_DATABASE_URL"')
    environ = {
        **SECRETS,
        "CREDENTIALS_DIRECTORY": str(secret.parent),
        "MAILBOT_DATABASE_URL": "postgresql://mailbot:hush-db@db.example/mailbot",
    }
    settings = load(write(tmp_path, text), environ=environ)
    assert (settings.smtp.password, settings.mailboxes[0].imap.password) == ("hush-file", "hush-imap")
    assert settings.database.url == "postgresql+psycopg://mailbot:hush-db@db.example/mailbot"
    assert settings.warnings == ()
    assert "hush" not in repr(settings)
    secret.chmod(0o644)
    (warning,) = load(write(tmp_path, text), environ=environ).warnings
    assert "chmod 600" in warning.fix


@pytest.mark.parametrize(
    ("old", "new", "key", "told", "instead"),
    [
        ("[references]", "[refs]", "refs", "nobody knows this key", "did you mean 'trust'|known: .*references"),
        ('security = "tls"', "", "mailbox[1].imap.security", "never guessed", 'security = "tls"'),
        ('security = "starttls"', 'security = "ssl"', "smtp.security", "not one of the words", "known: tls"),
        ("port = 587", 'port = "587"', "smtp.port", "valid integer", "without quotes"),
        ("port = 993", "port = 99300", "mailbox[1].imap.port", "out of bounds", "at most 65535"),
        ("# poll_seconds = 60", "poll_secs = 60", "mailbox[1].poll_secs", "nobody knows", "mean 'poll_seconds'"),
        ('policy = "code-2024"', 'policy = "mtv"', "mailbox[1].policy", "no such policy", "mean 'mtvh"),
        ('overlay = "enforce"', 'overlay = "on"', "mailbox[1].overlay", "not one of the words", "off, warn"),
        ("complaints_address =", "complaint_address =", "landlord.complaint_address", "nobody knows", "mean"),
        ('# chase_at = "08:30"', 'chase_at = "8.30"', "casework.chase_at", "no time of day", '"08:30"'),
        ('# digest_at = "07:30"', 'digest_at = "01:30"', "casework.digest_at", "clocks change", "from 03:00"),
        ('# chase_at = "08:30"', 'chase_at = "02:30"', "casework.chase_at", "clocks change", "from 03:00"),
        ('# prefix = "CC"', 'prefix = "cc-"', "references.prefix", "does not fit", 'write it like "CC"'),
        ("ask_below = 0.6 }", "ask_below = 0.6 }\nthresholds = { ask_below = 6 }", "classifier.thresholds.ask_below",
         "out of bounds", "at most 1"),
        ('authserv_id = "mx.examplehomes.example"', "", "trust", "nobody could be vouched for", "authserv_id"),
        ('address = "complaints@examplehomes.example"\n#', 'address = "Complaints <c@e.example>"\n#',
         "mailbox[1].address", "no bare address", "complaints@landlord.example"),
        ('# url = "sqlite:///mailbot.db"', 'url = "mysql://root@db/x"', "database.url", "no such database", "sqlite"),
        ('# url = "sqlite:///mailbot.db"', 'url = "sqlite://"', "database.url", "lost with the process", "sqlite:"),
        ('password_env = "MAILBOT_IMAP_PASSWORD"', "", "mailbox[1].imap", "without a password", "password_file"),
        ('password_env = "MAILBOT_IMAP_PASSWORD"', 'password_env = "NOT_SET"', "mailbox[1].imap.password_env",
         "not set", "set NOT_SET"),
        ('password_env = "MAILBOT_IMAP_PASSWORD"', 'password_file = "secrets/none"', "mailbox[1].imap.password_file",
         "No such file", "readable file"),
        ('password_env = "MAILBOT_IMAP_PASSWORD"', 'password = "a"\npassword_env = "B"', "mailbox[1].imap",
         "say the same thing twice", "keep one"),
        ('# after = "leave"', 'done_folder = "INBOX"\nafter = "move"', "mailbox[1]", "already is", "done_folder"),
        ("# extra_working_days = []", "extra_holidays = [2027-06-14]\nextra_working_days = [2027-06-14]", "calendar",
         "2027-06-14 is a holiday and a working day", "one of the lists"),
        ('# model = "models/our-own.npz"', 'model = "x.npz"', "classifier.model", "no such model", "leave it out"),
        ("# letters_per_address_per_hour = 6", "letters_per_address_per_hour = 60", "limits", "an hour may not hold",
         "lower letters_per_address_per_hour"),
        ('host = "smtp.', 'host = "smtp://smtp.', "smtp.host", "this is no host", "its name alone"),
        ('host = "imap.', 'host = "imap server.', "mailbox[1].imap.host", "this is no host", "port has a key"),
        ('host = "imap.', 'host = "imap..', "mailbox[1].imap.host", "this is no host", "its name alone"),
        ('# listen = ""', 'listen = "127.0.0.1:80255"', "health.listen", "no such port", ":8025"),
        ('# url = "sqlite:///mailbot.db"', 'url = "postgresql://u:hush@d:x/m"', "database.url", "port is none", "5432"),
        ('# url = "sqlite:///mailbot.db"', 'url = "postgresql://u:hu/sh@db/m"', "database.url", "can't be told", "%2F"),
        ('# url = "sqlite:///mailbot.db"', 'url = "postgresql://u:hu@sh@db/m"', "database.url", "can't be told", "%40"),
        ('# folder = "INBOX"', 'folder = "IN\\nBOX"', "mailbox[1].folder", "a line break", "on one line"),
        ('# hello = ""', 'hello = "mail bot"', "smtp.hello", "does not fit", 'like "mailbot.landlord'),
        ('# logo = ""', 'logo = "\\u0000"', "(the file)", "the character U.0000", "put that place right"),
        ("[landlord]", "[landlord", "(the file)", "this is no TOML.*line 11", "put that place right"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_settings_is_told_with_its_key_and_what_to_write(
    tmp_path: Path, old: str, new: str, key: str, told: str, instead: str
) -> None:
    mistakes = refused(write(tmp_path, changed(MAILBOT, old, new)))
    mistake = next(m for m in mistakes if m.key == key)
    assert mistake.file == "mailbot.toml"
    assert re.search(told, mistake.problem), mistake.problem
    assert re.search(instead, mistake.fix), mistake.fix


@pytest.mark.parametrize(
    ("old", "new", "key", "told"),
    [
        ('roles = ["stage2", "supervisor"]', 'roles = ["stage2"]', "person.roles", "nobody is supervisor"),
        ('roles = ["stage2", "supervisor"]', 'roles = ["supervisor"]', "person.roles", "nobody is stage2"),
        ('roles = ["handler"]', 'roles = ["duty"]', "person.roles", "nobody is handler"),
        ('roles = ["handler"]', 'roles = ["manager"]', "person[1].roles[1]", "not one of the words"),
        ('roles = ["handler"]', "roles = []", "person[1].roles", "at least 1"),
        ('key = "tom"', 'key = "priya"', "person.key", "2 people have this key"),
        ('key = "tom"', 'key = "Tom Okafor"', "person[2].key", "does not fit"),
        ("tom.okafor@", "Priya.Shah@", "person[2].address", "already belongs to priya"),
        ("tom.okafor@", "complaints@", "person[2].address", "already belongs to the mailbox complaints"),
        ("to = 2027-01-04", "to = 2026-01-04", "person[2].away[1]", "to lies before from"),
        ("case_limit = 25", "case_limt = 25", "person[1].case_limt", "nobody knows this key"),
        ('name = "Helen Marsh"\n', "", "person[3].name", "this is missing"),
        ('key = "tom"', 'key = "tom"\ndelegate = "prya"', "person[2].delegate", "nobody has this key"),
        ('key = "tom"', 'key = "tom"\ndelegate = "tom"', "person[2].delegate", "nobody else has this key"),
    ],
)
def test_a_mistake_in_the_staff_file_is_told_with_its_key(
    tmp_path: Path, old: str, new: str, key: str, told: str
) -> None:
    mistakes = refused(write(tmp_path, staff=changed(STAFF, old, new)))
    assert any(m.file == "staff.toml" and m.key == key and told in m.problem for m in mistakes), mistakes


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    text = changed(changed(MAILBOT, "port = 587", "prt = 587"), '"code-2024"', '"nowhere"')
    staff = changed(STAFF, 'key = "tom"', 'key = "priya"')
    told = str(SettingsMistake(refused(write(tmp_path, text, staff, ombudsman="as_of = 2026-01-01"))))
    for part in (
        "smtp.prt = 587",
        "smtp.port",
        "add it",
        "person.key",
        "ombudsman",
    ):
        assert part in told
    assert told.count("\n    -> ") >= 4


def test_a_password_is_never_shown_in_a_mistake(tmp_path: Path) -> None:
    text = changed(MAILBOT, 'password_env = "MAILBOT_SMTP_PASSWORD"', "password = 12345678")
    mistakes = refused(write(tmp_path, text))
    (mistake,) = (m for m in mistakes if m.key == "smtp.password")
    assert mistake.value == "(not shown)"
    twice = changed(
        MAILBOT, 'password_env = "MAILBOT_SMTP_PASSWORD"', 'password = "hush"\npassword_env = "X"'
    )
    for told in refused(write(tmp_path, twice)):
        assert "hush" not in str(told)
    for written in ("mysql://root:hush@db/x", "postgresql://u:hu@sh:1x@db/x"):
        url = changed(MAILBOT, '# url = "sqlite:///mailbot.db"', f'url = "{written}"')
        for told in refused(write(tmp_path, url)):
            assert "hush" not in str(told) and "hu@sh" not in str(told)


def test_a_password_of_two_lines_is_a_mistake_and_not_said_to_a_server(tmp_path: Path) -> None:
    text = changed(MAILBOT, 'password_env = "MAILBOT_IMAP_PASSWORD"', 'password_file = "imap"')
    (write(tmp_path, text) / "imap").write_text("# of the mailbox\nhush\n")
    told = refused(tmp_path, {"MAILBOT_SMTP_PASSWORD": "hush\nhush"})
    assert [mistake.key for mistake in told] == ["mailbox[1].imap.password_file", "smtp.password_env"]
    assert all("more than one line" in str(one) and "hush" not in str(one) for one in told)


def test_an_empty_directory_is_told_what_it_lacks(tmp_path: Path) -> None:
    assert [(m.file, m.problem) for m in refused(tmp_path)] == [
        ("mailbot.toml", "there is no such file"),
        ("staff.toml", "there is no such file"),
    ]


def test_two_mailboxes_may_share_neither_name_nor_address(tmp_path: Path) -> None:
    section = MAILBOT[MAILBOT.index("[[mailbox]]") : MAILBOT.index("[smtp]")]
    mistakes = refused(write(tmp_path, MAILBOT + "\n" + section))
    assert {m.key for m in mistakes} == {"mailbox.name", "mailbox[2].address", "mailbox[2].folder"}


def test_two_mailboxes_may_each_keep_their_own_policy(tmp_path: Path) -> None:
    section = MAILBOT[MAILBOT.index("[[mailbox]]") : MAILBOT.index("[smtp]")]
    other = changed(section, 'name = "complaints"', 'name = "north"')
    other = changed(other, 'address = "complaints@', 'address = "north@')
    other = changed(changed(other, '"code-2024"', '"mtvh"'), '"enforce"', '"warn"')
    (read_twice,) = refused(write(tmp_path, MAILBOT + "\n" + other))
    assert "the mailbox complaints reads this folder" in read_twice.problem
    other = changed(other, 'user = "complaints', 'user = "north')
    settings = load(write(tmp_path, MAILBOT + "\n" + other), environ=SECRETS)
    assert [box.policy.key for box in settings.mailboxes] == ["code-2024@2024-04-01", "mtvh@2021-08-23"]
    assert settings.mailbox("north").policy.changes
    with pytest.raises(KeyError, match="south"):
        settings.mailbox("south")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('security = "starttls"', 'security = "none"', "smtp.security"),
        ("port = 993", "port = 143", "mailbox[1].imap.security"),
        ('overlay = "enforce"', 'overlay = "off"', "mailbox[1].overlay"),
        ('complaints_address = "complaints@', 'complaints_address = "else@', "landlord.complaints_address"),
        ('# weekly = "head"', 'weekly = "hed"', "reports.weekly"),
        ('# after = "leave"', "since = 2036-01-01", "mailbox[1].since"),
    ],
)
def test_what_works_but_hardly_as_meant_is_a_warning(tmp_path: Path, old: str, new: str, key: str) -> None:
    settings = load(write(tmp_path, changed(MAILBOT, old, new)), environ=SECRETS)
    assert [warning.key for warning in settings.warnings] == [key]


def test_one_person_for_both_stages_is_a_warning_and_so_is_nobody_on_duty(tmp_path: Path) -> None:
    staff = """
    [[person]]
    key = "solo"
    name = "Sol O'Connor"
    address = "Solo@examplehomes.example"
    roles = ["handler", "stage2", "supervisor"]
    """
    settings = load(write(tmp_path, staff=staff), environ=SECRETS)
    assert [warning.problem.split(":")[0] for warning in settings.warnings] == [
        "only solo could decide stage 2, having handled every stage 1",
        "nobody is on duty",
    ]
    assert settings.people[0].address == "solo@examplehomes.example"


def test_mailboxes_of_two_nations_are_refused(tmp_path: Path) -> None:
    scottish = (config_dir() / "policies" / "mtvh.toml").read_text(encoding="utf-8")
    (tmp_path / "policies").mkdir()
    scottish = changed(changed(scottish, 'id = "mtvh"', 'id = "scot"'), 'nation = "ENG"', 'nation = "SCT"')
    (tmp_path / "policies" / "scot.toml").write_text(scottish, encoding="utf-8")
    section = MAILBOT[MAILBOT.index("[[mailbox]]") : MAILBOT.index("[smtp]")]
    other = changed(section, 'name = "complaints"', 'name = "north"')
    other = changed(changed(other, 'address = "complaints@', 'address = "north@'), '"code-2024"', '"scot"')
    other = changed(other, 'user = "complaints', 'user = "north')
    (mistake,) = refused(write(tmp_path, MAILBOT + "\n" + other))
    assert "ENG, SCT" in mistake.problem


def test_the_data_directory_can_be_given_and_the_heartbeat_lies_in_it(tmp_path: Path) -> None:
    text = changed(MAILBOT, '# heartbeat = ""', 'heartbeat = "alive"')
    settings = load(write(tmp_path, text), data_dir=tmp_path / "var", environ=SECRETS)
    assert settings.data_dir == (tmp_path / "var").resolve()
    assert settings.heartbeat == settings.data_dir / "alive"
    assert settings.database.url == f"sqlite:///{settings.data_dir / 'mailbot.db'}"


def test_the_shipped_files_are_found_in_a_checkout() -> None:
    assert (config_dir() / "policies" / "house.toml").is_file()
    assert templates_dir().is_dir()


OAUTH = """[oauth]
provider = "microsoft"
tenant_id = "t"
client_id = "c"
client_secret_env = "MAILBOT_SECRET"

[trust]"""


def by_token(oauth: str = OAUTH) -> str:
    text = changed(MAILBOT, 'password_env = "MAILBOT_IMAP_PASSWORD"', 'auth = "oauth"')
    text = changed(text, 'password_env = "MAILBOT_SMTP_PASSWORD"', 'auth = "oauth"')
    return changed(text, "[trust]", oauth)


def test_tokens_take_the_place_of_both_passwords(tmp_path: Path) -> None:
    settings = load(write(tmp_path, by_token()), environ={"MAILBOT_SECRET": "hush-secret"})
    oauth = settings.smtp.oauth
    assert oauth is not None
    assert oauth == settings.mailboxes[0].imap.oauth
    assert (oauth.provider, oauth.client_id, oauth.client_secret) == ("microsoft", "c", "hush-secret")
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("old", "new", "key", "problem"),
    [
        (OAUTH, "[trust]", "smtp.auth", "nothing says where tokens come from"),
        ('tenant_id = "t"\n', "", "oauth", "microsoft asks for tenant_id"),
        ('client_secret_env = "MAILBOT_SECRET"\n', "", "oauth", "nothing proves who we are"),
        ('"MAILBOT_SECRET"', '"X"\nclient_secret_file = "y"', "oauth", "say the same thing twice"),
        ('"MAILBOT_SECRET"', '"X"', "oauth.client_secret_env", "this variable is not set"),
        ('"microsoft"', '"google"', "oauth", "google asks for service_account_file"),
        ('"microsoft"', '"generic"\ntoken_url = "http://sso.example/t"', "oauth", "in the clear"),
        (
            '"microsoft"',
            '"microsoft"\ntoken_url = "https://sso.example/t"',
            "oauth",
            "knows its own token_url",
        ),
        ('client_id = "c"', 'client_id = "c"\nsecret_ends = 31', "oauth.secret_ends", ""),
        ('\nauth = "oauth"', '\nauth = "oauth"\npassword_env = "P"', "smtp", "exclude each other"),
    ],
)
def test_half_a_way_to_tokens_is_refused(tmp_path: Path, old: str, new: str, key: str, problem: str) -> None:
    mistakes = refused(write(tmp_path, changed(by_token(), old, new)), {"MAILBOT_SECRET": "s"})
    assert [m for m in mistakes if m.key.startswith(key) and problem in m.problem], mistakes


def test_a_secret_that_has_run_out_is_told_at_the_start(tmp_path: Path) -> None:
    text = by_token(changed(OAUTH, "[trust]", "secret_ends = 2026-11-01\n\n[trust]"))
    settings = load(write(tmp_path, text), environ={"MAILBOT_SECRET": "s"}, today=dt.date(2026, 11, 26))
    assert [w.key for w in settings.warnings] == ["oauth.secret_ends"]


def a_certificate(tmp_path: Path, last: dt.datetime) -> Path:
    """Key and certificate, as for an application of Microsoft's."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, last - dt.timedelta(days=700), last)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    both = tmp_path / "mailbot.pem"
    both.write_bytes(pem + made.sign(key, SHA256()).public_bytes(Encoding.PEM))
    both.chmod(0o600)
    return both


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", "2027-03-14"),
        ("secret_ends = 2027-06-01\n", "2027-03-14"),
        ("secret_ends = 2026-12-01\n", "2026-12-01"),
    ],
)
def test_a_certificate_says_itself_when_it_ends(tmp_path: Path, written: str, told: str) -> None:
    """Whatever was written down: the earlier of both. Also for who only looks, where they can read the file."""
    both = a_certificate(tmp_path, dt.datetime(2027, 3, 14, 8, 0, tzinfo=dt.UTC))
    text = by_token(
        changed(OAUTH, 'client_secret_env = "MAILBOT_SECRET"\n', f'certificate_file = "{both}"\n{written}')
    )
    ends = dt.date.fromisoformat(told)
    folder = write(tmp_path, text)
    settings = load(folder, environ={}, today=dt.date(2026, 11, 26))
    assert settings.smtp.oauth is not None and settings.smtp.oauth.secret_ends == ends
    named = (("The certificate that mail servers' tokens are asked for with", ends),)
    assert settings.expiries == named and not settings.warnings
    assert load(folder, environ={}, servers=False, today=dt.date(2026, 11, 26)).expiries == named
    late = load(folder, environ={}, today=dt.date(2027, 3, 15))
    assert [w.key for w in late.warnings] == [
        "oauth.secret_ends" if "2026" in told else "oauth.certificate_file"
    ]
    whole = ssl.PEM_cert_to_DER_cert("-----BEGIN CERT" + both.read_text().partition("-----BEGIN CERT")[2])
    of_no_version = whole.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09")
    both.write_text(ssl.DER_cert_to_PEM_cert(of_no_version))
    (warning,) = load(folder, environ={}, today=dt.date(2026, 11, 26)).warnings
    assert "its certificate can't be read: 9 is not a valid X509 version" in warning.problem
    both.write_text("-----BEGIN PRIVATE KEY-----\nMIIE")
    (warning,) = load(folder, environ={}, today=dt.date(2026, 11, 26)).warnings
    assert "its certificate can't be read: there is no certificate in it" in warning.problem
