"""A handler works from a real mail client: neomutt reads the case mail over IMAP, answers, gives commands, and opens
the buttons' prepared mails; what it sends comes in through the landlord's border."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path

from conftest import COMPLAINT, JO, SAM, House, Received
from doors.dovecot import Dovecot
from doors.neomutt import Neomutt

INTERNAL = (
    "Vulnerability",
    "Case key",
    "#contacted",
    "Act by mail",
    "What is due",
    "nothing below it is passed on",
)


def button(letter: Received, label: str) -> str:
    """The link of a button, as a browser hands it to the mail program."""
    page = letter.message.get_body(("html",))
    assert page is not None
    links = re.findall(r'href="(mailto:[^"]+)"[^>]*>([^<]+)<', page.get_content())
    return html.unescape(next(href for href, said in links if label in said))


def test_a_handler_works_wholly_from_neomutt(
    make_house: Callable[..., House], dovecot: Dovecot, tmp_path: Path
) -> None:
    house = make_house(dovecot)
    account = dovecot.fresh_mailbox()  # Sam's own mailbox
    client = Neomutt(tmp_path / "sam", dovecot.imap_port, house.relay.port, account, f"Sam Okafor <{SAM}>")

    def reads(letter: Received) -> None:
        dovecot.put(account, letter.caught.raw)

    def sends() -> None:
        """What neomutt sent passes the border, which vouches for it, and is attended to."""
        mail = next(c for c in reversed(house.relay.letters) if house.address in c.recipients)
        assert b"User-Agent: NeoMutt" in mail.raw
        house.write(SAM, "", raw=mail.raw)
        house.turn()

    house.write(JO, COMPLAINT)
    house.turn()
    assigned = house.last(SAM, "case_assigned")
    reads(assigned)

    client.reply("Dear Jo,\n\nI will ring you at three.\n\nSam Okafor\nComplaints Officer")
    sends()
    client.reply("Dear Jo,\n\nThe plumber is booked.\n\nSam Okafor", how="below")
    sends()
    client.reply(
        "five weeks ago => We should have come the same week.\nwant the ceiling => It is mended on Friday.",
        how="between",
    )
    sends()
    above, below, between = house.letters(JO, "handler_reply")
    assert "I will ring you at three." in above.text and "Complaints Officer" in above.text
    assert "The plumber is booked." in below.text
    assert "We should have come the same week." in between.text and "It is mended on Friday." in between.text
    for reply in (above, below, between):
        assert not [said for said in INTERNAL if said in reply.text]
        assert "wrote:" not in reply.text and SAM not in reply.caught.raw.decode()

    client.reply("#Action mend the ceiling by 20 March\n# note she works nights")
    sends()
    case = house.the_case()
    assert [action.text for action in case.actions] == ["mend the ceiling"]
    client.write(button(assigned, "Record contact"))
    sends()
    assert "Contact with the resident" in house.last(SAM, "command_done").text
    client.write(button(assigned, "Note"), words="the neighbour has a key")
    sends()
    assert "Note kept inside: the neighbour has a key" in house.last(SAM, "command_done").text
    client.write(button(assigned, "Ask for an extension"), words="the part is on its way")
    sends()
    assert "part is on its way" in house.last(JO, "extension_notice").text
    client.reply("#clsoe withdrawn\n\nDear Jo, it is over.")
    sends()
    assert "did you mean #close?" in house.last(SAM, "command_refused").text
    assert len(house.letters(JO, "handler_reply")) == 3 and house.the_case().closed_at is None
    keys = [letter.message_id.strip("<>").partition("@")[0] for letter in house.letters(SAM)]
    assert not [key for key in keys for letter in house.letters(JO) if key.encode() in letter.caught.raw]
