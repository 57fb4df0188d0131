"""Make the pictures of the README and the docs, from the product's own letters.

    python docs/pictures/make.py               # every picture of PICTURES below,
                                               # chronology.png
    python docs/pictures/make.py --try DIR     # the letters of a month, desktop and phone, light and dark, into DIR

The letters are those that mailbot would send on one morning of a made-up landlord (see desk.py). They are
drawn by Chromium without a window; nothing is fetched and nothing is sent.
"""

from __future__ import annotations

import argparse
import datetime as dt
import html
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import desk
from chronicle import chronology

from mailbot.casework.allocation import Desk
from mailbot.casework.calendar import Calendar
from mailbot.casework.parts import Landlord, Ombudsman
from mailbot.casework.policy import Policy
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import Audience, Case, Fact, Letter, SendLetter, Stage
from mailbot.chasing import fitting, lines_of
from mailbot.composing import list_of, pictures_of
from mailbot.places import config_dir, templates_dir
from mailbot.policyfile import load_policy
from mailbot.postroom import tokens
from mailbot.postroom.letters import Letterhead, Order, Stationery, Written
from mailbot.reports.digest import Morning, Reader, digest_facts
from mailbot.reports.rows import Aside, Writer
from mailbot.reports.rows import Desk as Desk_
from mailbot.reports.worklist import told_of, worklist_facts

HERE = Path(__file__).resolve().parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
NOW = desk.moment(desk.MORNING, "07:30")
DESKTOP, PHONE = 1200, 390  # CSS pixels


def letterhead(policy: Policy) -> Letterhead:
    contacts = tomllib.loads((config_dir() / "ombudsman.toml").read_text(encoding="utf-8"))
    return Letterhead(
        landlord=Landlord(
            name="Brackenfield Homes",
            short_name="Brackenfield",
            phone="0113 496 0100",
            web="www.brackenfieldhomes.example",
            postal_address="Wool House, 3 Fulling Lane, Leeds LS2 0XX",
            complaints_address="complaints@brackenfieldhomes.example",
        ),
        ombudsman=Ombudsman(**contacts["ombudsman"], as_of=contacts["as_of"]),
        person_noun=policy.person_noun,
    )


def digest_of(played: list[desk.Played], policy: Policy, busy: bool) -> dict[str, Fact]:
    """The digest of the morning, with a little trouble on the busy day."""
    yesterday = NOW - dt.timedelta(days=1)
    cases = [p.case for p in played]
    aside = Aside("0ht4b7k2m9qd3x5c", "Photos of the stairwell", "it is bigger than 25 MB", yesterday)
    morning = Morning(
        day=desk.MORNING,
        now=NOW,
        since=desk.moment(dt.date(2026, 3, 27), "07:30"),
        rules=Rulebook(policy, Calendar("ENG"), Desk(desk.PEOPLE), desk.BOX, ""),
        policy_of=lambda case: policy,
        cases=tuple(c for c in cases if c.stage is not Stage.CLOSED),
        closed=tuple(c for c in cases if c.closed_at and c.closed_at > yesterday),
        aside=(aside,) if busy else (),
        filed=4 if busy else 0,
        troubled=((cases[3].reference, "response", "unknown"),) if busy else (),
        looks={desk.BOX: NOW - dt.timedelta(minutes=2)},
        waiting_letters=1 if busy else 0,
        reckoned=("All 318 mails of complaints add up.",),
        flow=tuple(flow_of(cases)),
    )
    return digest_facts(morning, Reader(desk.OWEN.key))


def flow_of(cases: list[Case]) -> Iterator[tuple[dt.date, dt.date | None, str]]:
    """What came and went in the weeks before the month of the stories (made up), then the month itself."""
    for week, (came, went) in enumerate(((5, 4), (6, 5), (4, 6), (7, 4), (0, 5), (0, 6), (0, 4), (0, 5))):
        monday = dt.date(2026, 2, 2) + dt.timedelta(days=7 * week)
        for n in range(max(came, went)):
            yield (
                monday + dt.timedelta(days=n % 5) if n < came else dt.date(2025, 12, 1),
                monday + dt.timedelta(days=n % 5) if n < went else None,
                "",
            )
    for case in cases:
        closed = case.closed_at
        yield (
            Calendar.london_date(case.received_at),
            Calendar.london_date(closed) if closed else None,
            case.handler,
        )


