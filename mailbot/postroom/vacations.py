"""Out-of-office notices by their words, in the languages that residents, their relatives and their advisers use.

Words alone are a person's: "I am out of the office all day, ring me" is written by somebody who sits before a
keyboard. So a notice is told by its words only where two things meet that no person writes together: the subject
begins with what a mail program puts before the subject that it answers ("Automatic reply: ..."), and the text
opens with the phrase of such a notice. Either of them alone says nothing.
"""

from __future__ import annotations

import re
import unicodedata

_ALSO_SAID = (
    r"out of (?:the )?office(?: (?:reply|notification|message))?|auto|absence du bureau|abwesenheits\w*"
)
_SUBJECTS = (
    # As Outlook, Exchange, Gmail, Thunderbird and the usual web mailers write it in each language.
    r"automatic (?:reply|response)|auto[- ]?(?:reply|response|responder)|out of (?:the )?office auto-?reply|"
    r"vacation (?:reply|message|auto-?reply|response)",
    r"(?:ymateb|ateb) awtomatig",  # Welsh
    r"automatyczna odpowied[zź]|odpowied[zź] automatyczna|autoodpowied[zź]",  # Polish
    r"r[aă]spuns automat",  # Romanian
    r"automatinis atsakymas",  # Lithuanian
    r"autom[aā]tisk[aā] atbilde",  # Latvian
    r"automaatvastus",  # Estonian
    r"resposta autom[aá]tica",  # Portuguese
    r"respuesta autom[aá]tica",  # Spanish
    r"r[ée]ponse automatique",  # French
    r"risposta automatica",  # Italian
    r"automatische antwort|abwesenheitsnotiz|auto(?:matische)?[- ]?antwort",  # German
    r"automatisch antwoord|afwezigheids\w*",  # Dutch
    r"automatiskt svar|automatisk svar|autosvar|automaattinen vastaus",  # Nordic languages
    r"otomatik (?:yan[ıi]t|cevap)",  # Turkish
    r"automatick[áa] odpov[eě][dď]|automatikus v[áa]lasz|samodejni odgovor|automatski odgovor",
    r"p[ëe]rgjigje automatike",  # Albanian
    r"автоматичен отговор|автоматический ответ|автоответ|автоматична відповідь",
    r"αυτόματη απάντηση",  # Greek
    r"رد تلقائي|پاسخ خودکار|خودکار جواب|מענה אוטומטי|תשובה אוטומטית|תגובה אוטומטית",
    r"स्वचालित उत्तर|স্বয়ংক্রিয় উত্তর|ਆਟੋਮੈਟਿਕ ਜਵਾਬ|સ્વચાલિત જવાબ|தானியங்கி பதில்",
    r"自动(?:答复|回复)|自動(?:回覆|応答|返信)|자동 ?(?:회신|응답)|tr[ảa] l[ờo]i t[ựu] [đd][ộo]ng",
)
_BY_A_PROGRAM = re.compile(rf"^\s*\[?(?:{'|'.join(_SUBJECTS)})\]?\s*[:：]", re.IGNORECASE)
_ANNOUNCED = re.compile(rf"^\s*\[?(?:{'|'.join(_SUBJECTS)}|{_ALSO_SAID})\]?\s*[:：]", re.IGNORECASE)

_SPEAKS = re.compile(
    rf"\bauto[- ]?(?:reply|response|responder|antwort)\b|\booo\b|\b(?:out of|away from) (?:the |my )?office\b|"
    r"\bvacation\b|\bon (?:annual |sick |maternity |parental )?leave\b|\bon holiday\b|\baway (?:until|from|on)\b|"
    r"\babsen(?:t|ce|z|ța)\b|\babwesen|\bau[ßs]er haus\b|nicht im b[üu]ro|\burlaub\b|\bafwezig|\bvakantie\b|"
    r"\bfuori (?:ufficio|sede)\b|\bfuera de (?:la )?oficina\b|\bausente\b|\bferiado\b|\bna urlopie\b|nieobecn|"
    r"\bkonced|\bfrånvaro\b|\bpoissa\b|\bизвън офиса|\bотсутств|\bотпуск|不在|休假|"
    rf"{'|'.join(_SUBJECTS)}",
    re.IGNORECASE,
)

