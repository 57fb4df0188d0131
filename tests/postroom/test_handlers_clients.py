"""A handler's answer as seven mail programs write it, above, below and between what they quote: the words and the
commands are read, and nothing of the internal mail below them goes on."""

from __future__ import annotations

import datetime as dt
import email.message
import email.policy
import html

import pytest

from mailbot.casework.calendar import Calendar
from mailbot.casework.commands import CUT_LINE, Parsed, parse, strip_internal
from mailbot.casework.forms import FORMS
from mailbot.casework.vocabulary import Act
from mailbot.postroom.reading import Mail, read

TODAY = dt.date(2026, 3, 3)
ADD = Calendar("ENG").add_working_days
INTERNAL = ("Vulnerability: her son has asthma", "Stage 1 response: at the latest 16 March", "#done 1")
WROTE = "On 3 Mar 2026, at 10:15, Brackenfield Homes complaints <complaints@landlord.example.org> wrote:"
HEAD = (
    ("From", "Brackenfield Homes complaints <complaints@landlord.example.org>"),
    ("Sent", "03 March 2026 10:15"),
    ("To", "Sam Okafor <sam@landlord.example.org>"),
    ("Subject", "Jo Finch: Leak [CC-2026-000001-9]"),
)


def paragraphs(lines: list[str], tag: str = "p", style: str = "") -> str:
    shape = f' style="{style}"' if style else ""
    return "".join(f"<{tag}{shape}>{html.escape(line) or '<br>'}</{tag}>" for line in lines)


def internal_html() -> str:
    return f"<div>{CUT_LINE}</div><h1>Sam, Jo Finch has written</h1>" + paragraphs(list(INTERNAL))


def outlook_desktop(lines: list[str]) -> tuple[str, str]:
    """Word's HTML: every line a MsoNormal with <o:p>, empty lines a no-break space, the head in a bordered div."""
    body = "".join(
        "<p class=MsoNormal><span lang=EN-GB style='font-size:11.0pt'>"
        f"{html.escape(line) or '&nbsp;'}<o:p></o:p></span></p>"
        for line in lines
    )
    head = "<br>".join(f"<b>{name}:</b> {html.escape(value)}" for name, value in HEAD)
    return (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word">'
        "<head><style><!-- p.MsoNormal {margin:0cm;} --></style></head><body lang=EN-GB><div class=WordSection1>"
        f"{body}<p class=MsoNormal><o:p>&nbsp;</o:p></p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt;"
        f"padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal>{head}<o:p></o:p></p></div></div>"
        f"{internal_html()}</div></body></html>",
        "html",
    )


def outlook_web(lines: list[str]) -> tuple[str, str]:
    head = "<br>".join(f"<b>{name}:</b> {html.escape(value)}" for name, value in HEAD)
    body = paragraphs(lines, "div", "font-family: Aptos, Arial; font-size: 12pt; color: rgb(0, 0, 0);")
    return (
        f'<html><body dir="ltr">{body}<div id="appendonsend"></div><hr style="display:inline-block;width:98%" '
        f'tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font face="Calibri" color="#000000">{head}</font></div>'
        f"<div>{internal_html()}</div></body></html>",
        "html",
    )


def gmail(lines: list[str]) -> tuple[str, str]:
    return (
        f'<div dir="ltr">{paragraphs(lines, "div")}</div><br><div class="gmail_quote gmail_quote_container">'
        f'<div dir="ltr" class="gmail_attr">{html.escape(WROTE)}<br></div><blockquote class="gmail_quote" '
        f'style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204)">{internal_html()}</blockquote></div>',
        "html",
    )


def apple_mail(lines: list[str]) -> tuple[str, str]:
    return (
        f'<html><body style="overflow-wrap: break-word;">{paragraphs(lines, "div")}'
        f'<br id="lineBreakAtBeginningOfMessage">'
        f'<div><br><blockquote type="cite"><div>{html.escape(WROTE)}</div><br class="Apple-interchange-newline">'
        f"<div>{internal_html()}</div></blockquote></div><br></body></html>",
        "html",
    )


def iphone(lines: list[str]) -> tuple[str, str]:
    return (
        f'<html><body dir="auto">{paragraphs(lines, "div")}<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">'
        f'Sent from my iPhone</div><div dir="ltr"><br><blockquote type="cite">{html.escape(WROTE)}<br><br></blockquote>'
        f'</div><blockquote type="cite"><div dir="ltr">{internal_html()}</div></blockquote></body></html>',
        "html",
    )


def thunderbird(lines: list[str]) -> tuple[str, str]:
    return (
        f'<html><body>{paragraphs(lines)}<div class="moz-cite-prefix">{html.escape(WROTE)}<br></div>'
        f'<blockquote type="cite" cite="mid:1@landlord.example.org">{internal_html()}</blockquote></body></html>',
        "html",
    )


def quoted(lines: tuple[str, ...] = (CUT_LINE, *INTERNAL)) -> str:
    return "\n".join(f"> {line}" for line in lines)


def mutt(lines: list[str]) -> tuple[str, str]:
    return "\n".join(lines) + f"\n\n{WROTE}\n{quoted()}\n", "plain"


