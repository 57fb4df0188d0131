"""The first mails of the demo: who writes to Brackenfield Homes out of the blue, when, and in which words.

Six weeks of spring 2026, from Monday 27 April to Friday 5 June, with two bank holidays (4 and 25 May). What
people write back is in `answers`, what staff do in `players`. The words are the demo's own; no real person's
mail is in them.
"""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass
from typing import Final

from mailbot.demo import cast
from mailbot.demo.cast import COMPLAINTS, CUSTOMERCARE, Actor
from mailbot.demo.clients import LONDON, Client, File, encode, write

FIRST_DAY: Final = dt.date(2026, 4, 27)
LAST_DAY: Final = dt.date(2026, 6, 5)


@dataclass(frozen=True)
class Arrival:
    """A mail that reaches the landlord. `honest`: what the border finds out about its sender (None: nothing)."""

    at: dt.datetime
    sender: Actor
    raw: bytes
    to: tuple[str, ...] = (COMPLAINTS,)
    honest: bool | None = True


def london(day: int, month: int, time: str) -> dt.datetime:
    """A moment of 2026, written as people in London write it."""
    hour, minute = map(int, time.split(":"))
    return dt.datetime(2026, month, day, hour, minute, tzinfo=LONDON).astimezone(dt.UTC)


def first_mails() -> list[Arrival]:
    """Everything that nobody asked for, in order."""
    mails = [*first_week(), *second_week(), *later()]
    return sorted(mails, key=lambda mail: mail.at)


def plain(
    at: dt.datetime,
    sender: Actor,
    client: Client,
    subject: str,
    text: str,
    to: tuple[str, ...] = (COMPLAINTS,),
    files: tuple[File, ...] = (),
    extra: tuple[str, ...] = (),
) -> Arrival:
    return Arrival(at, sender, write(client, sender, to, subject, text, at, files=files, extra=extra), to)


# ------------------------------------------------------------------ 27 April to 2 May


