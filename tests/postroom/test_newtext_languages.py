"""New text, by mail program and language: the history goes, the words stay, and "sent from" is no word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailbot.postroom import hypertext
from mailbot.postroom.newtext import new_text

_FOUND = re.findall(
    r"^\[([\w.-]+)( unquoted)?\]\n(.*?)\n(?=\n\[|\Z)",
    (Path(__file__).parent / "attributions.txt").read_text("utf-8"),
    re.MULTILINE | re.DOTALL,
)
ATTRIBUTIONS = {name: named for name, _, named in _FOUND}
UNQUOTED = {name for name, unquoted, _ in _FOUND if unquoted}
WORDS = "The damp is back. Please send somebody.\n\nIt smells."
OURS = ("Dear Amina,", "we have repaired it.", "", "Sam")
QUOTED = "\n".join(f"> {line}".rstrip() for line in OURS)
HISTORY = "\n".join(OURS)


def said(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("name", sorted(ATTRIBUTIONS))
def test_the_history_goes_and_the_words_stay(name: str) -> None:
    named = ATTRIBUTIONS[name]
    assert said(new_text(f"{WORDS}\n\n{named}\n\n{QUOTED}\n")) == said(WORDS)
    if name in UNQUOTED:
        assert said(new_text(f"{WORDS}\n\n{named}\n\n{HISTORY}\n")) == said(WORDS)
    below = (
        new_text(f"{named}\n\n{QUOTED}\n\n{WORDS}\n")
        if ">" not in named[:1] and name not in UNQUOTED
        else WORDS
    )
    assert said(WORDS) in said(below), "whoever answers below the quotation is heard as well"


_REPLIES = re.findall(
    r"^\[([\w.-]+)\] ?([^\n]*)\n(.*?)\n(?=\n\[|\Z)",
    (Path(__file__).parent / "replies_in_html.txt").read_text("utf-8"),
    re.MULTILINE | re.DOTALL,
)


@pytest.mark.parametrize(
    ("new", "html"), [reply[1:] for reply in _REPLIES], ids=[reply[0] for reply in _REPLIES]
)
def test_the_history_goes_from_html_as_well(new: str, html: str) -> None:
    assert len(_REPLIES) > 40
    assert said(new_text(hypertext.marked_text(html))) == new


SENT_FROM = (
    "Sent from my iPhone", "Sent from my Samsung Galaxy smartphone.", "Sent from Yahoo Mail on Android",
    "Sent from Mail<https://go.microsoft.com/fwlink/?LinkId=550986> for Windows", "Get Outlook for iOS",
    "Get Outlook for Android<https://aka.ms/AAb9ysg>", "Sent from my Xperia", "Sent via BT Email App",
    "Sent from BlueMail", "Sent on the move", "Sent from my mobile - please excuse brevity and typos",
    "Von meinem iPhone gesendet", "Gesendet von Mail für Windows", "Gesendet mit der GMX Mail App",
    "Envoyé de mon iPhone", "Télécharger Outlook pour Android", "Enviado desde mi iPhone", "Enviado do meu iPhone",
    "Obter o Outlook para Android", "Inviato dal mio dispositivo Samsung", "Verstuurd vanaf mijn iPhone",
    "Skickat från min iPhone", "Sendt fra min iPhone", "Lähetetty iPhonesta", "Wysłane z iPhone'a",
    "Wysłano z telefonu Samsung", "Trimis de pe iPhone-ul meu", "Trimis din Yahoo Mail pe Android",
    "Odoslané z iPhonu", "Odesláno z iPhonu", "iPhone'umdan gönderildi", "Отправлено с iPhone",
    "Отправлено из мобильной Почты Mail.ru", "Изпратено от моя iPhone", "Надіслано з iPhone",
    "Išsiųsta iš mano iPhone", "iPhoneから送信", "发自我的iPhone", "從我的 iPhone 傳送", "나의 iPhone에서 보냄",
    "تم الإرسال من iPhone الخاص بي", "נשלח מה-iPhone שלי", "Στάλθηκε από το iPhone μου", "Gửi từ iPhone của tôi",
    "Anfonwyd o fy iPhone", "Elküldve iPhone-omról", "Poslano s mog iPhonea", "-- \nAmina Yusuf\n07700 900123",
)  # fmt: skip


@pytest.mark.parametrize("line", SENT_FROM)
def test_what_a_telephone_writes_below_is_nobodys_word(line: str) -> None:
    assert said(new_text(f"{WORDS}\n\n{line}\n")) == said(WORDS)
    assert said(new_text(f"{WORDS}\n\n{line}\n\n{ATTRIBUTIONS['gmail-uk']}\n\n{QUOTED}\n")) == said(WORDS)


KEPT = (
    "I rang on 3.11.2026 at 10:15 and spoke to sam@elmbridge-homes.example, who said:\nnobody is coming.",
    "On 3 November at 10:15 your driver wrote:\nnobody is coming.",
    "My details:\nName: Amina Yusuf\nEmail: amina@example.com\nDate: 3 November 2026 10:15\nPhone: 07700\n\nRing me.",
    "From: Monday\nTo: Friday\nI am at home.",
    "To: be honest, I am tired.\nFrom: my point of view nothing happened.\nDate: none.",
    "Sam Smith <sam@elmbridge-homes.example>:\nhe is the one who promised.",
    "In your email of Tue, 3 Nov 2026 at 10:15 you (complaints@elmbridge-homes.example) say:\nit is mended. It is not.",
    "It was sent from my phone so I cannot attach the photo, because it is too big.",
    "Please look.\n\nSent photos to your mobile.", "Please look.\n\nPhotos sent from my phone yesterday",
    "Bitte.\n\nIch habe Ihnen das per Mail gesendet", "Proszę.\n\nWysłane zdjęcia na telefon",
    "Gracias.\n\nEnviado fotos al móvil", ">>> important <<<\nthe lift is broken",
    "Q: did you come?\nA: no you did not.", "No: it is not repaired.\nAt: 4 Elm Road\nFor: the third time",
    "Mon 2 Nov 10:00-12:00: nobody came\nTue 3 Nov 14:00: nobody came again:\nWed 4 Nov 2026: the same",
    "As I wrote:\nthe lift is broken.", "The original message I sent was ignored.\n\nForwarded to my councillor.",
    "Date: 3 November 2026\nSubject: Damp\nTo: the manager\n\nI am tired of waiting.",
    "From: Amina Yusuf\nTo: The Manager\nDate: 3 November 2026\nSubject: Damp in flat 4\n\nI am tired of waiting.",
    "Please help.\n\nKind regards,\nAmina Yusuf\nFlat 4", "👍", "Yes.", "07700 900123",
)  # fmt: skip


@pytest.mark.parametrize("text", KEPT)
def test_what_only_looks_like_a_history_is_kept(text: str) -> None:
    assert said(new_text(text)) == said(text)
    assert said(new_text(f"{text}\n\n{ATTRIBUTIONS['gmail-uk']}\n\n{QUOTED}\n")) == said(text)