# Below what is quoted, and between it: the clients that mark what they quote split the quotation where somebody types.


def mutt_below(lines: list[str]) -> tuple[str, str]:
    return f"{WROTE}\n{quoted()}\n\n" + "\n".join(lines) + "\n", "plain"


def thunderbird_below(lines: list[str]) -> tuple[str, str]:
    return (
        f'<html><body><div class="moz-cite-prefix">{html.escape(WROTE)}<br></div>'
        f'<blockquote type="cite">{internal_html()}</blockquote>{paragraphs(lines)}</body></html>',
        "html",
    )


def gmail_below(lines: list[str]) -> tuple[str, str]:
    return (
        '<div dir="ltr"><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
        f'{html.escape(WROTE)}<br></div><blockquote class="gmail_quote">{internal_html()}</blockquote></div>'
        f"{paragraphs(lines, 'div')}</div>",
        "html",
    )


def apple_mail_below(lines: list[str]) -> tuple[str, str]:
    return (
        f'<html><body><div><blockquote type="cite"><div>{html.escape(WROTE)}</div>'
        f"<div>{internal_html()}</div></blockquote></div>{paragraphs(lines, 'div')}<br></body></html>",
        "html",
    )


def iphone_below(lines: list[str]) -> tuple[str, str]:
    return (
        f'<html><body dir="auto"><div dir="ltr"><blockquote type="cite">{html.escape(WROTE)}<br><br></blockquote></div>'
        f'<blockquote type="cite"><div dir="ltr">{internal_html()}</div></blockquote>{paragraphs(lines, "div")}'
        '<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">Sent from my iPhone</div></body></html>',
        "html",
    )