def first_week() -> list[Arrival]:
    return [
        plain(
            london(27, 4, "09:12"),
            cast.AMARA,
            Client.IPHONE,
            "Mould in my sons bedroom AGAIN",
            "This is now the third time I am writing about the black mould in Chidi's bedroom at 27 Weavers "
            "Fold. You sent a man in February who wiped it and painted over it and it was back within a month. "
            "He is 4 and he has asthma and last week we were at A&E with his breathing.\n\n"
            "I have rung four times and every time I am told somebody will call me back and nobody does. "
            "I am fed up of being fobbed off. I want the wall looked at properly by somebody who knows about "
            "damp, not another coat of paint.\n\nAmara Nwosu\n07700 900118",
        ),
        plain(
            london(27, 4, "10:05"),
            cast.MARGARET,
            Client.YAHOO,
            "Bin store at Tenter House",
            "Good morning,\n\nI wish to complain about the bin store at Tenter House. It has not been emptied "
            "properly for three weeks and there are bags all over the floor. I telephoned on the 9th and again on "
            "the 20th and was promised a visit both times. Nobody came.\n\nI have lived here for thirty-one "
            "years and it was never like this. We pay a service charge for it. Please have it cleared and tell "
            "us what day it will be done in future.\n\n"
            "Yours faithfully,\nMrs M Ashworth\nFlat 6",
        ),
        plain(
            london(27, 4, "10:48"),
            cast.KIERAN,
            Client.GMAIL,
            "Key fob for main door",
            "Hi,\n\nPlease could I get a second fob for the main door at Carder Court? My partner has moved in "
            "and we only have the one between us. I'm in flat 14. Happy to pay if there is a charge.\n\n"
            "Thanks\nKieran Doyle",
        ),
        newsletter(london(27, 4, "11:31")),
        *twice(),
        plain(
            london(28, 4, "08:55"),
            cast.SUPPLIER,
            Client.OUTLOOK,
            "Invoice ALS-20418 - quarterly lift maintenance",
            "Good morning,\n\nPlease find attached our invoice ALS-20418 for quarterly lift maintenance at "
            "Carder Court and Tenter House, January to March. Payment terms are 30 days net. Our bank details "
            "have not changed.\n\nKind regards\nAccounts Receivable\nAire Lift Services Ltd",
            files=(File("ALS-20418.pdf", "application/pdf", pdf("Invoice ALS-20418")),),
        ),
        plain(
            london(28, 4, "10:40"),
            cast.HELEN,
            Client.OUTLOOK,
            "Missed appointments - kitchen ceiling, 3 Shuttle Row",
            "Good morning,\n\nI took unpaid leave on 14, 16 and 23 April for your contractor to mend my kitchen "
            "ceiling, and on none of these days did anybody turn up or ring. When I called on the 23rd I was "
            "told that the job showed as 'no access', which is simply untrue: I was in all day and have "
            "doorbell footage to prove it.\n\nI would like to know why three appointments were missed, why the "
            "record is false, and I would like to be compensated for three days' lost pay (£276).\n\n"
            "Regards,\nHelen Prosser",
        ),
        plain(
            london(28, 4, "19:22"),
            cast.JORDAN,
            Client.ANDROID,
            "",
            "shower STILL not draining. thats twice your man has been and twice he said its fixed. not good "
            "enough. 14 quarry bank",
        ),
        plain(
            london(29, 4, "09:30"),
            cast.LEANNE,
            Client.GMAIL,
            "ABSOLUTE SHAMBLES - 41 Fettler Street",
            "I don't even know where to start with you lot so here goes.\n\n1. The back door you fitted in "
            "November lets water in. I have reported it SIX times. There is a puddle on my kitchen floor every "
            "time it rains.\n\n2. The fence came down in the storm in January and "
            "it is STILL down. I've got a dog and no garden I can use.\n\n3. When I rang on "
            "Friday Martin Holroyd told me to 'calm down' and put the phone down on me. Who does he think he "
            "is?? I pay his wages.\n\n4. You put my rent up in April. For WHAT.\n\nI have been a tenant for "
            "eleven years and never had a day's arrears. I want every one of these answered in writing and I "
            "want an apology from that man. I am sick and tired of being treated like dirt.\n\n"
            "Leanne Postlethwaite",
        ),
        plain(
            london(29, 4, "11:10"),
            cast.STAN,
            Client.YAHOO,
            "Well done to your caretaker",
            "Just a note to say how good Winston at Carder Court is. He carried my shopping up when the lift "
            "was being serviced and would not take anything for it. Please tell his manager. Thank you."
            "\n\nStan Ellershaw",
        ),
        plain(
            london(29, 4, "23:40"),
            cast.SOFIA,
            Client.IPHONE,
            "help gas smell",
            "i can smell gas in the kitchen since tonight and heating is off for 2 days nobody came even i called "
            "yesterday. i have a baby 3 weeks old its freezing in here. 8 Dyers Yard please somebody",
        ),
        plain(
            london(30, 4, "10:15"),
            cast.YUSUF,
            Client.THUNDERBIRD,
            "Dripping kitchen tap",
            "Hello,\n\nThe cold tap in the kitchen has started to drip. Please could you arrange for a plumber "
            "to look at it? Any weekday after 2pm suits me.\n\nMany thanks\nYusuf Rahman, 9 Tenter Croft",
        ),
        plain(
            london(30, 4, "13:00"),
            cast.MEMBER,
            Client.OUTLOOK,
            "Constituent: Mrs Joyce Lumb, 5 Carder Court (our ref CH/26/1187)",
            "Dear Brackenfield Homes,\n\nI am writing on behalf of Caroline Hesketh MP. Mrs Joyce Lumb of 5 "
            "Carder Court has contacted Caroline because the lift in her block has been out of order on and off "
            "since the middle of March. Mrs Lumb is 82 and lives on the fourth floor. "
            "She tells us that she has complained to your staff several times "
            "and has had no proper answer. Her signed authority is attached.\n\nCaroline would be grateful for "
            "a full reply to this complaint.\n\nYours faithfully\nPeter Sandhu\nSenior Caseworker to Caroline "
            "Hesketh MP",
            files=(File("authority-lumb.pdf", "application/pdf", pdf("Authority of Mrs J Lumb")),),
        ),
        Arrival(london(1, 5, "09:05"), Actor("", ""), unreadable(), (COMPLAINTS,), None),
        winmail(london(1, 5, "15:30")),
        plain(
            london(2, 5, "10:20"),
            cast.CRAIG,
            Client.GMAIL,
            "Noise reports ignored",
            "I've sent you diary sheets about the music from number 18 every fortnight since February like your "
            "officer asked me to. Not one person has replied. What is the point of keeping a diary "
            "if nobody reads it? I'm not happy with how this has been "
            "handled.\n\nCraig Monteith, 16 Heddle Close",
        ),
    ]


