"""Commands: what a handler's mail asks for, and that a slip in it does no harm."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.casework.commands import CUT_LINE, parse, strip_internal
from mailbot.casework.forms import FORMS, ParsedAct, help_lines
from mailbot.casework.plain_dates import read_date, read_number
from mailbot.casework.vocabulary import Act, Intent

TUESDAY = dt.date(2026, 3, 3)  # a Tuesday; Good Friday is 3 April 2026
LETTER = "Dear Mrs Osei,\n\nThe fan was mended on Monday.\n\nPriya Nair"


def add_working_days(day: dt.date, n: int) -> dt.date:
    """Weekdays alone: the calendar with its bank holidays has its own tests."""
    while n:
        day += dt.timedelta(days=1)
        n -= day.weekday() < 5
    return day


def acts(text: str) -> tuple[ParsedAct, ...]:
    parsed = parse(text, TUESDAY, add_working_days)
    assert parsed.mistakes == ()
    return parsed.acts


def problem(text: str) -> str:
    """The first mistake of a mail; nothing of such a mail may be done or passed on."""
    parsed = parse(text, TUESDAY, add_working_days)
    assert parsed.mistakes
    assert parsed.acts == ()
    assert parsed.body == ""
    assert not parsed.is_for_resident
    assert all(mistake.right_form for mistake in parsed.mistakes)
    return parsed.mistakes[0].problem


GOOD = {
    "#acknowledge": (ParsedAct(Act.CONFIRM),),
    "#contacted": (ParsedAct(Act.CONTACTED),),
    "#contacted by phone": (ParsedAct(Act.CONTACTED, words="by phone"),),
    "#contacted by phone she was in": (ParsedAct(Act.CONTACTED, words="by phone she was in"),),
    "#extend 10 working days because the surveyor is ill": (
        ParsedAct(
            Act.EXTEND,
            words="10 working days because the surveyor is ill",
            working_days=10,
            reason="the surveyor is ill",
        ),
    ),
    "#extend by ten more working days as we wait for parts": (
        ParsedAct(
            Act.EXTEND,
            words="by ten more working days as we wait for parts",
            working_days=10,
            reason="we wait for parts",
        ),
    ),
    "#extend to 14 March because we wait for parts": (
        ParsedAct(
            Act.EXTEND,
            words="to 14 March because we wait for parts",
            until=dt.date(2026, 3, 14),
            reason="we wait for parts",
        ),
    ),
    "#extend until Friday, due to illness": (
        ParsedAct(
            Act.EXTEND, words="until Friday, due to illness", until=dt.date(2026, 3, 6), reason="illness"
        ),
    ),
    "#action repair the bathroom fan by 14 March": (
        ParsedAct(Act.ACTION, words="repair the bathroom fan", until=dt.date(2026, 3, 14)),
    ),
    "#action send the report by post by Friday.": (
        ParsedAct(Act.ACTION, words="send the report by post", until=dt.date(2026, 3, 6)),
    ),
    "#done 2": (ParsedAct(Act.DONE, words="2", number=2),),
    "#done #2": (ParsedAct(Act.DONE, words="#2", number=2),),
    "#done 1, 2 and 3": tuple(ParsedAct(Act.DONE, words="1, 2 and 3", number=n) for n in (1, 2, 3)),
    "#done action two": (ParsedAct(Act.DONE, words="action two", number=2),),
    "#note spoke to the contractor": (ParsedAct(Act.NOTE, words="spoke to the contractor"),),
    "#assign Priya Nair": (ParsedAct(Act.ASSIGN, words="Priya Nair", person="Priya Nair"),),
    "#assign to Priya": (ParsedAct(Act.ASSIGN, words="to Priya", person="Priya"),),
    "#close agreed": (ParsedAct(Act.CLOSE, words="agreed"),),
    "#close withdrawn because she moved out": (
        ParsedAct(Act.CLOSE, words="withdrawn", reason="she moved out"),
    ),
    "#close answered, a plain repair request": (
        ParsedAct(Act.CLOSE, words="answered", reason="a plain repair request"),
    ),
    "#reopen the leak is back": (ParsedAct(Act.REOPEN, words="the leak is back", reason="the leak is back"),),
    "#escalate": (ParsedAct(Act.ESCALATE),),
    "#sort complaint": (ParsedAct(Act.SORT, words="complaint", intent=Intent.NEW_COMPLAINT),),
    "#sort service request": (ParsedAct(Act.SORT, words="service request", intent=Intent.SERVICE_REQUEST),),
    "#sort 2 escalation": (
        ParsedAct(Act.SORT, words="escalation", number=2, intent=Intent.ESCALATION_REQUEST),
    ),
    "#sort as a reply": (ParsedAct(Act.SORT, words="reply", intent=Intent.REPLY),),
    "#sort other please": (ParsedAct(Act.SORT, words="other", intent=Intent.OTHER),),
    "#help": (ParsedAct(Act.HELP),),
    "#history": (ParsedAct(Act.HISTORY),),
}

BAD = {
    "#contcted by phone": "#contcted is not a command; did you mean #contacted?",
    "#clsoe agreed": "#clsoe is not a command; did you mean #close?",
    "#frobnicate": "#frobnicate is not a command",
    "#extend": "it lacks how long or until when and the reason",
    "#extend 10 working days": "it lacks the reason",
    "#extend because the surveyor is ill": "it lacks how long or until when",
    "#extend 10 working days because": "it lacks the reason",
    "#extend to 14 March": "it lacks the reason",
    "#extend 10 days because of parts": "can mean several dates",
    "#extend two weeks because of parts": "can mean several dates",
    "#extend to 10 working days because of parts": "can mean several dates",
    "#extend 900 working days because of parts": "not a number of working days from 1 to 60",
    "#extend 0 working days because of parts": "not a number of working days from 1 to 60",
    "#extend 10 working days to 14 March because of parts": "and not “to 14 March”",
    "#extend a while because of parts": "neither a number of working days nor “to” a date",
    "#extend to 2 March 2026 because of parts": "Monday 2 March 2026 has passed",
    "#extend to 31 June because of parts": "June 2026 has no day 31",
    "#extend to next Friday because of parts": "can mean Friday 6 March 2026 or Friday 13 March 2026",
    "#action": "it lacks what is to be done and its date",
    "#action repair the fan": "it lacks its date",
    "#action by 14 March": "it lacks what is to be done",
    "#action repair the fan by hand": "“hand” is not a date I can read",
    "#action repair the fan by": "there is no date",
    "#action repair the fan by 1 March 2026": "Sunday 1 March 2026 has passed",
    "#done": "it lacks the number",
    "#done the fan": "“the” is not the number of an action",
    "#note": "there is no note",
    "#assign": "it lacks the colleague's name",
    "#assign to": "it lacks the colleague's name",
    "#close": "it lacks why",
    "#close agred": "did you mean “agreed”?",
    "#close she is happy": "“she” is not a way to close: agreed, withdrawn, answered or concern",
    "#sort": "it lacks what the mail is",
    "#sort complant": "did you mean “complaint”?",
    "#sort nonsense": "is not a kind of mail",
    "#respond upheld": "there is no text for the resident below it",
    "#reply": "there is no text for the resident below it",
    "#reply Dear Mrs Osei": "the text stands below the command",
    "#respond uphold": "did you mean “upheld”?",
    "#respond Dear Mrs Osei, the fan was mended": "the response itself stands below it",
    "#close agreed\n#close withdrawn": "#close stands there twice",
    "#extend 10 working days because …": "it lacks the reason",
    "#action … by …": "it lacks what is to be done",
    "#hold until … because ...": "it lacks until when and the reason",
    "#assign …": "it lacks the colleague's name",
    "": "there is no text above the quoted mail",
    "> Case CC-2026-004217-7\n> Please answer": "there is no text above the quoted mail",
    "Sent from my iPhone": "there is no text above the quoted mail",
}


@pytest.mark.parametrize("text", GOOD)
def test_a_good_command_is_understood(text: str) -> None:
    assert acts(text) == GOOD[text]


@pytest.mark.parametrize("text", BAD)
def test_a_bad_command_is_refused_with_its_reason_and_does_nothing(text: str) -> None:
    assert BAD[text] in problem(text)


@pytest.mark.parametrize("act", [act for act in Act if act is not Act.REPLY])
def test_every_right_form_is_a_good_command(act: Act) -> None:
    for form in FORMS[act]:
        assert [parsed.act for parsed in acts(f"{form}\n\n{LETTER}")] == [act]


def test_every_act_has_its_forms_and_its_line_of_help() -> None:
    assert set(FORMS) == set(Act)
    assert all(any(line.startswith(FORMS[act][0] + ": ") for line in help_lines()) for act in Act)


@pytest.mark.parametrize(
    "line",
    [
        "#contacted by phone",
        "#Contacted by phone",
        "#CONTACTED by phone",
        "# contacted by phone",
        "  #contacted   by phone ",
        "\t#contacted by phone",
        "#contacted\u00a0by\u00a0phone",
        "\u00a0#contacted by phone",
        "> #contacted by phone",
        "> > #contacted by phone",
        "| #contacted by phone",
        "#contacted: by phone",
        "#contacted - by phone",
        "- #contacted by phone",
        "• #contacted by phone",
        "“#contacted by phone”",
        "'#contacted by phone'",
        "\u200b#contacted by phone",
        "＃contacted by phone",
        "##contacted by phone",
        "\r\n\r\n#contacted by phone\r\n",
        "\u00a0\n\u00a0\n#contacted by phone\n\u00a0\n",
        "#contacted by phone\n\nSent from my iPhone",
        "#contacted by phone\n\nGet Outlook for iOS",
    ],
)
def test_a_command_survives_what_mail_programs_do_to_a_line(line: str) -> None:
    assert acts(line) == (ParsedAct(Act.CONTACTED, words="by phone"),)


def test_a_mail_without_commands_is_a_plain_reply() -> None:
    parsed = parse(LETTER, TUESDAY, add_working_days)
    assert parsed.acts == (ParsedAct(Act.REPLY),)
    assert parsed.body == LETTER
    assert parsed.is_for_resident


@pytest.mark.parametrize(
    "text",
    [
        "#4 Elm Road is empty now",
        "# 1 on my list is your fan",
        "Flat #note 4 is yours",
        "I have noted:\n#4 the fan\n#5 the window",
        "Dear Mr Ahmed,\n\nSee #housing on our page.",
    ],
)
def test_a_number_sign_in_prose_is_no_command(text: str) -> None:
    parsed = parse(text, TUESDAY, add_working_days)
    assert (parsed.acts, parsed.body) == ((ParsedAct(Act.REPLY),), text)


def test_several_commands_and_the_response_below_them() -> None:
    parsed = parse(
        f"#contacted by phone\n\n#respond Partly upheld\n#action mend the fan by 20/3\n\n{LETTER}",
        TUESDAY,
        add_working_days,
    )
    assert parsed.mistakes == ()
    assert [a.act for a in parsed.acts] == [Act.CONTACTED, Act.RESPOND, Act.ACTION]
    assert parsed.acts[1].words == "partly upheld"
    assert parsed.acts[2].until == dt.date(2026, 3, 20)
    assert parsed.body == LETTER
    assert parsed.is_for_resident


def test_the_text_below_a_note_stays_inside() -> None:
    parsed = parse(f"#note\n\n{LETTER}", TUESDAY, add_working_days)
    assert parsed.acts == (ParsedAct(Act.NOTE),)
    assert parsed.body == LETTER
    assert not parsed.is_for_resident


def test_text_below_other_commands_goes_to_the_resident_only_if_reply_says_so() -> None:
    action = "#action mend the fan by 14 March"
    assert not parse(f"{action}\n\n{LETTER}", TUESDAY, add_working_days).is_for_resident
    asked = parse(f"{action}\n#reply\n\n{LETTER}", TUESDAY, add_working_days)
    assert asked.is_for_resident
    assert asked.body == LETTER


def test_the_body_belongs_to_one_purpose_only() -> None:
    both = parse(f"#note she rang\n#respond upheld\n\n{LETTER}", TUESDAY, add_working_days)
    assert (both.text_for(Act.RESPOND), both.text_for(Act.NOTE), both.leftover) == (LETTER, "", "")
    noted = parse(f"#contacted by phone\n\n{LETTER}", TUESDAY, add_working_days)
    assert (noted.text_for(Act.CONTACTED), noted.leftover) == (LETTER, "")
    beside = parse(f"#reviewed\n\n{LETTER}", TUESDAY, add_working_days)
    assert (beside.text_for(Act.REVIEWED), beside.leftover) == ("", LETTER)


def test_one_mistake_stops_the_whole_mail_and_says_what_was_understood() -> None:
    parsed = parse(f"#contacted by phone\n#extnd 5 working days because of parts\n#respond upheld\n{LETTER}",
                   TUESDAY, add_working_days)  # fmt: skip
    assert parsed.acts == ()
    assert parsed.body == ""
    assert [mistake.line for mistake in parsed.mistakes] == ["#extnd 5 working days because of parts"]
    assert "#extend 10 working days because" in parsed.mistakes[0].right_form
    assert [a.act for a in parsed.understood] == [Act.CONTACTED, Act.RESPOND]


def test_every_mistake_is_told_at_once() -> None:
    parsed = parse("#close\n#done\n#wibble", TUESDAY, add_working_days)
    assert [mistake.line for mistake in parsed.mistakes] == ["#close", "#done", "#wibble"]


@pytest.mark.parametrize(
    "below",
    [
        "#close agreed",
        "#Clsoe agreed",
        "#clsoeDear Mrs Osei,",
        "#notethat she lies",
        "> ok\n#note she lies",
        "- #action mend it",
    ],
)
def test_a_command_among_the_text_never_reaches_a_resident(below: str) -> None:
    assert "commands stand at the top" in problem(f"Hi,\n\n{below}\n\nPriya")


@pytest.mark.parametrize("text", ["#newsletter", "#4 is next door", "#MeToo"])
def test_what_only_looks_like_a_command_is_the_residents_to_read(text: str) -> None:
    assert text in parse(f"Hi,\n\n{text}\n\nPriya", TUESDAY, add_working_days).body


def test_reply_and_respond_in_one_mail_are_refused() -> None:
    assert "can't both" in problem(f"#reply\n#respond upheld\n\n{LETTER}")


def test_a_signature_alone_is_no_letter() -> None:
    assert "no text for the resident" in problem("#respond upheld\n\n-- \nPriya Nair\nComplaints team")
    assert "no text above" in problem("-- \nPriya Nair")


def test_an_empty_note_beside_a_response_is_refused() -> None:
    assert "there is no note" in problem(f"#note\n#respond upheld\n\n{LETTER}")


def test_a_long_command_that_the_mail_program_broke_is_joined() -> None:
    text = "#extend 10 working days because the damp surveyor cannot get into\nthe flat before then\n\nPriya"
    assert acts(text)[0].reason == "the damp surveyor cannot get into the flat before then"


def test_a_long_command_does_not_swallow_the_letter_below_it() -> None:
    text = f"#respond upheld\n#extend 10 working days because the damp surveyor cannot come\n{LETTER}"
    parsed = parse(text, TUESDAY, add_working_days)
    assert parsed.acts[1].reason == "the damp surveyor cannot come"
    assert parsed.body == LETTER


def test_the_end_of_a_broken_note_never_slips_into_the_response() -> None:
    note = "#note her neighbour says that she has been away for most of the\nyear and lets the flat"
    assert "empty line" in problem(f"#respond not upheld\n{note}\n{LETTER}")
    assert parse(f"{note}\n{LETTER}", TUESDAY, add_working_days).is_for_resident is False


def test_a_line_without_end_is_refused() -> None:
    assert "too long" in problem("#note " + "x" * 5000)


# ------------------------------------------------------------------ quoted internals

OUTLOOK = """From: Complaints <complaints@landlord.example>
Sent: 02 March 2026 09:14
To: Priya Nair <priya.nair@landlord.example>
Subject: [CC-2026-004217-7] New case: damp