def halves(lines: list[str]) -> tuple[list[str], list[str]]:
    half = max(len(lines) // 2, 1)
    return lines[:half], lines[half:]


def mutt_between(lines: list[str]) -> tuple[str, str]:
    above, below = ("\n".join(part) for part in halves(lines))
    return f"{WROTE}\n> {INTERNAL[0]}\n\n{above}\n\n> {INTERNAL[1]}\n\n{below}\n", "plain"


def split_quote(lines: list[str], opening: str, tag: str) -> str:
    first, second = (paragraphs(part, "div") for part in halves(lines))
    pieces = (
        f"<div>{CUT_LINE}</div><div>{INTERNAL[0]}</div>",
        f"<div>{INTERNAL[1]}</div>",
        f"<div>{INTERNAL[2]}</div>",
    )
    one, two, three = (f"<{tag}>{piece}</blockquote>" for piece in pieces)
    return f"{opening}{one}{first}{two}{second}{three}"


def thunderbird_between(lines: list[str]) -> tuple[str, str]:
    opening = f'<div class="moz-cite-prefix">{html.escape(WROTE)}<br></div>'
    return f"<html><body>{split_quote(lines, opening, 'blockquote type=cite')}</body></html>", "html"


def gmail_between(lines: list[str]) -> tuple[str, str]:
    opening = f'<div dir="ltr" class="gmail_attr">{html.escape(WROTE)}<br></div>'
    inner = split_quote(lines, opening, 'blockquote class="gmail_quote"')
    return f'<div dir="ltr"><div class="gmail_quote">{inner}</div></div>', "html"


def apple_mail_between(lines: list[str]) -> tuple[str, str]:
    opening = f'<blockquote type="cite"><div>{html.escape(WROTE)}</div></blockquote>'
    return f"<html><body>{split_quote(lines, opening, 'blockquote type=cite')}</body></html>", "html"


def iphone_between(lines: list[str]) -> tuple[str, str]:
    body, _ = apple_mail_between(lines)
    return body.replace("</body>", '<div dir="ltr">Sent from my iPhone</div></body>'), "html"


# Outlook marks nothing of what it quotes: what is typed below its head can't be told from the rest.


def outlook_desktop_below(lines: list[str]) -> tuple[str, str]:
    body, kind = outlook_desktop([""])
    return body.replace("</div></body>", f"{paragraphs(lines)}</div></body>"), kind


def outlook_web_below(lines: list[str]) -> tuple[str, str]:
    body, kind = outlook_web([""])
    return body.replace("</body>", f"{paragraphs(lines, 'div')}</body>"), kind


ABOVE = [outlook_desktop, outlook_web, gmail, apple_mail, iphone, thunderbird, mutt]
BELOW = [gmail_below, apple_mail_below, iphone_below, thunderbird_below, mutt_below]
BETWEEN = [gmail_between, apple_mail_between, iphone_between, thunderbird_between, mutt_between]
UNMARKED = [outlook_desktop_below, outlook_web_below]
ALL = [*ABOVE, *BELOW]


def mail_of(client, lines: list[str]) -> Mail:  # type: ignore[no-untyped-def]
    body, subtype = client(lines)
    mail = email.message.EmailMessage(policy=email.policy.SMTP)
    mail["From"] = "Sam Okafor <sam@landlord.example.org>"
    mail["To"] = "complaints@landlord.example.org"
    mail["Subject"] = "RE: Jo Finch: Leak [CC-2026-000001-9]"
    mail["In-Reply-To"] = "<1@landlord.example.org>"
    mail["Message-ID"] = "<2@landlord.example.org>"
    mail.set_content(body, subtype=subtype)
    return read(mail.as_bytes())


def parsed(client, lines: list[str]) -> Parsed:  # type: ignore[no-untyped-def]
    return parse(mail_of(client, lines).own_words, TODAY, ADD)


def goes_out(found: Parsed) -> str:
    text = strip_internal(found.body)
    assert not any(secret in text for secret in INTERNAL), text
    assert CUT_LINE not in text and "wrote:" not in text and "complaints@" not in text
    return text


@pytest.mark.parametrize("client", ALL)
def test_a_plain_answer_goes_out_alone_with_its_signature(client) -> None:  # type: ignore[no-untyped-def]
    found = parsed(
        client, ["Dear Jo,", "", "I will ring you at three.", "", "Sam Okafor", "Complaints Officer"]
    )
    assert [act.act for act in found.acts] == [Act.REPLY]
    text = goes_out(found)
    assert text.startswith("Dear Jo,") and "I will ring you at three." in text and "Sam Okafor" in text
    assert "iPhone" not in text


@pytest.mark.parametrize("client", ALL)
def test_commands_are_read_and_nothing_else_is_taken_for_one(client) -> None:  # type: ignore[no-untyped-def]
    found = parsed(client, ["#contacted by phone", "#Action repair the fan by 20 March"])
    assert not found.mistakes, found.mistakes
    assert [act.act for act in found.acts] == [Act.CONTACTED, Act.ACTION]
    assert found.acts[1].until == dt.date(2026, 3, 20)


@pytest.mark.parametrize("client", ALL)
def test_a_response_is_what_stands_below_its_line(client) -> None:  # type: ignore[no-untyped-def]
    found = parsed(client, ["#respond “partly upheld”", "", "Dear Jo,", "We should have come sooner."])
    assert not found.mistakes, found.mistakes
    assert [(act.act, act.words) for act in found.acts] == [(Act.RESPOND, "partly upheld")]
    assert "We should have come sooner." in goes_out(found)


@pytest.mark.parametrize("client", ALL)
def test_a_mistyped_command_is_never_passed_on(client) -> None:  # type: ignore[no-untyped-def]
    found = parsed(client, ["#respnd upheld", "", "Dear Jo, we are sorry."])
    assert found.mistakes and not found.acts and not found.body
    assert "#respond" in found.mistakes[0].problem


@pytest.mark.parametrize("client", ABOVE)
def test_a_mail_without_words_of_its_own_does_nothing(client) -> None:  # type: ignore[no-untyped-def]
    found = parsed(client, [""])
    assert found.mistakes and not found.body


@pytest.mark.parametrize("client", BETWEEN)
@pytest.mark.parametrize("first", ["Yes, on Monday.", "My answers are below, in blue. Yes, on Monday."])
def test_answers_between_the_quoted_lines_go_out_and_the_lines_do_not(client, first: str) -> None:  # type: ignore[no-untyped-def]
    found = parsed(client, [first, "No, nobody told us."])
    assert [act.act for act in found.acts] == [Act.REPLY]
    text = goes_out(found)
    assert first in text and "No, nobody told us." in text and "iPhone" not in text


@pytest.mark.parametrize("client", UNMARKED)
def test_what_is_typed_within_an_unmarked_quotation_is_never_guessed_at(client) -> None:  # type: ignore[no-untyped-def]
    found = parsed(client, ["Dear Jo,", "We come on Monday."])
    assert not found.acts and "no text above the quoted mail" in found.mistakes[0].problem


@pytest.mark.parametrize("client", [outlook_desktop, outlook_web])
def test_answers_within_an_unmarked_quotation_are_noticed_where_the_handler_speaks_of_them(client) -> None:  # type: ignore[no-untyped-def]
    mail = mail_of(client, ["Dear Jo, please see my answers below in red.", "Sam"])
    assert mail.answers_within and not any(secret in mail.own_words for secret in INTERNAL)
    assert not mail_of(client, ["Dear Jo, we come on Monday.", "Sam"]).answers_within


@pytest.mark.parametrize("client", BETWEEN)
def test_a_quotation_alone_is_nothing_to_send(client) -> None:  # type: ignore[no-untyped-def]
    """Also without the line above which an answer stands: people cut it away."""
    body, subtype = client(["", ""])
    found = parsed(lambda _: (body.replace(CUT_LINE, "").replace(html.escape(WROTE), ""), subtype), [])
    assert found.mistakes and not found.acts


@pytest.mark.parametrize("client", ABOVE)
def test_every_form_of_every_command_is_read_from_every_client(client) -> None:  # type: ignore[no-untyped-def]
    for act in FORMS:
        for form in (form for form in FORMS[act] if form.startswith("#")):
            lines = [form, "", "Dear Jo,", "We come on Monday."]
            found, plain = parsed(client, lines), parse("\n".join(lines), TODAY, ADD)
            assert (found.acts, found.mistakes) == (plain.acts, ()), form
            assert found.body.split() == plain.body.split(), form
