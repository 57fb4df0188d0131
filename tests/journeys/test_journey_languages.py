"""A resident who needs Welsh, and one who listens to her mail: each gets letters as it was agreed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from conftest import COMPLAINT, JO, SAM, House
from doors.embedded import Embedded

from mailbot.places import config_dir


def test_welsh_goes_by_itself_where_it_is_there_and_the_rest_comes_to_the_handler(
    make_house: Callable[..., House], embedded_mail: Embedded, tmp_path: Path
) -> None:
    shutil.copytree(config_dir() / "sample-templates" / "cy", tmp_path / "ours" / "cy")
    words = tmp_path / "ours" / "cy" / "words.toml"
    words.write_text(words.read_text().replace('checked_by = ""', 'checked_by = "Non Prys"'))
    house = make_house(embedded_mail, landlord=f'templates = "{tmp_path / "ours"}"')
    house.write(JO, "Could somebody please mend the light in our stairwell? It has not come on since Monday.")
    house.turn()
    first = house.last(JO, "service_request_receipt")
    assert first.text.startswith("Hello,"), "nobody has said yet what Jo needs"
    house.write(SAM, "#language Welsh", answers=house.last(SAM, "case_assigned"))
    house.turn()
    assert "go in it by themselves; the others come to you" in house.last(SAM, "command_done").text

    house.write(JO, COMPLAINT, answers=first)  # the request becomes a complaint
    house.turn()
    acknowledged = house.last(JO, "acknowledgement")
    assert "Helo," in acknowledged.text and "dydd Llun 2 Mawrth 2026" in acknowledged.text
    assert acknowledged.message["Content-Language"] == "cy"

    house.write(SAM, "#respond upheld\n\nMae'n ddrwg gennym.", answers=house.last(SAM, "case_assigned"))
    house.turn()
    assert house.letters(JO, "response") == []
    by_hand = house.last(SAM, "alert")
    assert "Have it translated, and send both." in by_hand.text and "Mae'n ddrwg gennym." in by_hand.text


def test_plain_text_is_kept_by_every_letter_of_the_case(
    make_house: Callable[..., House], embedded_mail: Embedded
) -> None:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    kinds = {part.get_content_type() for part in house.last(JO, "acknowledgement").message.walk()}
    assert "text/html" in kinds
    house.write(SAM, "#adjust plain text", answers=house.last(SAM, "case_assigned"))
    house.turn()
    house.write(SAM, "We come on Friday.", answers=house.last(SAM, "case_assigned"))
    house.turn()
    assert house.last(JO, "handler_reply").message.get_content_type() == "text/plain"
    echo = house.last(SAM, "command_done").message
    assert "text/html" in {part.get_content_type() for part in echo.walk()}, "staff keep their buttons"