Flags: vulnerability"""

HISTORIES = {
    "Outlook": OUTLOOK,
    "Outlook with its line": "_" * 32 + "\n" + OUTLOOK,
    "Outlook, bold names": OUTLOOK.replace("From:", "*From:*").replace("Sent:", "*Sent:*"),
    "original message": "-----Original Message-----\nFrom: Complaints\nFlags: vulnerability",
    "Gmail": "On Mon, 2 Mar 2026 at 09:14, Complaints <complaints@landlord.example> wrote:\n\n> Flags: two",
    "Gmail, wrapped": "On Mon, 2 Mar 2026 at 09:14, Complaints <\nc@landlord.example> wrote:\n\n> Flags: two",
    "Apple Mail, unmarked": "On 2 Mar 2026, at 09:14, Complaints <c@landlord.example> wrote:\n\nFlags: two",
    "forwarded": "Begin forwarded message:\n\nFrom: Complaints\nFlags: vulnerability",
    "the cut line": f"{CUT_LINE}\n\nFlags: vulnerability",
    "the cut line, quoted": f"> {CUT_LINE}\n>\n> Flags: vulnerability",
    "quote marks alone": "> Flags: vulnerability\n> and more",
}


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES.keys())
def test_a_quoted_case_mail_never_reaches_a_resident(history: str) -> None:
    assert strip_internal(f"{LETTER}\n\n{history}\n") == LETTER


def test_the_signature_stays_and_the_phones_advertisement_goes() -> None:
    signed = f"{LETTER}\n-- \nComplaints team, 020 7946 0000"
    assert strip_internal(signed + "\n\nSent from my iPhone\n") == signed
    assert strip_internal(signed + "\nSent from Outlook for Android") == signed


def test_answers_between_quoted_lines_are_kept_without_the_quotes() -> None:
    text = "On 2 Mar 2026 at 09:14, a wrote:\n> When is the visit?\nOn Friday.\n> And the fan?\nThen too."
    assert strip_internal(text).endswith("On Friday.\nThen too.")
    assert ">" not in strip_internal(text)


def test_what_the_handler_tells_of_somebodys_writing_stays() -> None:
    text = "Dear Mrs Osei,\n\nOn Monday the surveyor wrote:\nThe wall is dry.\n\nFrom: my side, all is done."
    assert strip_internal(text) == text


def test_a_bottom_posted_command_is_found_below_the_quoted_case_mail() -> None:
    text = "> Case CC-2026-004217-7\n> #close agreed\n> #note ...\n\n#contacted by phone\n"
    assert acts(text) == (ParsedAct(Act.CONTACTED, words="by phone"),)


# ------------------------------------------------------------------ dates

DATES = {
    "today": dt.date(2026, 3, 3),
    "tomorrow": dt.date(2026, 3, 4),
    "Friday": dt.date(2026, 3, 6),
    "fri": dt.date(2026, 3, 6),
    "this Friday": dt.date(2026, 3, 6),
    "Monday": dt.date(2026, 3, 9),
    "next Monday": dt.date(2026, 3, 9),
    "next Tuesday": dt.date(2026, 3, 10),
    "Friday week": dt.date(2026, 3, 13),
    "a week on Friday": dt.date(2026, 3, 13),
    "end of the week": dt.date(2026, 3, 6),
    "the end of next month": dt.date(2026, 4, 30),
    "14 March": dt.date(2026, 3, 14),
    "14th of March": dt.date(2026, 3, 14),
    "the 14th of March 2026": dt.date(2026, 3, 14),
    "14 mar.": dt.date(2026, 3, 14),
    "March 14": dt.date(2026, 3, 14),
    "March 14th, 2026": dt.date(2026, 3, 14),
    "14/03/2026": dt.date(2026, 3, 14),
    "14/3": dt.date(2026, 3, 14),
    "14.3.26": dt.date(2026, 3, 14),
    "04/05/2026": dt.date(2026, 5, 4),
    "2026-03-14": dt.date(2026, 3, 14),
    "Saturday 14 March": dt.date(2026, 3, 14),
    "Sat, 14/03/2026": dt.date(2026, 3, 14),
    "14 March (Saturday)": dt.date(2026, 3, 14),
    "the 24th": dt.date(2026, 3, 24),
    "the 2nd": dt.date(2026, 4, 2),
    "in 10 working days": dt.date(2026, 3, 17),
    "within five working days": dt.date(2026, 3, 10),
    "in two weeks": dt.date(2026, 3, 17),
    "in a week's time": dt.date(2026, 3, 10),
    "in a fortnight": dt.date(2026, 3, 17),
    "in 3 days": dt.date(2026, 3, 6),
    "on Friday please": dt.date(2026, 3, 6),
    "1 July": dt.date(2026, 7, 1),
}

NO_DATES = {
    "": "there is no date",
    "soon": "not a date I can read",
    "24": "not a date I can read",
    "next week": "not a date I can read",
    "the 3rd of Smarch": "not a date I can read",
    "yesterday": "not a date I can read",
    "next Friday": "can mean Friday 6 March 2026 or Friday 13 March 2026",
    "Tuesday": "can mean Tuesday 3 March 2026 or Tuesday 10 March 2026",
    "next Friday week": "can mean two days",
    "this Monday": "Monday 2 March 2026 has passed",
    "2 March": "Monday 2 March 2026 has passed",
    "14/03/2025": "has passed",
    "03/14/2026": "there is no month 14",
    "29 February 2027": "February 2027 has no day 29",
    "the 31st of April": "April 2026 has no day 31",
    "the 45th": "has no day 45",
    "Friday 14 March": "that day is a Saturday 14 March 2026",
    "1 March 2126": "too far ahead",
    "in 0 working days": "not a date I can read",
}


@pytest.mark.parametrize("words", DATES)
def test_a_date_in_plain_english_is_read(words: str) -> None:
    assert read_date(words, TUESDAY, add_working_days) == DATES[words]


@pytest.mark.parametrize("words", NO_DATES)
def test_a_date_that_is_past_or_impossible_or_two_days_is_refused(words: str) -> None:
    refused = read_date(words, TUESDAY, add_working_days)
    assert isinstance(refused, str)
    assert NO_DATES[words] in refused


def test_a_date_without_a_year_reaches_into_the_next_one_by_half_a_year_at_most() -> None:
    november = dt.date(2026, 11, 24)
    assert read_date("14 March", november, add_working_days) == dt.date(2027, 3, 14)
    assert read_date("14 October", november, add_working_days) == "Wednesday 14 October 2026 has passed"


@pytest.mark.parametrize(
    ("word", "number"), [("a", 1), ("ten", 10), ("007", 7), ("1000", None), ("²", None), ("x", None)]
)
def test_small_numbers_are_read_in_figures_and_words(word: str, number: int | None) -> None:
    assert read_number(word) == number


# ------------------------------------------------------------------ any text at all

PIECES = st.sampled_from(
    ["#note", "#close agreed", "#clsoe", "# extend", " 10 working days", " because x", "#respond", " upheld",
     "\n", "\n\n", "> ", "Dear Mrs Osei,", "text", "\u00a0", "#4", "On 2 Mar at 10:11 a@b wrote:", "From: x",
     "by Friday", "-- "]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(PIECES | st.text(max_size=8), max_size=14).map("".join))
def test_any_mail_can_be_read_and_a_mistake_always_stops_it(text: str) -> None:
    parsed = parse(text, TUESDAY, add_working_days)
    if parsed.mistakes:
        assert (parsed.acts, parsed.body) == ((), "")
    else:
        assert parsed.acts
    if parsed.is_for_resident:
        assert parsed.body.strip()
        assert not any(
            line.lstrip().startswith((">", "#note", "#close", "#clsoe")) for line in parsed.body.split("\n")
        )


@settings(deadline=None)
@given(st.text(alphabet="0123456789abcdefmnrtuwxy /.-,'", max_size=24))
def test_any_words_are_a_day_to_come_or_a_reason_why_not(words: str) -> None:
    day = read_date(words, TUESDAY, add_working_days)
    assert day if isinstance(day, str) else day >= TUESDAY


# ------------------------------------------------------------------ without its mark


@pytest.mark.parametrize(
    "line",
    [
        "Contacted by phone, she is in on Friday and cried a lot",
        "Respond upheld",
        "note: spoke to the contractor, he denies it",
        "Note spoke to the contractor",
        "Assign to Priya Nair",
        "close withdrawn",
        "Extend 10 working days because the surveyor is ill",
        "cancel",
        "Action repair the fan by 14 March",
    ],
)
def test_a_command_that_lacks_its_mark_is_no_letter(line: str) -> None:
    parsed = parse(f"{line}\n\nMore below.", TUESDAY, add_working_days)
    assert parsed.acts == () and not parsed.is_for_resident
    (mistake,) = parsed.mistakes
    assert "without its #" in mistake.problem and mistake.right_form.startswith(f"#{line}")
    assert parse(f"#reply\n\n{line}", TUESDAY, add_working_days).body == line


@pytest.mark.parametrize(
    "line",
    [
        "Note that we come on Friday.",
        "Close the window at night, please.",
        "Contacted our surveyor today: he comes on Friday.",
        "Update on your repair: it is done.",
        "Help is on its way.",
        "Done, the lift works again.",
        "Action was taken on Friday.",
    ],
)
def test_a_letter_that_begins_like_a_command_is_a_letter(line: str) -> None:
    parsed = parse(line, TUESDAY, add_working_days)
    assert [act.act for act in parsed.acts] == [Act.REPLY] and parsed.body == line