def twice() -> list[Arrival]:
    """The same mail to two of the landlord's addresses, as both servers deliver it."""
    at = london(27, 4, "16:47")
    both = (COMPLAINTS, CUSTOMERCARE)
    mail = plain(
        at,
        cast.DAWIT,
        Client.GMAIL,
        "Complaint: leak through the bathroom ceiling",
        "Hello,\n\nI would like to make a complaint. Water has been coming through our bathroom ceiling at 12 "
        "Heddle Close since 2 April from the flat above. I have reported it three times, on the 2nd, the 7th and "
        "the 15th. A plumber looked at it once, took a photo and left, and nobody has been back.\n\nPlease stop "
        "the leak and repair the ceiling. I am sending this to both of your addresses, to be sure.\n\nDawit Tesfaye",
        to=both,
    )
    return [Arrival(at, cast.DAWIT, mail.raw, (address,)) for address in both]


def newsletter(at: dt.datetime) -> Arrival:
    headers = (
        "List-Id: Housing Matters Weekly <weekly.housingmatters.example.org>",
        "List-Unsubscribe: <https://housingmatters.example.org/u/5512>",
        "Precedence: bulk",
    )
    return plain(
        at,
        cast.JOURNAL,
        Client.GMAIL,
        "This week: damp, doors and the decent homes debate",
        "In this week's issue: what the new damp rules mean for landlords, fire doors explained, and ten "
        "complaints that went to the Ombudsman.\n\nRead it online.",
        extra=headers,
    )


def unreadable() -> bytes:
    """Broken in every way: no author, a boundary that never comes, a character set that nobody knows."""
    return (
        b"Received: from unknown (HELO fax-gateway) by mx.demo.example; Fri, 1 May 2026 09:05:02 +0100\r\n"
        b"From: \r\n"
        b"Subject: =?x-klingon-8?B?//7/AEEAQg==?= =?utf-8?Q?broken=ZZ\r\n"
        b'Content-Type: multipart/mixed; boundary="----=_never"\r\n\r\n'
        b"------=_other\r\nContent-Type: text/plain; charset=x-klingon-8\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n\xff\xfe\x00\x81\x8d!!! @@@@ \x9d\r\n"
    )


def winmail(at: dt.datetime) -> Arrival:
    """Outlook in Rich Text: the words, and a winmail.dat that only Outlook opens."""
    tnef = b"\x78\x9f\x3e\x22\x01\x00\x01\x06\x90\x08\x00\x04\x00\x00\x00\x00\x00\x01\x00\x01\x00"
    mail = write(
        Client.OUTLOOK,
        cast.GWEN,
        (COMPLAINTS,),
        "Service charge demand - still no breakdown",
        "Dear Brackenfield,\n\nI own 21 Heddle Close (leasehold). I wrote on 3 March and again on 30 March for a "
        "breakdown of the £412 'management sundries' in this year's service charge and have had no answer to "
        "either letter. This is poor service. Please send me the breakdown and tell me why it took two letters "
        "to be ignored.\n\nMrs G Farrar",
        at,
        files=(File("winmail.dat", "application/ms-tnef", tnef + zlib.compress(b"GWEN FARRAR" * 20)),),
        extra=("X-MS-TNEF-Correlator: <LO2P265MB0042@LO2P265MB.outlook.example>",),
    )
    return Arrival(at, cast.GWEN, mail)