def worklist_of(policy: Policy) -> SendLetter:
    """The mail of one handler's morning: a reminder that fell due, and the list of what is theirs and near."""
    rules = Rulebook(policy, Calendar("ENG"), Desk(desk.PEOPLE), desk.BOX, "")
    played = desk.play(desk.STORIES, policy, desk.moment(desk.MORNING, "08:31"))
    mine = [p for p in played if p.case.handler == desk.DEV.key]
    cases = [p.case for p in mine if p.case.stage is not Stage.CLOSED]
    chased = [
        sent.order
        for one in mine
        for sent in one.letters
        if sent.order.letter is Letter.CHASER
        and sent.order.to == desk.DEV.address
        and Calendar.london_date(sent.created_at) == desk.MORNING
    ]
    lines: list[Fact] = [
        {**line, "commands": fitting(order.facts.get("commands"), str(line["what"]))}
        for order in chased
        for line in lines_of(order)
    ]
    morning = Morning(desk.MORNING, NOW, NOW, rules, lambda case: policy, tuple(cases))
    facts = worklist_facts(
        Desk_.of(cases, (), morning.duties, desk.MORNING, morning.horizon),
        Writer(rules, desk.MORNING, lambda case: policy, mine=True, key=desk.DEV.key),
        {told_of(str(line["reference"]), str(line["what"])) for line in lines if isinstance(line, dict)},
        lambda duty: rules.calendar.working_days_between(duty.due.outer, desk.MORNING),
    )
    common: dict[str, Fact] = {"handler_name": desk.DEV.name, "lines": lines, "commands": []}
    return SendLetter(
        Letter.CHASER,
        Audience.HANDLER,
        desk.DEV.address,
        (),
        {**common, **(facts or {})},
        person=desk.DEV.key,
    )


def write(stationery: Stationery, head: Letterhead, order: SendLetter, at: dt.datetime) -> Written:
    """A letter of the core as it would be handed over."""
    facts = dict(order.facts)
    reference = str(facts.get("reference", ""))
    kind = Letter(str(facts.pop("preview_letter", Letter.ACKNOWLEDGEMENT)))
    if shown := facts.pop("preview_of", None):
        assert isinstance(shown, dict)
        other = SendLetter(kind, Audience.RESIDENT, order.to, order.because, shown)
        facts["preview"] = write(stationery, head, other, at).text
    return stationery.write(
        Order(
            letter=order.letter,
            audience=order.audience,
            to=order.to,
            to_name=str(facts.get("handler_name") or facts.get("resident_name") or ""),
            person=order.person,
            reference=reference,
            facts=facts,
            message_id=tokens.message_id(
                "0123456789abcdef", "a2b3c4d5" * 2 + "efgh", "brackenfieldhomes.example"
            ),
            in_reply_to="",
            references=(),
            from_name=f"{head.landlord.short_name} complaints",
            from_address=head.landlord.complaints_address,
            reply_to="",
            date=at,
            pictures=pictures_of(facts),
            attachments=list_of(facts),
        ),
        head,
    )


def letters_of_the_month() -> dict[str, Written]:
    """Every letter that the month brought, the longest of each kind, and both digests."""
    policy = load_policy("mtvh", config_dir() / "policies")
    stationery, head = Stationery(templates_dir()), letterhead(policy)
    busy, quiet = desk.play(desk.STORIES, policy, NOW), desk.play(desk.QUIET, policy, NOW)
    later = desk.play(desk.STORIES, policy, desk.moment(dt.date(2026, 7, 30), "09:00"), confirm=True)
    found: dict[str, Written] = {}
    longest: dict[Letter, desk.Sent] = {}
    for one in (*later, *busy):
        for sent in one.letters:
            known = longest.get(sent.order.letter)
            if known is None or len(str(sent.order.facts)) >= len(str(known.order.facts)):
                longest[sent.order.letter] = sent
    for letter, sent in longest.items():
        found[letter.value.replace("_", "-")] = write(stationery, head, sent.order, sent.created_at)
    chosen = {s.order.letter: s for s in busy[0].letters}
    for letter in (Letter.ACKNOWLEDGEMENT, Letter.CASE_ASSIGNED):
        found[letter.value.replace("_", "-")] = write(stationery, head, chosen[letter].order, NOW)
    found["chaser"] = write(stationery, head, worklist_of(policy), desk.moment(desk.MORNING, "08:30"))
    for name, played in (("digest", busy), ("digest-quiet", quiet)):
        facts = digest_of(played, policy, name == "digest")
        order = SendLetter(Letter.DIGEST, Audience.SUPERVISOR, desk.OWEN.address, (), facts, desk.OWEN.key)
        found[name] = write(stationery, head, order, NOW)
    return found


# ------------------------------------------------------------------ the camera


