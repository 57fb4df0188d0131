"""Staff at their desks: they read what mailbot sends them and act by replying, as people do.

Grace is quick. Dev mistypes. Siobhan needs more time and says why. Martin answers when he is chased, and a
service request never. Ruth decides stage 2. Owen says what an unclear mail is, or forgets to. Nobody here looks
into the database: all they know is the letters in their mailboxes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from mailbot.casework.calendar import Calendar
from mailbot.casework.vocabulary import Letter
from mailbot.demo import cast
from mailbot.demo.cast import STAFF, Colleague
from mailbot.demo.clients import LONDON, Client, Received, write
from mailbot.demo.words import AFTER_A_REPLY, RESPONSES, SORTED, URGENT, Step, response_to

FROM_LINE = re.compile(r"^From:\s+.*<([^<>\s]+)>", re.MULTILINE)
LINE = re.compile(r"^\* ", re.MULTILINE)
APPROVE_LINE = re.compile(r"#approve \d+")
CASE_LINE = re.compile(r"^\s*Case:\s+(\S+)(?: \((.*?)\))?", re.MULTILINE)


@dataclass(frozen=True)
class Posted:
    """A mail that a colleague will send: `write(at)` makes it, None if there is no need any more."""

    at: dt.datetime
    who: Colleague
    write: Callable[[dt.datetime], tuple[bytes, str] | None]


@dataclass
class Desk:
    """What one colleague knows of one case: its last letter, and whether it is off the desk."""

    letters: list[Received] = field(default_factory=list)
    resident: str = ""
    chased: int = 0
    late: int = 0  # how often it was chased after the date
    answered: bool = False
    refused: bool = False
    finished: bool = False


class Players:
    """All colleagues. `read` is called with each letter that reached one of them."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._desks: dict[tuple[str, str], Desk] = defaultdict(Desk)
        self._mistakes: Counter[str] = Counter()
        self._meant: dict[str, str] = {}
        self._sent: dict[str, str] = {}  # the response that was last sent on a case
        self._had: Counter[tuple[str, str]] = Counter()

    def read(self, letter: Received, now: dt.datetime) -> list[Posted]:
        who = next((one for one in STAFF if one.address == letter.to), None)
        if who is None:
            return []
        desk = self._desks[who.key, letter.reference]
        match letter.kind:
            case Letter.CASE_ASSIGNED:
                desk.letters.append(letter)
                desk.answered = False
                desk.resident = sender_in(letter) or desk.resident
                return self._plan(who, letter, desk, now)
            case Letter.CASE_MAIL:
                desk.letters.append(letter)
                return self._answer_mail(who, letter, desk, now)
            case Letter.COMMAND_REFUSED:
                desk.refused = "still open" in letter.text
                return self._correct(who, letter, now)
            case Letter.CHASER:
                return self._chased(who, letter, now)
            case Letter.QUESTION:
                return self._sort(who, letter, now)
            case Letter.PROPOSAL if found := APPROVE_LINE.search(letter.text):
                return [self._post(who, letter, found[0], now + dt.timedelta(minutes=50))]
            case Letter.ALERT if "was not reached" in letter.subject:
                note = "#contacted by first-class letter, as his mailbox is full"
                return [self._post(who, letter, note, now + dt.timedelta(hours=2, minutes=10))]
        return []

    # -------------------------------------------------------------- a new case on the desk

    def _plan(self, who: Colleague, letter: Received, desk: Desk, now: dt.datetime) -> list[Posted]:
        is_request = stage_in(letter) == "Service request"
        steps: list[Step]
        if is_request:
            steps = self._plan_request(who, desk)
        elif desk.resident in URGENT:
            steps = [
                Step(0, "09:40", "#contacted by phone at once: made safe, visit agreed for today"),
                Step(5, "16:05", response_to(desk.resident)),
            ]
        elif who is cast.RUTH:
            steps = [
                Step(2, "10:30", "#contacted by phone and went through what is still wrong"),
                Step(7, "15:20", response_to(desk.resident, second=True)),
            ]
        elif who is cast.GRACE:
            steps = [
                Step(1, "10:20", "#contacted by phone"),
                Step(3, "15:10", response_to(desk.resident)),
            ]
        elif who is cast.DEV:
            steps = [
                Step(1, "09:40", self._mistyped(who, "#contacted by phone, visit agreed")),
                Step(6, "14:25", self._mistyped(who, response_to(desk.resident))),
            ]
        elif who is cast.SIOBHAN:
            steps = [
                Step(2, "11:35", "#contacted by phone"),
                Step(
                    7,
                    "16:40",
                    "#extend 8 working days because the surveyor can only get to the roof space on 19 May",
                ),
                Step(14, "12:15", response_to(desk.resident)),
            ]
        else:
            steps = []  # Martin waits to be chased
        return [self._later(who, letter.reference, step, now) for step in steps]

    def _plan_request(self, who: Colleague, desk: Desk) -> list[Step]:
        if who is cast.MARTIN:
            return []
        return [
            Step(1, "11:05", RESPONSES.get(desk.resident, RESPONSES["request"])),
            Step(6, "13:10", "#close answered"),
        ]

    def _mistyped(self, who: Colleague, meant: str) -> str:
        """The first command of each kind goes wrong; what he meant comes once he is told."""
        slips = {"#contacted": "#contcted", "#respond upheld": "#respond uphold"}
        for right, wrong in slips.items():
            if meant.startswith(right) and not self._mistakes[right]:
                self._mistakes[right] += 1
                slip = meant.replace(right, wrong, 1)
                self._meant[slip.split("\n")[0]] = meant
                return slip
        return meant

    # -------------------------------------------------------------- what else lies in the mailbox

    def _correct(self, who: Colleague, letter: Received, now: dt.datetime) -> list[Posted]:
        """What a colleague does about a refusal: write it right, or look for the permission that was missing."""
        if "#authority given" in letter.text and (response := self._sent.get(letter.reference)):
            looked = f"#note their permission is on file\n#authority given\n{response}"
            return [self._post(who, letter, looked, now + dt.timedelta(hours=1))]
        for slip, meant in self._meant.items():
            if slip in letter.text:
                del self._meant[slip]
                return [self._post(who, letter, meant, now + dt.timedelta(minutes=25))]
        return []

    def _answer_mail(self, who: Colleague, letter: Received, desk: Desk, now: dt.datetime) -> list[Posted]:
        sender = sender_in(letter)
        self._had[letter.reference, sender] += 1
        step = AFTER_A_REPLY.get((sender, self._had[letter.reference, sender]))
        if step is None:
            return []
        if step.text.startswith("#close"):
            desk.finished = True
        return [self._later(who, letter.reference, step, now, wanted=lambda: True)]

    def _chased(self, who: Colleague, letter: Received, now: dt.datetime) -> list[Posted]:
        """A morning's reminders come in one mail; each of its lines is of one case."""
        posted: list[Posted] = []
        for told in LINE.split(letter.text)[1:]:
            found = CASE_LINE.search(told.strip())
            if found and self._desks[who.key, found.group(1).rstrip(",")].letters:
                posted += self._chased_for(who, found.group(1).rstrip(","), told, now)
        return posted

    def _chased_for(self, who: Colleague, reference: str, told: str, now: dt.datetime) -> list[Posted]:
        desk = self._desks[who.key, reference]
        letter = desk.letters[-1]
        what = told.partition("\n")[0]
        if what.lower().startswith("action: "):
            if who is cast.MARTIN:
                return []
            text = "#done 1\n#close agreed" if desk.refused else "#done 1"
            return [self._post(who, letter, text, now + dt.timedelta(hours=3))]
        if who is not cast.MARTIN or "service request" in what:
            return []
        desk.chased += 1
        if "ontact with" in what and desk.chased == 2:
            return [
                self._post(who, letter, "#contacted by phone, left a message", now + dt.timedelta(hours=5))
            ]
        desk.late += "LATE BY" in told and "response" in what
        if desk.late == 2 and not desk.answered:
            desk.answered = True
            return [self._later(who, reference, Step(0, "16:55", response_to(desk.resident)), now)]
        return []

    def _sort(self, who: Colleague, letter: Received, now: dt.datetime) -> list[Posted]:
        kind = SORTED.get(sender_in(letter), "")
        if not kind:
            return []  # a busy week: it is forgotten
        return [self._post(who, letter, f"#sort {kind}", self._at(1, "09:25", now))]

    # -------------------------------------------------------------- writing

    def _later(
        self,
        who: Colleague,
        reference: str,
        step: Step,
        now: dt.datetime,
        wanted: Callable[[], bool] | None = None,
    ) -> Posted:
        """A step on a case, answering the newest letter about it when its time comes."""
        desk = self._desks[who.key, reference]
        needed = wanted or (lambda: not desk.finished)

        def compose(at: dt.datetime) -> tuple[bytes, str] | None:
            return self._mail(who, desk.letters[-1], step.text, at) if needed() else None

        return Posted(self._at(step.days, step.time, now), who, compose)

    def _post(self, who: Colleague, letter: Received, text: str, at: dt.datetime) -> Posted:
        return Posted(at, who, lambda moment: self._mail(who, letter, text, moment))

    def _mail(self, who: Colleague, letter: Received, text: str, at: dt.datetime) -> tuple[bytes, str]:
        if text.startswith("#respond"):
            self._sent[letter.reference] = text
        client = Client.IPHONE if who is cast.OWEN else Client.OUTLOOK
        signed = text
        if not text.startswith("#") or "\n\n" in text:
            signed = f"{text}\n\n{who.name}\n{who.title}"
        return write(client, who, (letter.answers_to,), "", signed, at, answering=letter), letter.answers_to

    def _at(self, working_days: int, time: str, now: dt.datetime) -> dt.datetime:
        """So many working days on, at this time in London; where that is over, at once or the next morning."""
        day = self._calendar.add_working_days(self._calendar.london_date(now), working_days)
        day = self._calendar.next_working(day)
        hour, minute = map(int, time.split(":"))
        moment = self._calendar.instant(day, dt.time(hour, minute))
        if moment > now:
            return moment
        if now.astimezone(LONDON).hour < 17:
            return now + dt.timedelta(minutes=5)
        return self._calendar.instant(self._calendar.add_working_days(day, 1), dt.time(hour, minute))


def sender_in(letter: Received) -> str:
    """The address of whoever wrote the mail that a letter shows."""
    found = FROM_LINE.search(letter.text)
    return found.group(1).lower() if found else ""


def stage_in(letter: Received) -> str:
    found = CASE_LINE.search(letter.text)
    return (found.group(2) or "") if found else ""