def pdf(title: str) -> bytes:
    """The smallest PDF that a viewer opens: one empty page."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        f"<< /Title ({title}) >>".encode(),
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size 5 /Root 1 0 R /Info 4 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def photograph(shade: int = 90) -> bytes:
    """A small grey PNG: what a picture of a damp wall comes down to."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return len(content).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    side = 24
    rows = b"".join(b"\x00" + bytes((shade + (x * y) % 60) for x in range(side)) for y in range(side))
    header = side.to_bytes(4, "big") * 2 + b"\x08\x00\x00\x00\x00"
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


# ------------------------------------------------------------------ 4 to 9 May


def second_week() -> list[Arrival]:
    return [
        plain(
            london(4, 5, "12:15"),
            cast.BEN,
            Client.IPHONE,
            "parking permit",
            "Hi how do i get a visitors parking permit for Carder Court please? my mum comes on thursdays. "
            "flat 3. cheers Ben",
        ),
        plain(
            london(5, 5, "09:20"),
            cast.SUPPORT,
            Client.OUTLOOK,
            "Concern about a tenant - 30 Weavers Fold",
            "Dear team,\n\nI am a support worker with Millbrook Community Care. I am writing on behalf of your "
            "tenant at 30 Weavers Fold, who has agreed that I contact you. Her ex-partner has been coming to "
            "the door at night, he has hit her before and she is afraid that he will hurt her and the children. "
            "She asked your office for a lock change on 21 April and was told it was not a priority. That is "
            "not acceptable and I want it looked into. Please do not write to her address, he opens the post. "
            "Please call me.\n\nRuta Jankauskas\n07700 900333",
        ),
        plain(
            london(5, 5, "14:05"),
            cast.SOLICITOR,
            Client.OUTLOOK,
            "Our client: Mr D Sagar, 2 Dyers Yard - Letter of Claim (disrepair)",
            "Dear Sirs\n\nWe are instructed by Mr Deepak Sagar, your tenant at 2 Dyers Yard, and enclose a letter "
            "of claim under the Pre-Action Protocol for Housing Conditions Claims. Our client has complained of "
            "penetrating damp in the rear bedroom since October 2025 without any effective repair.\n\nPlease "
            "acknowledge within 20 working days and confirm your insurers. Should you fail to reply we are "
            "instructed to issue proceedings without further notice.\n\nYours faithfully\nPennine Gate Law",
            files=(File("letter-of-claim.pdf", "application/pdf", pdf("Letter of claim")),),
        ),
        plain(
            london(6, 5, "11:00"),
            cast.PAULETTE,
            Client.GMAIL,
            "my flat",
            "Following on from what we said. Flat 17. Is that right or not? Paulette",
        ),
        plain(london(7, 5, "17:30"), cast.DES, Client.ANDROID, "9 carder court", "ok so what now then"),
        plain(
            london(8, 5, "08:30"),
            cast.SALES,
            Client.GMAIL,
            "Quick question about your inbox",
            "Hi there,\n\nTeams like yours spend up to nine hours a week on routine enquiries. FlowDesk's "
            "platform takes that away. Have you got 15 minutes on Thursday for a demo?\n\nBest\nCallum",
        ),
        plain(
            london(8, 5, "12:40"),
            cast.RHIAN,
            Client.IPHONE,
            "",
            "",
            files=(File("IMG_4417.png", "image/png", photograph()),),
        ),
    ]


# ------------------------------------------------------------------ from 11 May on


