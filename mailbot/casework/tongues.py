"""Which language a mail seems to be written in, where it is not English: put before a person and recorded by nobody.

Told by the letters of its script, or by the little words that every sentence of a language holds. Promises to say
nothing where it is not plain: English with a greeting in Welsh, a street's name, two languages in one mail.
"""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SMALL_ENGLISH: Final = """
the and to of is it in my you i not for have has was we that on with this your are be but they been so no can me at
from our what when how please"""
_ENGLISH: Final = frozenset(_SMALL_ENGLISH.split())
_LITTLE: Final = {
    "Welsh": "yn yr mae wedi ac nid nad rwyf rwy dw fy chi ei eu oes os ar gyda hyn bod gan gwyno diolch ddim neb",
    "Polish": "nie się jest mam proszę od na do że już jak co to dla bardzo dzień dobry nikt mnie jestem moje mój",
    "Romanian": "este nu și si am de la pentru bună mă vă nimeni sunt meu mea foarte rog cu nici mi",
    "Portuguese": "não está uma para com obrigado obrigada que meu minha há por ninguém muito estou tenho já",
    "Spanish": "no está una para con gracias que mi hay por nadie muy estoy tengo ya hola desde los",
    "French": "je ne pas est les une pour vous avec mon ma depuis bonjour merci personne nous dans très suis",
    "Italian": "non è una per con grazie che mio mia nessuno molto sono ho buongiorno da del",
    "German": "ich nicht ist die und mein meine seit bitte danke niemand mit sehr habe wir es ein zu",
    "Turkish": "bir ve bu için değil çok benim lütfen merhaba kimse ama var yok teşekkür ederim evim",
    "Lithuanian": "yra ne ir mano nuo prašau labas niekas kad su bet aš labai diena jau",
    "Somali": "waa iyo ku oo ka ee waxaan aan ma fadlan qof la guriga ayaa",
    "Albanian": "nuk është dhe një për me të unë askush ju lutem faleminderit shumë jam kam",
}  # fmt: skip
_LITTLE_WORDS: Final = {name: frozenset(words.split()) for name, words in _LITTLE.items()}
_SCRIPTS: Final = (
    ("Bengali", re.compile("[\u0980-\u09ff]")),
    ("Punjabi", re.compile("[\u0a00-\u0a7f]")),
    ("Gujarati", re.compile("[\u0a80-\u0aff]")),
    ("Tamil", re.compile("[\u0b80-\u0bff]")),
    ("Hindi", re.compile("[\u0900-\u097f]")),
    ("Amharic", re.compile("[\u1200-\u137f]")),
    ("Chinese", re.compile("[\u4e00-\u9fff]")),
    ("Urdu", re.compile("[\u0679\u0688\u0691\u06ba\u06be\u06d2]")),
    ("Farsi", re.compile("[\u067e\u0686\u0698\u06af]")),
    ("Arabic", re.compile("[\u0600-\u06ff]")),
    ("Ukrainian", re.compile("[\u0456\u0457\u0454\u0491]")),
    ("Bulgarian", re.compile("\u044a")),
    ("Russian", re.compile("[\u0430-\u044f]")),
)
"""Of scripts that several languages share the one whose own letters stand in it goes first."""
_FEWEST_WORDS: Final = 6


def seems_written_in(text: str) -> str:
    """The language's English name; "" for English, and where it is not plain."""
    said = text[:4_000].lower()
    words = _WORD.findall(said)
    if len(words) < _FEWEST_WORDS:
        return ""
    english = sum(word in _ENGLISH for word in words)
    if english > len(words) / 5:
        return ""
    foreign = sum(character > "\u036f" and character.isalpha() for character in said)
    if foreign > sum(map(str.isalpha, said)) / 2:
        return next((name for name, letters in _SCRIPTS if len(letters.findall(said)) >= 2), "")
    scores = sorted(
        ((sum(word in little for word in words), name) for name, little in _LITTLE_WORDS.items()),
        reverse=True,
    )
    (most, name), (second, _) = scores[0], scores[1]
    plain = most >= max(3, len(words) * 0.15) and most > second and english < most / 2
    return name if plain else ""
