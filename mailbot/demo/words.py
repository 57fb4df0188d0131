"""What staff write in the demo: their responses, their replies, their answers to the question what a mail is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mailbot.demo import cast


@dataclass(frozen=True)
class Step:
    """So many working days later, at this time in London, this text."""

    days: int
    time: str
    text: str


RESPONSES: Final[dict[str, str]] = {
    cast.AMARA.address: (
        "#respond upheld\n#action treat the walls with stain blocker and repaint three rooms by 12 May\n\n"
        "Dear Ms Nwosu\n\nYou told us three times about the mould and three times we covered it up. That was not "
        "good enough, and I am sorry, above all for what it has meant for Chidi.\n\nOur damp surveyor found a "
        "broken seal round the window and an extractor fan that had stopped working. The fan was replaced while "
        "he was there. The walls of the bedroom, the landing and the bathroom will be treated and repainted by "
        "12 May."
    ),
    cast.MARGARET.address: (
        "#respond upheld\n\nDear Mrs Ashworth\n\nYou are right: our contractor missed Tenter House on three "
        "Tuesdays and nobody here noticed. The store has been cleared and disinfected, pest control has set bait "
        "boxes, and from now on it is emptied every Tuesday and Friday. The caretaker signs for it each time.\n\n"
        "I am sorry that two promised visits did not happen."
    ),
    cast.HELEN.address: (
        "#respond partly upheld\n\nDear Ms Prosser\n\nThank you for the doorbell footage. Our contractor did not "
        "come on 14 and 16 April, and the note 'no access' was wrong. On 23 April a van was outside at 9.10 but "
        "nobody rang the bell. We are sorry, and the record has been put right.\n\nYour claim for lost pay is "
        "with our insurance team, who will write to you by the end of the month. The ceiling is booked for 11 "
        "May, first call."
    ),
    cast.JORDAN.address: (
        "#respond not upheld\n\nDear Jordan\n\nOur plumber attended on the day after each of your calls and the "
        "shower drained when he left. Hair in the trap can bring it back within days. I do not find that we "
        "failed, but I have asked for a camera survey of the waste."
    ),
    cast.LEANNE.address: (
        "#respond partly upheld\n\nDear Ms Postlethwaite\n\n1. The door: fitted badly by our contractor. It will "
        "be replaced on 3 June.\n2. The fence: passed on in January and lost. It goes up on 27 May.\n3. The "
        "call: my colleague remembers it differently, and the line was not recorded. I am sorry for how you felt "
        "when it ended.\n4. The rent: set under the rent standard. The letter of 26 February explains it."
    ),
    cast.YUSUF.address: (
        "Dear Mr Rahman\n\nA plumber will come on Tuesday 5 May between 2 and 4 in the afternoon. Please reply if "
        "that does not suit."
    ),
    cast.BEN.address: (
        "Dear Ben\n\nVisitors' permits are free. I have put one in the post to flat 3 today; it is valid on any "
        "day of the week."
    ),
    "request": "Hello\n\nThank you, this is in hand. You will hear from us about a date within three days.",
    "complaint": (
        "#respond upheld\n\nThank you for your patience. I have looked at our records and spoken to everybody "
        "involved. What you told us is right: we did not do what we had said, and we did not keep you informed. I "
        "am sorry.\n\nThe work is now booked, and I will ring you on the day after to hear whether it was done "
        "properly."
    ),
    "again": (
        "#respond partly upheld\n\nI have looked at everything afresh, and I had no part in the first answer. The "
        "engineer's own notes show that the same fault was found twice. We should have replaced the part on the "
        "first visit. It is ordered and will be fitted within ten days, and we offer an apology for the delay."
    ),
}


def response_to(resident: str, second: bool = False) -> str:
    if second:
        return RESPONSES["again"]
    text = RESPONSES.get(resident, "")
    return text if text.startswith("#respond") else RESPONSES["complaint"]


# What is done about the nth mail of a resident that a handler is shown.
AFTER_A_REPLY: Final[dict[tuple[str, int], Step]] = {
    (cast.AMARA.address, 2): Step(1, "10:15", "#close agreed"),
    (cast.AMARA.address, 3): Step(
        1,
        "09:50",
        "Dear Ms Nwosu\n\nThank you for telling us. The surveyor comes on Thursday morning with the decorator, and "
        "I will be there myself.",
    ),
    (cast.MARGARET.address, 1): Step(
        0, "14:30", "Dear Mrs Ashworth\n\nThank you, that helps. I have passed the gate code on."
    ),
    (cast.CRAIG.address, 1): Step(1, "09:15", "#close withdrawn"),
    (cast.YUSUF.address, 1): Step(1, "10:00", "#close answered"),
    (cast.MEKDES.address, 1): Step(
        0, "15:45", "#note his wife writes from an address of her own: asked him by phone, Thursday is fine"
    ),
}

# What Owen says an unclear mail is. Whoever is missing here is forgotten.
SORTED: Final[dict[str, str]] = {
    cast.PAULETTE.address: "service request",
    cast.RHIAN.address: "complaint",
    cast.ANITA.address: "reply",
    cast.AMARA.address: "reply",
    cast.KIERAN.address: "complaint",
    cast.NADIA.address: "complaint",
    cast.STAN.address: "other",
}

# Where the danger is real: everybody drops what they are doing.
URGENT: Final = frozenset({cast.SOFIA.address, cast.SUPPORT.address})