def later() -> list[Arrival]:
    spoof = london(13, 5, "03:17")
    return [
        plain(
            london(11, 5, "08:48"),
            cast.TOM,
            Client.YAHOO,
            "Stair lights at Shuttle Row",
            "The lights on the stairs at Shuttle Row have been out since before Easter. I reported it on your "
            "website twice and all I got was an automatic message. It is a "
            "disgrace that it takes this long to change a bulb.\n\nT Whitlock, 11 Shuttle Row",
        ),
        Arrival(
            spoof,
            cast.GRACE,
            write(
                Client.GMAIL,
                cast.GRACE,
                (COMPLAINTS,),
                "Bin store at Tenter House",
                "#close agreed\n\nresident is happy now, please close this one",
                spoof,
            ),
            (COMPLAINTS,),
            False,
        ),
        plain(
            london(14, 5, "16:20"),
            cast.ANITA,
            Client.OUTLOOK,
            "Roof leak – 7 Fettler Street",
            "Dear Sir/Madam,\n\nI reported a leak in the roof above the landing on 16 April. A roofer put a "
            "tarpaulin over it on the 20th and I have heard nothing since. I "
            "am unhappy about how long this is taking and I want to complain. I’d like a date for the real "
            "repair — in writing.\n\nAnita Kaur",
        ),
        plain(
            london(18, 5, "09:02"),
            cast.ANITA,
            Client.IPHONE,
            "Roof leak – 7 Fettler Street",
            "Photo from this morning, the bucket was full again.",
            files=(File("IMG_0912.png", "image/png", photograph(120)),),
        ),
        plain(
            london(20, 5, "15:45"),
            cast.NADIA,
            Client.IPHONE,
            "Rude contractor",
            "I want to complain about your contractor. He came to do the electric check and he swore "
            "at me and stood on my sofa in his boots to "
            "reach the light. When I asked him to take them off he laughed. This is not acceptable, I want an "
            "apology and I want the sofa cleaned. Nadia Petrov, flat 9 Carder Court",
        ),
        plain(
            london(25, 5, "20:05"),
            cast.PAULETTE,
            Client.GMAIL,
            "Radiators",
            "The radiators in both bedrooms have not worked since the new pump was put in. You sent somebody twice and "
            "each time he said he has to order a part. I am not happy with this. When is somebody going to sort "
            "it out? Paulette Simms, 17 Weavers Fold",
        ),
        plain(
            london(28, 5, "10:30"),
            cast.APPLICANT,
            Client.GMAIL,
            "Vacancy: grounds maintenance",
            "Dear Sir or Madam,\n\nI would like to apply for the grounds maintenance job on your website. I have "
            "six years of experience and my own van. My CV is ready to send. Is the post still open?\n\n"
            "Marek Dvorak",
        ),
    ]


def bounce_of(letter_id: str, subject: str, failed: str, at: dt.datetime) -> bytes:
    """A delivery report (RFC 3464) for a letter of ours, as a provider's server writes it."""
    boundary = "B7A1.demo/mx.example.net"
    when = at.astimezone(LONDON).strftime("%a, %d %b %Y %H:%M:%S %z")
    return "\r\n".join(
        (
            "Return-Path: <>",
            f"Date: {when}",
            f"From: {cast.POSTMASTER.name} <{cast.POSTMASTER.address}>",
            f"To: {COMPLAINTS}",
            "Subject: Undelivered Mail Returned to Sender",
            f"Message-ID: <{zlib.crc32(letter_id.encode()):08X}@mx.example.net>",
            "Auto-Submitted: auto-replied",
            "MIME-Version: 1.0",
            f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"',
            "",
            f"--{boundary}",
            "Content-Type: text/plain; charset=us-ascii",
            "",
            "I'm sorry to have to inform you that your message could not be delivered.",
            f"<{failed}>: 552 5.2.2 The mailbox is full",
            "",
            f"--{boundary}",
            "Content-Type: message/delivery-status",
            "",
            "Reporting-MTA: dns; mx.example.net",
            "",
            f"Final-Recipient: rfc822; {failed}",
            "Action: failed",
            "Status: 5.2.2",
            "Diagnostic-Code: smtp; 552 5.2.2 The mailbox is full",
            "",
            f"--{boundary}",
            "Content-Type: text/rfc822-headers",
            "",
            f"Message-ID: {letter_id}",
            f"Subject: {encode(subject)}",
            f"From: {COMPLAINTS}",
            f"To: {failed}",
            "",
            f"--{boundary}--",
            "",
        )
    ).encode()
