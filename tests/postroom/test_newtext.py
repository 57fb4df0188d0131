"""New text: what a resident wrote now, told from the history around it, and no word of theirs lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.postroom import hypertext
from mailbot.postroom.newtext import new_text
from mailbot.postroom.reading import read

OURS = ["Dear Karim,", "We will answer your complaint by 17 November 2026.", "Reference CC-2026-000042-7"]
HISTORY = "\n".join(OURS)
QUOTED = "\n".join(f"> {line}" for line in OURS)
WORDS = "Thank you, but the roofer did not come on Monday.\n\nPlease ring me on 01632 960123."
OURS_HTML = "".join(f"<p>{line}</p>" for line in OURS)
WORDS_HTML = "<p>Thank you, but the roofer did not come on Monday.</p><p>Please ring me on 01632 960123.</p>"
TEAM = "Complaints Team <complaints@elmbridge-homes.example>"
TEAM_HTML = "Complaints Team &lt;complaints@elmbridge-homes.example&gt;"

PLAIN = {
    "gmail": f"{WORDS}\n\nOn Tue, 3 Nov 2026 at 10:15, {TEAM}\nwrote:\n\n{QUOTED}\n",
    "thunderbird": f"{WORDS}\n\nOn 03/11/2026 10:15, Complaints Team wrote:\n{QUOTED}\n",
    "iphone": f"{WORDS}\n\nSent from my iPhone\n\n> On 3 Nov 2026, at 10:15, {TEAM} wrote:\n> \n{QUOTED}\n",
    "yahoo": f" {WORDS}\n    On Tuesday, 3 November 2026 at 10:15:22 GMT, {TEAM} wrote:  \n \n {HISTORY}\n",
    "outlook for windows": f"{WORDS}\n\nFrom: {TEAM}\nSent: 03 November 2026 10:15\nTo: Karim Aziz "
    f"<karim@example.com>\n"
    f"Subject: [CC-2026-000042-7] Your complaint\n\n{HISTORY}\n",
    "outlook on the web": f"{WORDS}\n\n________________________________\nFrom: {TEAM}\n"
    f"Sent: Tuesday, November 3, 2026 10:15 AM\nTo: Karim\nSubject: Your complaint\n\n{HISTORY}",
    "outlook for ios": f"{WORDS}\n\nGet Outlook for "
    f"iOS<https://aka.ms/o0ukef>\n________________________________\n"
    f"From: {TEAM}\nSent: Tuesday, November 3, 2026 10:15:22 AM\nTo: Karim\nSubject: "
    f"Your complaint\n\n{HISTORY}",
    "outlook with bold keys": f"{WORDS}\n\n*From:* {TEAM}\n*Sent:* 03 November 2026 10:15\n*Subject:* "
    f"x\n\n{HISTORY}",
    "original message": f"{WORDS}\n\n-----Original Message-----\nFrom: Complaints Team\n\n{HISTORY}",
    "bottom-posted": f"On Tue, Nov 03, 2026 at 10:15:00AM +0000, Complaints Team "
    f"wrote:\n{QUOTED}\n\n{WORDS}\n\n-- \nKarim\n",
    "zoho": f"{WORDS}\n\n---- On Tue, 03 Nov 2026 10:15:00 +0000 "
    f"complaints@elmbridge-homes.example wrote ----\n\n{HISTORY}",
    "gmail without a verb": f"{WORDS}\n\n2026-11-03 10:15 GMT+00:00 {TEAM}:\n\n{QUOTED}",
    "german": f"{WORDS}\n\nAm 03.11.2026 um 10:15 schrieb Complaints Team:\n{QUOTED}\n",
    "french": f"{WORDS}\n\nLe mar. 3 nov. 2026 à 10:15, {TEAM} a écrit :\n\n{QUOTED}\n",
    "polish": f"{WORDS}\n\nwt., 3 lis 2026 o 10:15 {TEAM} napisał(a):\n\n{QUOTED}\n",
    "polish outlook": f"{WORDS}\n\nOd: {TEAM}\nWysłano: wtorek, 3 listopada 2026 10:15\nDo: "
    f"Karim\nTemat: x\n\n{HISTORY}",
    "romanian": f"{WORDS}\n\nÎn mar., 3 nov. 2026 la 10:15, {TEAM} a scris:\n\n{QUOTED}\n",
    "portuguese": f"{WORDS}\n\nEm ter., 3 de nov. de 2026 às 10:15, {TEAM} escreveu:\n\n{QUOTED}\n",
    "spanish outlook": f"{WORDS}\n\nDe: {TEAM}\nEnviado: martes, 3 de noviembre de 2026 10:15\nPara: "
    f"Karim\nAsunto: x\n\n{HISTORY}",
}

HTML = {
    "gmail": f'<div dir="ltr">{WORDS_HTML}</div><br><div class="gmail_quote"><div '
    f'class="gmail_attr">On Tue, 3 Nov 2026 '
    f'at 10:15, {TEAM_HTML} wrote:<br></div><blockquote class="gmail_quote">{OURS_HTML}</blockquote></div>',
    "thunderbird": f'{WORDS_HTML}<div class="moz-cite-prefix">On 03/11/2026 10:15, Complaints Team '
    f"wrote:<br></div>"
    f'<blockquote type="cite">{OURS_HTML}</blockquote>',
    "iphone": f'<div dir="auto">{WORDS_HTML}<br><div>Sent from my '
    f'iPhone</div><div><br><blockquote type="cite">On 3 Nov '
    f"2026, at 10:15, {TEAM_HTML} wrote:<br></blockquote></div><blockquote "
    f'type="cite">{OURS_HTML}</blockquote></div>',
    "yahoo": f'<div>{WORDS_HTML}</div><div id="yahoo_quoted_1" class="yahoo_quoted"><div>On '
    f"Tuesday, 3 November 2026, "
    f"{TEAM_HTML} wrote:</div>{OURS_HTML}</div>",
    "outlook for windows": f"<div class=WordSection1>{WORDS_HTML}<div><div "
    f"style='border:none;border-top:solid #E1E1E1 "
    f"1.0pt;padding:3.0pt 0cm 0cm 0cm'><p><b>From:</b> {TEAM_HTML}<br><b>Sent:</b> 03 "
    f"November 2026 10:15<br><b>Subject:"
    f"</b> x</p></div></div>{OURS_HTML}</div>",
    "outlook on the web": f'<div>{WORDS_HTML}</div><div id="appendonsend"></div><hr><div '
    f'id="divRplyFwdMsg"><b>From:</b> '
    f"{TEAM_HTML}<br><b>Sent:</b> 3 November 2026<br></div>{OURS_HTML}",
    "a bare blockquote after an attribution": f"{WORDS_HTML}<p>On 3 November 2026 10:15, {TEAM_HTML} "
    f"wrote:</p>"
    f"<blockquote>{OURS_HTML}</blockquote>",
}


def said(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("text", PLAIN.values(), ids=PLAIN)
def test_the_history_below_or_above_a_reply_is_left_out(text: str) -> None:
    assert said(new_text(text)) == said(WORDS)


@pytest.mark.parametrize("html", HTML.values(), ids=HTML)
def test_the_history_in_html_is_left_out(html: str) -> None:
    assert said(new_text(hypertext.marked_text(html))) == said(WORDS)


@pytest.mark.parametrize("html", HTML.values(), ids=HTML)
def test_the_whole_text_of_html_keeps_the_history_and_shows_no_marks(html: str) -> None:
    raw = (
        b"From: k@example.com\r\nSubject: Re: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        + html.encode()
    )
    got = read(raw)
    assert OURS[1] in got.text
    assert not any("\ue000" <= c <= "\uf8ff" for c in got.text + got.new_text)
    assert said(got.new_text) == said(WORDS)


def test_answers_between_quoted_lines_are_all_kept() -> None:
    text = (
        "Hello, my answers are here.\n\nOn 03/11/2026 10:15, Complaints Team wrote:\n> Dear Karim,\n"
        "> When did the leak begin?\nOn 12 October.\n\n> Which room?\n"
        "The bathroom, and the hall since Sunday.\n\n> Team\n"
    )
    got = said(new_text(text))
    assert got == "Hello, my answers are here. On 12 October. The bathroom, and the hall since Sunday."


def test_answers_between_quotes_in_html_are_all_kept() -> None:
    html = (
        '<div class="gmail_quote"><div>On Tue, 3 Nov 2026 at 10:15, Team &lt;t@example.org&gt; wrote:</div>'
        '<blockquote class="gmail_quote"><p>When did it begin?</p></blockquote><p>On 12 October.</p>'
        '<blockquote class="gmail_quote"><p>Which room?</p></blockquote><p>The bathroom.</p></div>'
    )
    assert said(new_text(hypertext.marked_text(html))) == "On 12 October. The bathroom."


@pytest.mark.parametrize(
    "announcement",
    ["Please see my answers below in red.", "My comments are inline.", "I have replied below in capitals"],
)
def test_a_reply_that_says_its_answers_stand_in_the_history_is_kept_whole(announcement: str) -> None:
    text = f"{announcement}\n\nFrom: {TEAM}\nSent: 03 November 2026 10:15\nSubject: x\n\nWhen? SINCE OCTOBER."
    assert "SINCE OCTOBER." in new_text(text)


@pytest.mark.parametrize(
    "text",
    [
        'On 3 November 2026 at 10:15 your driver wrote:\n"not at home"\nalthough I was in.',
        "From: 9am until 5pm I waited.\nSent: two emails, no answer.\nI want £45.",
        "Date: I think it was Monday\nYour man said he would come back.",
        "To: whoever reads this\nI am fed up.",
        "He said he wrote: nothing.\nOn Monday.",
        "I live at number 5 -- the corner house.\nCome after 5 pm.",
        "Sent from my desk, because my phone was broken by your leak.",
        "--\nThe second time I write, and I will not write a third one before I see my solicitor.",
        "👍",
        "> only this, in the shape of a quotation",
    ],
)
def test_what_only_looks_like_history_is_kept(text: str) -> None:
    assert said(new_text(text)) == said(text)


def test_a_mail_forwarded_within_a_reply_is_kept() -> None:
    text = "Here it is.\n\n---------- Forwarded message ---------\nFrom: Roofer <r@example.com>\n"
    text += "Date: Mon, 2 Nov 2026\n"
    text += "Subject: Visit\nTo: Karim <karim@example.com>\n\nWe were told not to come."
    assert said(new_text(text)) == said(text)


def test_a_reply_that_holds_nothing_but_our_letter_has_no_new_text() -> None:
    assert new_text(f"\n\nOn Tue, 3 Nov 2026 at 10:15, {TEAM} wrote:\n{QUOTED}\n") == ""


def test_signatures_of_mail_programs_go_and_names_stay() -> None:
    assert new_text("No.\n\nKarim Aziz\n\nSent from my Samsung Galaxy\n") == "No.\n\nKarim Aziz"
    assert new_text("No.\n\nKarim\n-- \nKarim Aziz\n12 High Street\n") == "No.\n\nKarim"


def test_nobody_is_cut_off_by_a_machine_sized_reply() -> None:
    text = "line\n" * 20_000 + "From: a@example.org\nSent: 3 Nov 2026 10:15\nSubject: x\n\nold"
    assert new_text(text).endswith("old")


sentence = st.text(
    st.sampled_from("abcdefgh ijklmnopqrstuvwxyz,'£0123456789"), min_size=3, max_size=60
).filter(lambda line: any(c.isalpha() for c in line))


@settings(max_examples=150, deadline=None)
@given(lines=st.lists(sentence, min_size=1, max_size=8), form=st.sampled_from(sorted(PLAIN)))
def test_whatever_a_resident_writes_above_the_history_is_kept(lines: list[str], form: str) -> None:
    words = "\n".join(lines)
    got = said(new_text(PLAIN[form].replace(WORDS, words)))
    assert all(said(line) in got for line in lines)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=600))
def test_new_text_never_invents_a_word(text: str) -> None:
    whole = hypertext.unmarked(text)
    assert all(word in whole for word in new_text(text).split())
