"""Letters as residents, handlers and supervisors get them."""

from __future__ import annotations

import binascii
import dataclasses
import datetime as dt
import email
import email.policy
import html as html_words
import re
import shutil
from email.header import decode_header, make_header
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from letter_samples import (
    CASE,
    FACTS,
    LETTERHEAD,
    REFERENCE,
    STAFF,
    TEMPLATES,
    altered,
    order_of,
    plain,
    words_of,
    write,
)

from mailbot.casework.vocabulary import Audience, Letter
from mailbot.postroom import wire
from mailbot.postroom.letters import Automatic, Enclosure, LetterMistake, Stationery
from mailbot.postroom.wording import ENGLISH

EVERY = [pytest.param(letter, id=letter.value) for letter in Letter]
RESIDENTS = [pytest.param(letter, id=letter.value) for letter in Letter if letter not in STAFF]


@pytest.fixture(scope="module")
def stationery() -> Stationery:
    return Stationery(TEMPLATES)


def read(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def headers_of(raw: bytes) -> list[str]:
    """The header block as unfolded lines."""
    block = raw.split(b"\r\n\r\n", 1)[0].decode()
    return re.sub(r"\r\n(?=[ \t])", "", block).split("\r\n")


# ------------------------------------------------------------------ every letter


@pytest.mark.parametrize("letter", EVERY)
def test_every_letter_has_a_folder_a_form_and_sample_facts(letter: Letter, stationery: Stationery) -> None:
    for name in ("subject.txt", "text.txt", "html.html"):
        assert (TEMPLATES / letter.value / name).is_file()
    form = stationery.form(letter)
    assert form.clause
    assert set(FACTS[letter]) >= form.required
    assert (form.audience is Audience.RESIDENT) is (letter not in STAFF)


@pytest.mark.parametrize("letter", EVERY)
def test_every_letter_is_a_whole_mail_in_text_and_html(letter: Letter, stationery: Stationery) -> None:
    written = write(stationery, letter)
    message = read(written.raw)
    assert not message.defects
    assert message.get_content_type() == "multipart/alternative"
    text, page = message.iter_parts()
    assert not text.defects and not page.defects
    assert (text.get_content_type(), page.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().replace("\r\n", "\n") == written.text
    assert html_words.unescape(page.get_content()) == html_words.unescape(written.html.replace("\n", "\r\n"))
    assert str(message["Subject"]) == written.subject
    assert message["X-Mailbot-Letter"] == letter.value
    assert message["MIME-Version"] == "1.0"
    assert message["Date"] == "Thu, 12 Mar 2026 10:02:33 +0000"


@pytest.mark.parametrize("letter", EVERY)
def test_every_letter_keeps_to_the_limits_of_the_wire(letter: Letter, stationery: Stationery) -> None:
    raw = write(stationery, letter).raw
    assert len(raw) < 60_000
    assert raw.endswith(b"\r\n")
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= wire.LONGEST_LINE


@pytest.mark.parametrize("letter", EVERY)
def test_the_plain_text_says_every_number_and_date_of_the_html(
    letter: Letter, stationery: Stationery
) -> None:
    written = write(stationery, letter)
    text = plain(written.text)
    shown = plain(words_of(written.html))
    numbers = set(re.findall(r"[\w.,:%@/-]*\d[\w%@/-]*", shown))
    dates = set(re.findall(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w* \d+ \w+ \d{4}", shown))
    assert dates or not re.search(r"\d{4}-\d\d-\d\d", str(FACTS[letter]).replace(REFERENCE, ""))
    for said in numbers | dates:
        assert said in text or said in written.subject, said


@pytest.mark.parametrize("letter", EVERY)
def test_no_letter_shows_a_raw_date_a_hole_or_a_template(letter: Letter, stationery: Stationery) -> None:
    written = write(stationery, letter)
    for said in (written.subject, written.text, words_of(written.html)):
        assert not re.search(r"\d{4}-\d\d-\d\d", said.replace(REFERENCE, ""))
        assert not re.search(r"\bNone\b|\{\{|\}\}|\{%|Undefined|\[\]|\[\{", said)
    assert "\n\n\n" not in written.text
    assert not written.text.startswith("\n")


@pytest.mark.parametrize("letter", EVERY)
def test_html_follows_the_house_rules_for_mail_clients(letter: Letter, stationery: Stationery) -> None:
    page = write(stationery, letter).html
    assert page.startswith('<!DOCTYPE html><html lang="en-GB"')
    rules, _, rest = page.partition("</style>")
    assert "@media (prefers-color-scheme: dark)" in rules
    assert "max-width:600px" in rules
    assert ".card{" in rules.replace(" ", "")
    assert "!important" not in rest, "an inlined !important would beat the dark rules"
    assert "max-width:640px" in rest
    page_without_its_survey = page.replace(str(FACTS[Letter.SURVEY]["survey_link"]), "")
    fetched = r"<img|<link|<script|url\(|https?://(?!www\.housing-ombudsman\.org\.uk)"
    assert not re.search(fetched, page_without_its_survey)
    card = re.search(r'<table[^>]*class="card[^>]*>', rest)
    assert card and "margin: 0 auto" in card[0].replace("margin:0", "margin: 0")
    for table in re.findall(r"<table[^>]*>", rest):
        assert 'role="presentation"' in table or "cellpadding" in table


@pytest.mark.parametrize("letter", EVERY)
def test_the_same_order_gives_the_same_bytes(letter: Letter, stationery: Stationery) -> None:
    assert write(stationery, letter).raw == write(Stationery(TEMPLATES), letter).raw


@pytest.mark.parametrize("letter", EVERY)
def test_every_letter_can_be_written_with_only_its_required_facts(
    letter: Letter, stationery: Stationery
) -> None:
    order = order_of(letter)
    bare = {name: order.facts[name] for name in stationery.form(letter).required}
    written = stationery.write(
        altered(order, facts=bare, reply_to="", in_reply_to="", references=()), LETTERHEAD
    )
    assert "None" not in written.text
    names = [line.partition(":")[0] for line in headers_of(written.raw)]
    assert "In-Reply-To" not in names and "References" not in names and "Reply-To" not in names


# ------------------------------------------------------------------ facts


@pytest.mark.parametrize("letter", EVERY)
def test_a_missing_fact_is_a_mistake_that_names_letter_and_fact(
    letter: Letter, stationery: Stationery
) -> None:
    order = order_of(letter)
    for name in stationery.form(letter).required:
        facts = {k: v for k, v in order.facts.items() if k != name}
        with pytest.raises(LetterMistake, match=rf"^letter {letter}: fact missing: {name}$"):
            stationery.write(altered(order, facts=facts), LETTERHEAD)


def test_an_unknown_fact_is_a_mistake_that_names_letter_and_fact(stationery: Stationery) -> None:
    with pytest.raises(LetterMistake, match=r"^letter closure: fact unknown: colour_of_door$"):
        write(stationery, Letter.CLOSURE, colour_of_door="red")


def test_a_hole_inside_a_fact_is_a_mistake(stationery: Stationery) -> None:
    with pytest.raises(LetterMistake, match=r"letter case_mail: .*has no attribute 'target'"):
        write(stationery, Letter.CASE_MAIL, duties=[{"what": "Stage 1 response", "outer": "", "clause": ""}])


@pytest.mark.parametrize("wrong", ["30 February", "2026-02-30", "soon"])
def test_a_date_that_is_none_is_a_mistake_and_is_not_repeated(wrong: str, stationery: Stationery) -> None:
    with pytest.raises(LetterMistake) as caught:
        write(stationery, Letter.ACKNOWLEDGEMENT, respond_by=wrong)
    assert "letter acknowledgement" in str(caught.value)
    assert wrong not in str(caught.value)


@pytest.mark.parametrize("letter", EVERY)
def test_no_letter_for_staff_ever_goes_to_a_resident_nor_the_other_way_round(
    letter: Letter, stationery: Stationery
) -> None:
    others = (
        (Audience.RESIDENT,) if letter in STAFF else (Audience.HANDLER, Audience.SUPERVISOR, Audience.DUTY)
    )
    for audience in others:
        with pytest.raises(LetterMistake, match=f"letter {letter}: is for a"):
            stationery.write(altered(order_of(letter), audience=audience), LETTERHEAD)


def test_a_note_about_automation_stands_at_the_foot_where_it_is_given(stationery: Stationery) -> None:
    note = "This letter was written by a machine; a person reads what you answer."
    for letter in (Letter.ACKNOWLEDGEMENT, Letter.CHASER):
        written = write(stationery, letter, automatic_note=note)
        assert note in written.text and note in plain(words_of(written.html))


# ------------------------------------------------------------------ headers


def test_a_letter_goes_to_one_recipient_from_the_mailbox(stationery: Stationery) -> None:
    message = read(write(stationery, Letter.ACKNOWLEDGEMENT).raw)
    assert message["To"] == "Amina Begum <amina.begum@example.org>"
    assert message["From"] == "Thames Meadow Homes Complaints <complaints@thamesmeadow.example>"
    assert message["Reply-To"] == "complaints+cc-2026-004217-7.k3f9@thamesmeadow.example"
    assert message["Message-ID"] == "<acknowledgement.4217@thamesmeadow.example>"
    assert message["In-Reply-To"] == message["References"] == "<first.mail@example.org>"
    assert message["Cc"] is None and message["Bcc"] is None


@pytest.mark.parametrize("letter", EVERY)
def test_machines_say_that_they_are_machines_and_people_do_not(
    letter: Letter, stationery: Stationery
) -> None:
    message = read(write(stationery, letter).raw)
    spoken = {
        *(Letter.HANDLER_REPLY, Letter.RESPONSE, Letter.FINAL_RESPONSE, Letter.EXTENSION_NOTICE),
        *(Letter.REFUSAL, Letter.NON_ESCALATION, Letter.UPDATE, Letter.OFFICE_REPLY, Letter.CONTACT_LIMIT),
    }
    answers = {
        *(Letter.ACKNOWLEDGEMENT, Letter.SERVICE_REQUEST_RECEIPT, Letter.SIGNPOSTING),
        *(Letter.THIRD_PARTY_RECEIPT, Letter.DATA_PROTECTION_ACKNOWLEDGEMENT, Letter.FEEDBACK_RECEIPT),
        *(Letter.COMMAND_DONE, Letter.COMMAND_REFUSED),
    }
    if letter in spoken:
        assert message["Auto-Submitted"] is None and message["X-Auto-Response-Suppress"] is None
        assert stationery.form(letter).automatic is Automatic.PERSON
    else:
        assert message["Auto-Submitted"] == ("auto-replied" if letter in answers else "auto-generated")
        assert message["X-Auto-Response-Suppress"] == "All"
    assert write(stationery, letter).null_sender is (letter in answers)


@pytest.mark.parametrize("letter", RESIDENTS)
def test_the_reference_stands_in_brackets_in_every_subject_for_residents(
    letter: Letter, stationery: Stationery
) -> None:
    written = write(stationery, letter)
    assert written.subject.endswith(f" [{REFERENCE}]")
    assert f"[{REFERENCE}]".encode() in written.raw.split(b"\r\n\r\n", 1)[0], (
        "in clear, so that it can be found"
    )


def test_a_reference_stays_in_clear_in_a_subject_that_must_be_encoded(stationery: Stationery) -> None:
    written = write(stationery, Letter.CASE_MAIL, subject="Wärme – £45 für 感じ and more " + "ö" * 60)
    subject = next(h for h in headers_of(written.raw) if h.startswith("Subject:"))
    assert f"[{REFERENCE}]" in subject
    assert str(make_header(decode_header(subject[9:]))) == written.subject
    assert "Wärme – £45 für 感じ and more" in written.subject


def test_a_very_long_subject_is_cut_and_keeps_its_reference(stationery: Stationery) -> None:
    subject = write(stationery, Letter.CASE_MAIL, subject="heating " * 200).subject
    assert len(subject) < 200
    assert subject.endswith(f"… [{REFERENCE}]")


def outlook_id(n: int) -> str:
    return f"<AS8PR07MB{n:04}A1B2C3D4E5F60718293A4B5C6D7E8F9@AS8PR07MB{n:04}.eurprd07.prod.outlook.com>"


def test_long_ids_are_neither_encoded_nor_cut(stationery: Stationery) -> None:
    ids = tuple(outlook_id(n) for n in range(30))
    order = altered(
        order_of(Letter.CASE_MAIL), references=ids, in_reply_to=ids[-1], message_id=outlook_id(99)
    )
    lines = headers_of(stationery.write(order, LETTERHEAD).raw)
    assert f"References: {' '.join(ids)}" in lines
    assert f"In-Reply-To: {ids[-1]}" in lines
    assert f"Message-ID: {outlook_id(99)}" in lines


def test_references_end_with_the_mail_that_is_answered_and_hold_each_id_once(stationery: Stationery) -> None:
    order = altered(
        order_of(Letter.HANDLER_REPLY),
        references=("<b@x>", "<a@x>", "rubbish", "<b@x> <a@x>", "<in jection@x>", "<é@x>"),
        in_reply_to="<a@x>",
    )
    lines = headers_of(stationery.write(order, LETTERHEAD).raw)
    assert "References: <b@x> <a@x>" in lines


def test_an_endless_thread_keeps_its_first_and_latest_ids(stationery: Stationery) -> None:
    ids = tuple(outlook_id(n) for n in range(500))
    order = altered(order_of(Letter.CASE_MAIL), references=ids, in_reply_to=ids[-1])
    line = next(h for h in headers_of(stationery.write(order, LETTERHEAD).raw) if h.startswith("References:"))
    kept = line.split()[1:]
    assert len(kept) == wire.MOST_REFERENCES
    assert (kept[0], kept[-1]) == (ids[0], ids[-1])


EVIL = "x\r\nBcc: all@example.org\r\n\r\nbody\x0b\x0c\x85\u2028\u2029Cc: b@example.org\x00\u202e\ud800"


def test_no_line_end_of_any_kind_gets_from_a_fact_into_the_headers(stationery: Stationery) -> None:
    order = altered(
        order_of(Letter.CASE_MAIL, subject=EVIL, resident={"name": EVIL, "address": "a@example.org"}),
        to_name=EVIL,
        from_name=EVIL,
        reference=EVIL,
    )
    written = stationery.write(order, LETTERHEAD)
    names = [line.partition(":")[0] for line in headers_of(written.raw)]
    honest = [line.partition(":")[0] for line in headers_of(write(stationery, Letter.CASE_MAIL).raw)]
    assert names == honest
    assert not re.search("[\r\n\x0b\x0c\x85\u2028\u2029\x00\u202e]", written.subject)


@pytest.mark.parametrize("field", ["to", "from_address", "reply_to"])
@pytest.mark.parametrize(
    "address",
    [
        "a@x\r\nBcc: b@x",
        "a@x, b@x",
        "a@x b@x",
        "<a@x>",
        "no address",
        "a@x\u2028b",
        "a@@x",
        "Ann <a@x>",
        "a@x\n",
    ],
)
def test_what_is_not_one_plain_address_never_becomes_a_header(
    field: str, address: str, stationery: Stationery
) -> None:
    with pytest.raises(LetterMistake, match=f"letter case_mail: {field} is not one plain mail address"):
        stationery.write(altered(order_of(Letter.CASE_MAIL), **{field: address}), LETTERHEAD)


@pytest.mark.parametrize("message_id", ["", "a@x", "<a@x> <b@x>", "<a@x>\r\nBcc: b@x", "<a b@x>"])
def test_a_message_id_that_is_not_one_id_is_a_mistake(message_id: str, stationery: Stationery) -> None:
    with pytest.raises(LetterMistake, match="message_id"):
        stationery.write(altered(order_of(Letter.CASE_MAIL), message_id=message_id), LETTERHEAD)


def test_a_date_without_a_zone_is_a_mistake(stationery: Stationery) -> None:
    naive = dt.datetime(2026, 3, 12, 10, 0)  # noqa: DTZ001  that is the point
    with pytest.raises(LetterMistake, match="time zone"):
        stationery.write(altered(order_of(Letter.CASE_MAIL), date=naive), LETTERHEAD)


@pytest.mark.parametrize(
    "name",
    [
        'Mr "Bob" O\'Neil, Esq.',
        "Zoë Nuñez-Łukasz",
        "a@b.example",
        "back\\slash",
        "=?utf-8?q?no?=",
        "名前" * 40,
        "x" * 300,
    ],
)
def test_any_name_can_stand_before_an_address(name: str, stationery: Stationery) -> None:
    raw = stationery.write(altered(order_of(Letter.CASE_MAIL), to_name=name), LETTERHEAD).raw
    (recipient,) = read(raw)["To"].addresses
    assert recipient.addr_spec == "joan.bakare@thamesmeadow.example"
    # the standard library's address parser puts spaces between encoded words, against RFC 2047 section 6.2
    shown = str(make_header(decode_header(email.message_from_bytes(raw)["To"])))
    assert recipient.display_name == name[:120] or shown.startswith(name[:120])


def test_a_foreign_domain_is_written_as_dns_knows_it(stationery: Stationery) -> None:
    order = altered(order_of(Letter.HANDLER_REPLY), to="zoe@bücher.example", to_name="")
    assert read(stationery.write(order, LETTERHEAD).raw)["To"] == "zoe@xn--bcher-kva.example"


@settings(deadline=None)  # a busy machine is slow, and no letter is wrong for it
@given(name=st.text(max_size=200), subject=st.text(max_size=200), text=st.text(max_size=400))
def test_whatever_people_write_the_letter_can_be_read_back(name: str, subject: str, text: str) -> None:
    stationery = WHOLE
    order = altered(order_of(Letter.CASE_MAIL, subject=subject, text=text), to_name=name)
    written = stationery.write(order, LETTERHEAD)
    message = email.message_from_bytes(written.raw)
    assert not message.defects
    # without spaces: beside a bracket that stands next to an encoded word, the standard library eats one
    shown = str(make_header(decode_header(message["Subject"])))
    assert shown.replace(" ", "") == written.subject.replace(" ", "")
    part = message.get_payload(0)
    assert isinstance(part, email.message.Message)
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.decode().replace("\r\n", "\n") == written.text
    assert list(message) == list(email.message_from_bytes(write(stationery, Letter.CASE_MAIL).raw))


WHOLE = Stationery(TEMPLATES)

# ------------------------------------------------------------------ attachments


def test_attachments_go_along_under_clean_names(stationery: Stationery) -> None:
    order = altered(
        order_of(Letter.CASE_MAIL),
        attachments=(
            Enclosure("bedroom.jpg", "image/jpeg", bytes(range(256)) * 40),
            Enclosure('../../etc/pass"wd\r\nX: y', "text/html\r\nX: y", b"<script>"),
            Enclosure("Schimmel größer.pdf", "application/pdf", b""),
            Enclosure("mail.eml", "message/rfc822", b"Subject: x\r\n\r\ny"),
            Enclosure("", "image/png; name=x", b"x"),
        ),
    )
    message = read(stationery.write(order, LETTERHEAD).raw)
    assert message.get_content_type() == "multipart/mixed"
    body, *files = message.iter_parts()
    assert body.get_content_type() == "multipart/alternative"
    assert [f.get_filename() for f in files] == [
        *("bedroom.jpg", "_.._etc_pass_wd X: y", "Schimmel größer.pdf", "mail.eml", "attachment"),
    ]
    assert [f.get_content_type() for f in files] == [
        *("image/jpeg", "application/octet-stream", "application/pdf"),
        *("application/octet-stream", "application/octet-stream"),
    ]
    assert files[0].get_payload(decode=True) == bytes(range(256)) * 40
    assert files[3].get_payload(decode=True) == b"Subject: x\r\n\r\ny"
    assert all(f.get_content_disposition() == "attachment" for f in files)


# ------------------------------------------------------------------ words


def test_days_are_written_as_people_say_them_in_london() -> None:
    assert ENGLISH.day("2025-12-30") == "Tuesday 30 December 2025"
    assert ENGLISH.day("2026-06-30T23:30:00+00:00") == "Wednesday 1 July 2026", "summer time"
    assert ENGLISH.short_day("2026-03-12") == "Thu 12 Mar 2026"
    assert ENGLISH.moment("2026-06-30T23:30:00+00:00") == "Wednesday 1 July 2026 at 00:30"
    assert ENGLISH.moment("2026-03-12") == "Thursday 12 March 2026"


def test_quoted_printable_of_every_letter_is_what_other_programs_read() -> None:
    for content in ("£ at the end \n.\n\n\tx  \nFrom here\n", "é" * 500 + "\n", "=_alt_\n" * 3, "x" * 1200):
        part = wire.write_part("plain", content)
        head, _, body = part.partition(b"\r\n\r\n")
        assert b"quoted-printable" in head
        assert binascii.a2b_qp(body).decode() == content.replace("\n", "\r\n")
        assert max(len(line) for line in body.split(b"\r\n")) <= 76
        assert b"=_" not in body


# ------------------------------------------------------------------ the folder


def test_a_letterhead_colour_that_white_words_drown_in_is_refused() -> None:
    with pytest.raises(LetterMistake, match="too light"):
        dataclasses.replace(LETTERHEAD, colour="#ffcc00")
    with pytest.raises(LetterMistake, match="#rrggbb"):
        dataclasses.replace(LETTERHEAD, colour="red;}")
    for colour in ("#1d5b66", "#7a1f5c", "#000000"):
        dataclasses.replace(LETTERHEAD, colour=colour)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(TEMPLATES, tmp_path / "templates")


def test_a_folder_without_one_of_its_files_is_refused(folder: Path) -> None:
    (folder / "closure" / "text.txt").unlink()
    with pytest.raises(LetterMistake, match=r"letter closure: template .*closure/text\.txt"):
        Stationery(folder)


def test_a_template_that_is_not_one_is_refused_at_the_start(folder: Path) -> None:
    (folder / "closure" / "subject.txt").write_text("{% if %}")
    with pytest.raises(LetterMistake, match="letter closure: template"):
        Stationery(folder)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("[closure]", "[closing]"), "no such letter: closing"),
        (('[closure]\naudience = "resident"', '[closure]\naudience = "all"'), "letter closure: audience"),
        (('[closure]\naudience = "resident"', "[closure]"), "letter closure: audience"),
        (("[closure]\n", "[closure]\ncolour = 1\n"), "letter closure: unknown key: colour"),
        (('automatic = "person"', 'automatic = "ghost"'), "letter handler_reply: automatic"),
        (("[closure]", "[closure"), "letters.toml"),
    ],
)
def test_a_letters_toml_that_is_wrong_is_refused_naming_letter_and_key(
    change: tuple[str, str], complaint: str, folder: Path
) -> None:
    toml = folder / "letters.toml"
    content = toml.read_text()
    assert change[0] in content
    toml.write_text(content.replace(change[0], change[1], 1))
    with pytest.raises(LetterMistake, match=complaint):
        Stationery(folder)


def test_a_letter_missing_from_letters_toml_is_refused(folder: Path) -> None:
    toml = folder / "letters.toml"
    content = toml.read_text()
    toml.write_text(content[: content.index("[digest]")])
    with pytest.raises(LetterMistake, match="letter missing: digest"):
        Stationery(folder)


def test_a_fact_that_a_template_uses_without_being_declared_is_found_by_its_sample(folder: Path) -> None:
    page = folder / "reopened" / "text.txt"
    page.write_text(page.read_text().replace("{{ reference }}", "{{ reference }} {{ weather }}", 1))
    with pytest.raises(
        LetterMistake, match=r"letter reopened: reopened/text\.txt, line \d+: 'weather' is undefined"
    ):
        write(Stationery(folder), Letter.REOPENED)


def test_the_common_facts_are_taken_by_every_letter(stationery: Stationery) -> None:
    for letter in Letter:
        assert set(CASE) <= {*stationery.form(letter).required, *stationery.form(letter).optional}
