"""What people outside write back once a letter has reached them, and what their mail servers do.

An answer is made from the letter that was really received, on the day that its writer gets round to it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mailbot.casework.vocabulary import Letter
from mailbot.demo import cast
from mailbot.demo.cast import COMPLAINTS, Actor
from mailbot.demo.clients import LONDON, Client, Received, write
from mailbot.demo.story import Arrival, bounce_of


class How(StrEnum):
    REPLY = "reply"  # the reply button: to the Reply-To address
    THREAD = "thread"  # to the mailbox's plain address, held together by In-Reply-To alone
    FRESH = "fresh"  # a new mail that quotes the reference from memory
    VACATION = "vacation"  # an out-of-office notice
    BOUNCE = "bounce"  # the letter comes back


@dataclass(frozen=True)
class Answer:
    """One answer: to the `nth` letter of this kind that `who` gets, so many days later at a time of day."""

    who: Actor
    letter: Letter
    days: int
    time: str
    client: Client = Client.IPHONE
    text: str = ""
    by: Actor | None = None  # somebody else who writes it
    how: How = How.REPLY
    subject: str = ""
    nth: int = 1


ANSWERS: Final[tuple[Answer, ...]] = (
    Answer(
        cast.AMARA,
        Letter.ACKNOWLEDGEMENT,
        1,
        "18:41",
        Client.IPHONE,
        "Hi, thanks for this but you have not got it quite right. It is not only Chidi's bedroom, the mould is on "
        "the landing and behind the bath as well. Please correct it to all three.",
        how=How.THREAD,
    ),
    Answer(
        cast.AMARA,
        Letter.RESPONSE,
        2,
        "08:15",
        Client.IPHONE,
        "Thank you Dev. I'm happy with that, I accept what you have decided. Amara",
    ),
    Answer(
        cast.AMARA,
        Letter.CLOSURE,
        11,
        "19:55",
        Client.IPHONE,
        "Hello, the stain blocker has not held, here we are again: there are black spots coming through in the "
        "same corner since the weekend. You said to let you know.",
    ),
    Answer(
        cast.MARGARET,
        Letter.ACKNOWLEDGEMENT,
        2,
        "11:20",
        Client.YAHOO,
        "Dear Miss Adeyemi,\n\nFurther to my complaint, reference {odd}, the men came on Tuesday at half past "
        "ten and emptied two of the five bins, I watched them. The gate code is 4471 if they need it.\n\n"
        "Mrs M Ashworth",
        how=How.FRESH,
        subject="the bins, more information",
    ),
    Answer(
        cast.KIERAN,
        Letter.SERVICE_REQUEST_RECEIPT,
        11,
        "20:31",
        Client.GMAIL,
        "It's nearly two weeks and I've heard nothing about the key fob. I've rung twice and nobody has called me "
        "back. This isn't good enough and I want to make a complaint.\n\nKieran",
    ),
    Answer(
        cast.DAWIT,
        Letter.ACKNOWLEDGEMENT,
        3,
        "13:02",
        Client.ANDROID,
        "My husband asked me to write. We will be in all day on Thursday if the plumber wants to come then. "
        "Mekdes Tesfaye",
        by=cast.MEKDES,
        how=How.THREAD,
    ),
    Answer(
        cast.DAWIT,
        Letter.EXTENSION_NOTICE,
        1,
        "12:10",
        Client.GMAIL,
        "Thank you for telling me. I agree to the new date, but please keep to it.\n\nDawit",
    ),
    Answer(
        cast.HELEN,
        Letter.ACKNOWLEDGEMENT,
        0,
        "",
        Client.OUTLOOK,
        "Thank you for your email. I am away from my desk until Monday 4 May and will reply when I am back.\n\n"
        "Helen Prosser",
        how=How.VACATION,
        subject="Automatic reply: ",
    ),
    Answer(
        cast.JORDAN,
        Letter.RESPONSE,
        1,
        "21:14",
        Client.ANDROID,
        "nah not accepting that. you say it drained ok when tested but it was blocked again same night. want "
        "someone higher up to look at this",
    ),
    Answer(
        cast.JORDAN,
        Letter.FINAL_RESPONSE,
        3,
        "22:03",
        Client.ANDROID,
        "still dont agree with this. its the wrong decision and i want it looked at again by someone else",
    ),
    Answer(
        cast.LEANNE,
        Letter.RESPONSE,
        1,
        "07:48",
        Client.GMAIL,
        "So the man who put the phone down on me says he didn't and you believe him. I do not accept this "
        "response. I want it taken to stage 2 and I want the call listened to.\n\nLeanne",
    ),
    Answer(
        cast.SOFIA,
        Letter.ACKNOWLEDGEMENT,
        1,
        "07:52",
        Client.IPHONE,
        "gas man came 1am and turned it off, thank you. but still no heating, the baby is in her snow suit. when "
        "is the heating coming back?",
    ),
    Answer(
        cast.YUSUF,
        Letter.HANDLER_REPLY,
        5,
        "17:30",
        Client.THUNDERBIRD,
        "The plumber came on Tuesday as you said and the tap is fine now. Thank you very much for your help.\n\n"
        "Yusuf Rahman",
    ),
    Answer(
        cast.SUPPORT,
        Letter.ACKNOWLEDGEMENT,
        1,
        "09:05",
        Client.OUTLOOK,
        "Thank you for ringing me so quickly. Her signed consent is attached. The best time to "
        "reach her is between 10 and 2, on the number I gave you.\n\nRuta Jankauskas",
    ),
    Answer(
        cast.CRAIG,
        Letter.ACKNOWLEDGEMENT,
        3,
        "12:25",
        Client.GMAIL,
        "Hi, number 18 has moved out so I'd like to withdraw my complaint please. No need to do anything "
        "further.\n\nCraig",
    ),
    Answer(
        cast.GWEN,
        Letter.ACKNOWLEDGEMENT,
        17,
        "10:11",
        Client.OUTLOOK,
        "Dear Mr Holroyd,\n\nYou said that I would hear by now and I have not. Could you tell me when I can "
        "expect your reply?\n\nMrs G Farrar",
    ),
    Answer(cast.TOM, Letter.ACKNOWLEDGEMENT, 0, "", how=How.BOUNCE),
    Answer(
        cast.RUTH,
        Letter.CASE_ASSIGNED,
        0,
        "",
        Client.OUTLOOK,
        "I am out of the office until Tuesday 5 May. For anything urgent please ring Owen Pryce on 0113 496 0110.\n\n"
        "Ruth",
        how=How.VACATION,
        subject="Automatic reply: ",
    ),
)  # fmt: skip

DIGITS: Final = str.maketrans("0", "O")


def spell_oddly(reference: str) -> str:
    """As somebody copies it by hand: small letters, blanks for dashes, the letter O for nought."""
    prefix, year, serial, check = reference.split("-")
    return f"{prefix.lower()} {year} {serial.translate(DIGITS)} {check.lower()}"


class Outside:
    """Everybody who is not staff, reading their letters."""

    def __init__(self) -> None:
        self._had: Counter[tuple[str, str]] = Counter()

    def read(self, letter: Received, now: dt.datetime) -> list[tuple[dt.datetime, Arrival]]:
        """What comes of this letter, and when it will have reached the landlord."""
        self._had[letter.to, letter.kind] += 1
        nth = self._had[letter.to, letter.kind]
        found = [
            answer
            for answer in ANSWERS
            if answer.who.address == letter.to and answer.letter == letter.kind and answer.nth == nth
        ]
        return [self._compose(answer, letter, moment(answer, now)) for answer in found]

    def _compose(self, answer: Answer, letter: Received, at: dt.datetime) -> tuple[dt.datetime, Arrival]:
        writer = answer.by or answer.who
        if answer.how is How.BOUNCE:
            back = bounce_of(letter.message_id, letter.subject, letter.to, at)
            return at, Arrival(at, cast.POSTMASTER, back, (COMPLAINTS,), None)
        text = answer.text.replace("{odd}", spell_oddly(letter.reference) if letter.reference else "")
        to = COMPLAINTS if answer.how in (How.THREAD, How.FRESH) else letter.answers_to
        vacation = answer.how is How.VACATION
        raw = write(
            answer.client,
            writer,
            (to,),
            f"{answer.subject}{letter.subject}" if vacation else answer.subject,
            text,
            at,
            answering=None if answer.how is How.FRESH else letter,
            quote=not vacation,
            extra=("Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All") if vacation else (),
        )
        return at, Arrival(at, writer, raw, (to,))


def moment(answer: Answer, now: dt.datetime) -> dt.datetime:
    """When an answer arrives: machines answer within two minutes, people on their day at their hour."""
    if not answer.time:
        return now + dt.timedelta(minutes=2)
    hour, minute = map(int, answer.time.split(":"))
    day = now.astimezone(LONDON).date() + dt.timedelta(days=answer.days)
    return dt.datetime.combine(day, dt.time(hour, minute), tzinfo=LONDON).astimezone(dt.UTC)