@dataclass(frozen=True)
class Camera:
    """Chromium without a window. A page stands in a frame of the wanted width, because a window has a least
    width and a phone is narrower."""

    browser: str

    def take(self, page: str, to: Path, width: int, dark: bool = False, most: int = 0) -> int:
        """A picture of the page; its height in CSS pixels, at most `most` (0: the whole page)."""
        with tempfile.TemporaryDirectory() as folder:
            framed = Path(folder) / "page.html"
            framed.write_text(frame(page, width, 9000), encoding="utf-8")
            told = self._run(dark, "--dump-dom", "--virtual-time-budget=2000", framed.as_uri())
            measured = re.search(r'data-size="(\d+) (\d+)"', told)
            if not measured:
                raise SystemExit(f"{to.name}: Chromium did not say how high the page is")
            height, wide = int(measured[1]), int(measured[2])
            if wide > width:
                print(f"{to.name}: is {wide} pixels wide, {width} were meant", file=sys.stderr)
            height = min(height, most) if most else height
            framed.write_text(frame(page, width, height), encoding="utf-8")
            size = f"--window-size={width},{height}"
            self._run(
                dark, size, "--virtual-time-budget=2000", f"--screenshot={to.resolve()}", framed.as_uri()
            )
        return height

    def _run(self, dark: bool, *arguments: str) -> str:
        scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
        quiet = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--log-level=3"]
        done = subprocess.run(
            [self.browser, *quiet, *scheme, *arguments], capture_output=True, text=True, timeout=120
        )
        if done.returncode:
            raise SystemExit(f"{self.browser} failed: {done.stderr.strip()[-400:]}")
        return done.stdout


def frame(page: str, width: int, height: int) -> str:
    """A page with the letter in a frame, which writes the letter's size into its own body."""
    return (
        '<!DOCTYPE html><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        "<style>body{margin:0;overflow:hidden}iframe{border:0;display:block}</style>"
        f'<iframe width="{width}" height="{height}" srcdoc="{html.escape(page)}"></iframe>'
        "<script>onload=()=>{const d=document.querySelector('iframe').contentDocument;"
        "const h=Math.ceil(d.querySelector('.page').getBoundingClientRect().bottom);"
        "document.body.dataset.size=h+' '+d.documentElement.scrollWidth}</script>"
    )


def find_browser() -> str:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if not found:
        raise SystemExit(
            "The pictures are drawn by Chromium, and none is on the PATH. Install it (Debian: apt install "
            f"chromium) and try again. Looked for: {', '.join(BROWSERS)}."
        )
    return found


PICTURES: Mapping[str, tuple[str, int, bool, int]] = {
    # picture: letter, width, dark, most height
    "digest": ("digest", DESKTOP, False, 1250),
    "digest-phone": ("digest", PHONE, True, 1500),
    "acknowledgement": ("acknowledgement", 760, False, 0),
    "chaser": ("chaser", 760, False, 0),
    "case-mail": ("case-assigned", 760, False, 0),
}


def the_chronology() -> str:
    policy = load_policy("mtvh", config_dir() / "policies")
    stationery, head = Stationery(templates_dir()), letterhead(policy)
    return chronology(policy, NOW, lambda order, at: write(stationery, head, order, at))


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument(
        "--try", dest="folder", type=Path, help="every letter, in four ways, into this folder"
    )
    folder: Path | None = options.parse_args().folder
    camera = Camera(find_browser())
    letters = letters_of_the_month()
    if folder is None:
        for name, (letter, width, dark, most) in PICTURES.items():
            target = HERE / f"{name}.png"
            camera.take(letters[letter].page, target, width, dark, most)
            print(f"{target.name}: {target.stat().st_size // 1000} kB")
        camera.take(the_chronology(), HERE / "chronology.png", DESKTOP, most=1500)
        return
    folder.mkdir(parents=True, exist_ok=True)
    for width in (DESKTOP, PHONE):
        for shade in ("light", "dark"):
            camera.take(the_chronology(), folder / f"chronology-{width}-{shade}.png", width, shade == "dark")
    for name, written in sorted(letters.items()):
        (folder / f"{name}.txt").write_text(f"Subject: {written.subject}\n\n{written.text}", encoding="utf-8")
        (folder / f"{name}.html").write_text(written.page, encoding="utf-8")
        for width in (DESKTOP, PHONE):
            for shade in ("light", "dark"):
                camera.take(written.page, folder / f"{name}-{width}-{shade}.png", width, shade == "dark")
        print(f"{name}: {len(written.html) // 1000} kB of HTML")


if __name__ == "__main__":
    main()