_OPENINGS = (
    r"(?:i|we)(?:'m| am| are|'re| will be|'ll be) (?:currently |now |presently )?(?:out of (?:the |my )?office|"
    r"on (?:annual |maternity |paternity |sick |parental )?leave|away (?:from|until|on)|"
    r"on (?:holiday|vacation)|not in the office)",
    r"(?:thank you|thanks) for (?:your (?:e-?mail|message)|contacting|getting in touch)[^.]{0,60}[.!,]?\s+(?:please "
    r"note )?(?:that )?(?:i|we)(?:'m| am| are| will be)[^.]{0,80}(?:out of (?:the )?office|away|on [a-z ]{0,20}leave|"
    r"on holiday)",
    r"(?:dw i|rwyf|rydw i)[^!?]{0,40}(?:allan o'r swyddfa|ar wyliau|i ffwrdd)",
    r"(?:obecnie )?(?:jestem|przebywam|b[ęe]d[ęe])[^!?]{0,40}(?:poza biurem|na urlopie|nieobecn)",
    r"(?:sunt|voi fi|m[aă] aflu)[^!?]{0,40}(?:plecat|[iî]n concediu|[iî]n afara biroului)",
    r"(?:šiuo metu|atostogauj|esu)[^!?]{0,40}(?:atostog|ne biure|nedirb)",
    r"(?:estou|encontro-me|estarei)[^!?]{0,40}(?:fora do escrit[óo]rio|de f[ée]rias|ausente)",
    r"(?:estoy|estar[ée]|me encuentro)[^!?]{0,40}(?:fuera de la oficina|de vacaciones|ausente)",
    r"je (?:suis|serai)[^!?]{0,40}(?:absent|en cong[ée]|hors du bureau|en vacances)",
    r"(?:sono|sar[òo])[^!?]{0,40}(?:fuori ufficio|in ferie|assente)",
    r"ich bin[^!?]{0,60}(?:nicht im (?:b[üu]ro|haus)|im urlaub|abwesend|nicht erreichbar|au[ßs]er haus)",
    r"ik ben[^!?]{0,40}(?:afwezig|op vakantie|niet op kantoor|met vakantie)",
    r"(?:ofis dışında|izindeyim|izinde olaca|yıllık izin)",
    r"(?:jag|jeg) [äe]r[^!?]{0,40}(?:inte på kontoret|på semester|ikke på kontoret|på ferie)",
    r"(?:извън офиса|в отпуск|нет на рабочем месте|отсутств|у відпустці|поза офісом)",
    r"(?:εκτός γραφείου|σε άδεια)",
    r"(?:خارج المكتب|في إجازة|دفتر سے باہر|چھٹی پر)",
    r"(?:कार्यालय से बाहर|छुट्टी पर|অফিসের বাইরে|ছুটিতে|ਦਫ਼ਤਰ ਤੋਂ ਬਾਹਰ|ਛੁੱਟੀ)",
    r"(?:外出|休假|不在办公室|不在辦公室|휴가|부재)",
)
_OPENS = re.compile(
    rf"^(?:[^.!?]{{0,80}}[.,!:]\s+)?(?:[^.\n]{{0,60}}\s)?(?:{'|'.join(_OPENINGS)})", re.IGNORECASE
)


def announced(subject: str) -> bool:
    """Whether the subject begins as programs, and sometimes people, begin that of an automatic reply."""
    return bool(_ANNOUNCED.match(unicodedata.normalize("NFC", subject[:200])))


def speaks_of_absence(subject: str) -> bool:
    """Whether the subject speaks of an automatic reply or of an absence at all. People write such subjects, so this
    says something only of a mail that a machine is known to have sent."""
    plain = unicodedata.normalize("NFC", subject[:200])
    return announced(subject) or bool(_SPEAKS.search(plain))


def told_by_words(subject: str, text: str) -> bool:
    """Whether subject and first words are both those of an out-of-office notice, the subject as only programs
    write it."""
    if not _BY_A_PROGRAM.match(unicodedata.normalize("NFC", subject[:200])):
        return False
    words = " ".join(unicodedata.normalize("NFC", text[:1_000]).replace("\u2019", "'").split())[:400]
    return bool(_OPENS.match(words))
