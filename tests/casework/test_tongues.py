"""A mail that is not in English is put before whoever has the case, with how to have the letters written."""

from __future__ import annotations

import pytest

from mailbot.casework.adjusting import suggested
from mailbot.casework.tongues import seems_written_in


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (
            "Annwyl Syr/Fadam,\n\nRwyf yn ysgrifennu i gwyno am y tamprwydd yn fy fflat. Rwyf wedi cysylltu â chi dair "
            "gwaith ac nid oes neb wedi dod.",
            "Welsh",
        ),
        (
            "Dzień dobry, od trzech tygodni nie mam ogrzewania i nikt nie przyjechał. Mam dziecko. Proszę o pomoc.",
            "Polish",
        ),
        (
            "Bună ziua, nu am apă caldă de două săptămâni și nimeni nu a venit. Vă rog să mă ajutați.",
            "Romanian",
        ),
        ("Bonjour, je n'ai pas de chauffage depuis lundi et personne ne répond. Merci de m'aider.", "French"),
        ("Добрий день, у мене вже тиждень немає опалення і ніхто не приходить.", "Ukrainian"),
        ("میرے گھر میں تین ہفتے سے ہیٹنگ نہیں ہے اور کوئی نہیں آیا", "Urdu"),
    ],
)
def test_a_language_is_told_by_its_little_words_or_its_letters(text: str, language: str) -> None:
    assert seems_written_in(text) == language
    assert f"in {language}" in suggested(text)
    assert suggested(text, (f"in {language}, by post",)) == ()


@pytest.mark.parametrize(
    "text",
    [
        "The boiler has been off since Monday and nobody came. I am very unhappy.",
        "Bore da, the lift at Heol y Parc has been out of order for a week. Diolch, Gwen",
        "hello sir my house water come from up every day my kid sick i call call nobody come please you help me",
        "Complaint: no heat. Señor Núñez, 4 Calle Court.",
        "Nie mam",
        "",
    ],
)
def test_english_is_english_however_it_is_spelled(text: str) -> None:
    assert seems_written_in(text) == ""
