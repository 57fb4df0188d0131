"""What is new in a reply, told from the history that mail programs carry along.

The first promise is that no word of the sender is lost: whatever is not clearly history stays. So a reply
that we can't take apart is new as a whole, words between quoted lines stay, a forwarded mail stays (it is
what the sender wants us to read), and "my answers are below in red" keeps everything. The whole text is
kept elsewhere in any case; this is only a view of it, for classifiers and commands.

Not meant for first contacts: those are never stripped (`reading` doesn't ask).
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence

from mailbot.postroom import hypertext

# ------------------------------------------------------------------ "On <date>, <somebody> wrote:"

# The verb that ends an attribution line, in the languages that mail programs speak.
_WROTE = (
    r"wrote|writes|schrieb|geschrieben|a\s+[ée]crit|escribi[óo]|escreveu|ha\s+scritto|schreef|"
    r"heeft\s+geschreven|"
    r"skrev|kirjoitti|napisał(?:\(a\)|a)?|pisze|napsal(?:\(a\)|a)?|nap[íi]sal(?:\(a\)|a)?|a\s+scris|"
    r"[íi]rta|"
    r"yazd[ıi]|έγραψε|написал(?:\(а\)|а)?|пишет|писал(?:\(а\)|а)?|пише|написав|كتب|写道|寫道|đã\s+viết|"
    r"(?:je\s+)?napisa(?:o|la)(?:/la)?(?:\s+je)?|ha\s+escrit|idatzi\s+du|作成|작성|のメール|さんは書きました|"
    r"написа|rašė|rakstīja|kirjutas|shkroi|ysgrifennodd|menulis|نوشت|लिखा|เขียนว่า|heeft[^\n:]{1,80}geschreven"
)
_WROTE_ENDS = re.compile(rf"(?:{_WROTE})\b[^\n:：]{{0,120}}[:：]\s*[*_]*\s*$", re.IGNORECASE)
_WROTE_DASHED = re.compile(rf"(?:{_WROTE})\s*-{{2,}}\s*$", re.IGNORECASE)
_ATTRIBUTION_STARTS = re.compile(
    r"^[\s*_]*(?:-{2,}\s*)?(?:On|Am|Le|El|Il|Op|Den|Em|W\s+dniu|Dnia|Dne|Dňa|În|Pe|At|In|From|Quoting|"
    r"V|Från|Vào|Στις|Em|Na|Sun|Mon|Tue|Wed|Thu|Fri|Sat|man|tir|tirs|ons|tor|tors|fre|lør|søn|"
    r"lun|mar|mer|mié|jeu|jue|ven|vie|sam|sáb|dim|dom|pon|wt|śr|czw|pt|sob|niedz|ma|di|wo|do|vr|za|zo|"
    r"Mo|Di|Mi|Do|Fr|Sa|So|пн|вт|ср|чт|пт|сб|вс|\d{1,4})\b[.,]?",
    re.IGNORECASE,
)
_SHARED_LINE = re.compile(r"-{2,4}\s*(On\s[^\n]{5,200}?\bwrote\s*(?::|-{2,}))\s*$")
# Gmail's form without a verb: "2026-11-03 10:15 GMT+00:00 Complaints <inbox@example.org>:"
_DATED_SENDER = re.compile(
    r"^\s*\d{4}[-/]\d{1,2}[-/]\d{1,2}[ T,]{1,3}\d{1,2}:\d\d[^\n]{0,120}<\s*[^<>\s]+@[^<>\s]+\s*>\s*:\s*$"
    r"|^\s*On \d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}, [^\n]{1,100} said:\s*$"
)
_HAS_TIME = re.compile(r"\d{1,2}[:.h]\d\d|\b\d{4}\b|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
# "..., 2026 at 10:15 AM, Complaints wrote:". A person writes "on 3 November at 10:15 your driver wrote:".
_HOUR = re.compile(r"\d{1,2}[:h時时]\d\d|\d{1,2}\.\d\d(?![\d.])|\d{1,2}\s?[ap]\.?m\b", re.IGNORECASE)
_MACHINE_DATED = re.compile(
    r"\d{4}\D{1,6}\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:\s*[AaPp]\.?[Mm]\.?)?(?:\s+[+\w]{1,6})?,\s+\S"
)
# What the lines of every mail program and language have that name the mail above which they stand: an address in
# brackets, a date or an hour, and a colon at the end. People don't write addresses in brackets.
_BRACKETED = re.compile(r"[<(\[]\s*(?:mailto:)?[^\s<>()\[\]]{1,64}@[^\s<>()\[\]]{1,255}\s*[>)\]]")
_ENDS_WITH_COLON = re.compile(r"[:：]\s*[*_]*\s*$")
_DATED_BY = re.compile(r"^\W{0,3}\d[^\n@]{6,60}\s[^\s@:]{1,64}@[^\s@:]{3,255}:$")  # Tutanota's
_TURNS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# GroupWise and Notes name it in a line of their own form, and quote without a mark.
_ALL_BELOW = re.compile(
    r"^>{3}\s(?:[^\n>]{0,200}<[^\s<>]+@[^\s<>]+>\s)?[^\n]{0,60}\d{1,2}[:.]\d\d[^\n]{0,40}>{3}\s*$"
    r"|^>{3}\sOn [^\n]{0,40}\d{1,2}[:.]\d\d[^\n]{0,40}, in message\b"
    r"|^\S[^\n]{0,80}\s-{3}\d{1,4}[./-]\d{1,2}[./-]\d{1,4} \d{1,2}:\d\d:\d\d(?: [AP]M)?-{3}"
)
_DECORATED = re.compile(r"^\s*>{1,9}[^<>\n]{1,80}<{1,9}\s*$")  # ">>> important <<<" is no quotation
_ATTRIBUTION_LINES = 6  # a long name or address breaks it over several lines
_ATTRIBUTION_CHARS = 400

# ------------------------------------------------------------------ "From: / Sent: / To: / Subject:"

_KEYS = {
    "from": "from von de da van fra från od lähettäjä kimden gönderen отправитель от від expéditeur remitente "
    "mittente feladó de_la oddi_wrth από nuo no saatja šalje nga từ dari من از מאת "
    "发件人 寄件者 寄件人 差出人 보낸사람 보낸_사람 จาก",
    "sent": "sent date gesendet datum envoyé envoyée enviado inviato verzonden sendt skickat enviat "
    "wysłano data fecha dato lähetetty elküldve küldve gönderildi tarih anfonwyd dyddiad στάλθηκε ημερομηνία "
    "odesláno odoslané dátum trimis отправлено изпратено надіслано дата išsiųsta nosūtīts saadetud poslano poslato "
    "dërguar đã_gửi ngày dikirim tanggal تم_الإرسال التاريخ تاریخ נשלח תאריך "
    "发送时间 日期 傳送日期 寄件日期 送信日時 日付 보낸날짜 보낸_날짜 날짜 ส่ง วันที่ received",
    "to": "to an à a para aan til till do komu vastaanottaja către catre кому до címzett kime alıcı at προς kam "
    "adressaat prima za për đến kepada ke إلى الى به אל 收件人 收件者 宛先 받는사람 받는_사람 ถึง per per_a",
    "subject": "subject betreff objet asunto assunto oggetto onderwerp emne ämne temat předmět tárgy pwnc θέμα "
    "predmet aihe konu тема относно tema temats teema zadeva assumpte chủ_đề perihal subjek subjekti الموضوع "
    "موضوع נושא 主题 主旨 件名 제목 เรื่อง subiect",
    "cc": "cc kopie copie copia kopi kopia dw bcc reply-to reply",
}
_KEY_KINDS = {word.replace("_", " "): kind for kind, words in _KEYS.items() for word in words.split()}
_KEY_LINE = re.compile(
    r"^[\s>*_]{0,12}([^\W\d_][\w-]{0,20})(\s[^\W\d_]{1,12})?[\s*_]{0,3}[:：][\s*_]{0,4}(.*)$"
)
_KEY_ENDS = frozenset({"le", "el", "den", "on", "à", "por", "da", "am"})  # "Envoyé le :", "Sent on:"
_MESSAGE_OF = re.compile(r"^[\s*]*Message du\s*:\s*\d", re.IGNORECASE)

_ORIGINAL = re.compile(
    r"^[\s>]*[-_=*]{2,}\s*(?:Original Message|Original-Nachricht|Urspr[üu]ngliche (?:Nachricht|E-?Mail)|"
    r"Message d['’]origine|Message original|Mensaje original|Mensagem original|Messaggio originale|"
    r"Oorspronkelijk bericht|Oprindelig meddelelse|Opprinnelig melding|Ursprungligt meddelande|"
    r"Wiadomość oryginalna|Oryginalna wiadomość|Původní zpráva|Pôvodná správa|Alkuperäinen viesti|"
    r"Исходное сообщение|Mesaj original|Original Appointment|Reply message|原始邮件|邮件原件|元のメッセージ)"
    r"\s*[-_=*]{2,}\s*(?:\S{0,3})\s*$",
    re.IGNORECASE,
)
# What ticket systems (and this one) write between an answer and their own words.
_ABOVE = re.compile(
    r"^[\s>]*[-_#=*~]{2,}[^\n]{0,40}(?:above this line|above the line|oberhalb dieser zeile|au-dessus de cette ligne|"
    r"encima de esta l[íi]nea|sopra questa riga|boven deze regel|powyżej tej linii|acima desta linha)[^\n]{0,80}$",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"^[\s>*_-]*(?:Forwarded message|Begin forwarded message|Weitergeleitete Nachricht|Message transféré|"
    r"Doorgestuurd bericht|Mensaje reenviado|Messaggio inoltrato|Videresendt|Vidarebefordrat)\b",
    re.IGNORECASE,
)
_ANSWERS_WITHIN = re.compile(
    r"\b(?:answers?|answered|comments?|commented|respon(?:ses?|ded)|repl(?:y|ies|ied)|"
    r"notes?)\b[^.\n]{0,60}?"
    r"\b(?:below|inline|in-line|in (?:red|blue|green|bold|capitals|caps|italics|purple|colour)|"
    r"underneath|in between|"
    r"within your|next to (?:each|your)|after each)\b"
    r"|\bsee (?:below )?in (?:red|blue|green|bold|capitals)\b",
    re.IGNORECASE,
)

# ------------------------------------------------------------------ signatures

_RULE = re.compile(r"^\s*[-–—_=*#~+]{2,}\s*$")
_SIGNATURE_RULE = re.compile(r"^(?:-- ?|— ?|–– ?|__+ ?)$")
_SENT_FROM = re.compile(
    r"^\W{0,3}(?:"
    r"(?:(?:sent|sending) (?:from|via|with|using|on)|from my)\s(?:[^.!?\n]|"
    r"[.?](?=\w)){1,90}?(?:[.,;-]{1,2} {0,3}(?:please |kindly )?"
    r"(?:excuse|pardon|forgive|apologies|sorry for)[^\n]{0,80})?\.?"
    r"|sent by \w{2,20}"
    r"|get \[?outlook for \w+\]?\s*[(<]?(?:https?:\S*)?[)>]?"
    r"|\[?get outlook for \w+\S*"
    r"|yahoo mail: search, organi[sz]e, conquer|sent from yahoo mail[^\n]{0,60}"
    r"|envoyé (?:depuis|de|à partir de) [^\n]{1,60}|von meinem [^\n]{1,40} gesendet|gesendet (?:von|"
    r"mit) [^\n]{1,60}"
    r"|diese nachricht wurde von [^\n]{1,80} gesendet\.?|verzonden (?:met|vanaf|vanuit) [^\n]{1,60}"
    r"|enviado (?:desde|do|de) [^\n]{1,60}|inviato da [^\n]{1,60}|sendt fra [^\n]{1,60}|"
    r"skickat från [^\n]{1,60}"
    r"|wysłane z [^\n]{1,60}"
    r"|從我的[^\n]{1,30}傳送|发自我的[^\n]{1,30}|iPhoneから送信|отправлено с [^\n]{1,60}"
    r")\W{0,3}$",
    re.IGNORECASE,
)
# In other languages: "sent", "from" and a device or a program, and nothing else in the line.
_SENT_ELSEWHERE = re.compile(
    r"^\W{0,3}(?:(?:gesendet|versendet|verschickt) (?:von|mit|aus|über)|envoy[ée]e? (?:de|depuis|avec|[àa] partir|via)|"
    r"enviad[oa] (?:desde|con|de|do|da|a partir|pelo|por)|inviat[oa] (?:da|dal|dalla|con|tramite)|"
    r"(?:verstuurd|verzonden|gestuurd) (?:van|vanaf|vanuit|met|via)|skickat (?:från|med|via)|"
    r"sendt (?:fra|med|via)|l[äa]hetetty|wys[łl]an[eoya] (?:z|ze|przez|za)|trimis[ăa]? (?:de|din|prin|cu|folosind)|"
    r"(?:odoslan[éeoá]|odesl[áa]no|poslano|poslato|posl[áa]no) (?:z|ze|s|sa|iz|pomoc[íi])|"
    r"отправлено (?:из|с|от|через)|изпратено (?:от|чрез|с)|надіслано (?:з|із|від)|išsi[ųu]sta (?:iš|naudojant)|"
    r"nos[ūu]t[īi]ts (?:no|ar)|saadetud|d[ëe]rguar (?:nga|me)|dikirim dari|anfonwyd o|elk[üu]ldve|στάλθηκε (?:από|με)|"
    r"gửi từ|تم الإرسال من|ارسال شده از|נשלח מ\S*|भेजा गया)(?:\s|$)(?:[^.!?\n]|[.](?=\w)){2,70}[.!]?\W{0,3}$"
    r"|^\W{0,3}(?:t[ée]l[ée]charger|obtenez|obt(?:er|ener|[ée]n)|ottieni|scarica|pobierz|hol(?:en sie sich)?|download)"
    r"\s[^.!?\n]{0,20}(?:outlook|yahoo|gmail)[^.!?\n]{0,60}$"
    r"|^\W{0,3}von mein\w{0,2} [^.!?\n]{2,40} (?:gesendet|versendet|verschickt)\.?\W{0,3}$"
    r"|^\S{2,30}d[ae]n g[öo]nderildi\.?$"
    r"|^[^.!?\n]{2,40}(?:から送信|에서 보냄|傳送|发送|發送)\W{0,3}$",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"phone|iphon|ipad|ipod|mail|mobile|mobil|android|samsung|galaxy|htc|nokia|huawei|xiaomi|pixel|"
    r"blackberry|outlook|"
    r"windows|tablet|cell\b|device|gmail|airmail|spark|proton|tutanota|aol|yahoo|alcatel|lumia|sky|virgin|"
    r"\bti-\d\d|torch|k-9|傳送|我的|から送信|xperia|typeapp|canary|\bapp\b|telefon|telefoon|tel[ée]fono|smart|"
    r"sony|motorola|oneplus|oppo|redmi|dispositi|appareil|ger[äa]t|toestel|urz[ąa]dzen|kom[óo]rk|"
    r"почт|телефон|мобил|устройств|κινητό|हाथ|הנייד|هاتف|\bthe (?:move|go)\b",
    re.IGNORECASE,
)
# "Sent from my desk, is much easier than my phone" is something that a person says.
_SENTENCE = re.compile(
    r"\b(?:is|are|was|were|has|had|have|but|because|when|until|since|which|that|you)\b", re.IGNORECASE
)
_SIGNATURE_LINES = 12
MAX_LINES = 10_000  # no person's reply is longer, and what a machine wrote needs no taking apart


def new_text(text: str) -> str:
    """What the sender of this reply wrote now. `text` may carry the marks of `hypertext`.

    Returns "" for a reply that holds nothing but a history, and all of it where nothing is recognised.
    """
    if text.count("\n") > MAX_LINES:
        return hypertext.unmarked(text).strip()
    kept, attributed, cut = _taken_apart(text)
    if cut is not None and _ANSWERS_WITHIN.search("\n".join(kept)):
        return hypertext.unmarked(text).strip()
    stripped = _without_signature(kept)
    if any(_worded(line) for line in stripped):
        return "\n".join(_trimmed(stripped))
    if any(_worded(line) for line in kept):
        return "\n".join(_trimmed(kept))  # all of it looked like a signature: then it is the message
    if attributed:
        return ""
    return hypertext.unmarked(text).strip()


def own_words(text: str) -> tuple[str, bool]:
    """What somebody wrote whose words go on to a third person, and whether they say that more of them stands within
    what they quote. The other promise than `new_text` makes: no quoted word stays, whatever is said of it, and where
    all is quoted nothing is left. A signature stays: it is theirs. `text` may carry the marks of `hypertext`."""
    if text.count("\n") > MAX_LINES:
        text = "\n".join(text.split("\n", MAX_LINES)[:MAX_LINES])
    kept, _, cut = _taken_apart(text)
    said = "\n".join(_trimmed(kept)) if any(_worded(line) for line in kept) else ""
    return said, cut is not None and bool(_ANSWERS_WITHIN.search(said))


@functools.lru_cache(maxsize=1)  # for a moment: of a reply both are asked, what is new and what may go on
def _taken_apart(text: str) -> tuple[tuple[str, ...], bool, int | None]:
    """What `_without_history` tells of the lines of `text`."""
    lines = _split_shared_lines([line.rstrip() for line in _with_quotes_shown(text).split("\n")])
    kept, attributed, cut = _without_history(lines)
    return tuple(kept), attributed, cut


def _with_quotes_shown(text: str) -> str:
    """The marks of the HTML turned into what plain text has for it: "> " before each quoted line."""
    if not any(
        mark in text for mark in (hypertext.QUOTE_OPENS, hypertext.INDENT_OPENS, hypertext.HISTORY_BEGINS)
    ):
        return text
    out: list[str] = []
    quoted: list[bool] = []
    for line in text.split("\n"):
        marks = [c for c in line if hypertext.QUOTE_OPENS <= c <= hypertext.HISTORY_BEGINS]
        bare = line
        for mark in marks:
            bare = bare.replace(mark, "")
            if mark == hypertext.QUOTE_OPENS:
                quoted.append(True)
            elif mark == hypertext.INDENT_OPENS:
                # A bare <blockquote> quotes where somebody "wrote:" just before it, else it only indents.
                quoted.append(any(quoted) or _attribution_ends(out))
            elif mark == hypertext.QUOTE_ENDS:
                if quoted:
                    quoted.pop()
            elif not any(quoted):
                out.append(hypertext.HISTORY_BEGINS)
        if marks and not bare.strip():
            continue
        out.append("> " + bare.strip() if any(quoted) else bare)
    return "\n".join(out)


def _attribution_ends(lines: list[str]) -> bool:
    last = next((line for line in reversed(lines[-8:]) if line.strip()), "")[-_ATTRIBUTION_CHARS:]
    return bool(_wrote(last) or _DATED_SENDER.match(last))


def _split_shared_lines(lines: list[str]) -> list[str]:
    """A reply may share its last line with the attribution: "thanks--- On 3 Nov, x@example.org wrote:"."""
    out: list[str] = []
    for line in lines:
        shared = _SHARED_LINE.search(line) if "wrote" in line and len(line) < 1_000 else None
        if shared and shared.start() and not line.startswith(">"):
            out += [line[: shared.start()], shared.group(1)]
        else:
            out.append(line)
    return out


def _without_history(lines: list[str]) -> tuple[list[str], bool, int | None]:
    """The lines that stay, whether any history was seen, and where everything after was cut off (or None)."""
    kept: list[str] = []
    attributed = something_said = False
    position = 0
    while position < len(lines):
        line = lines[position]
        if line == hypertext.HISTORY_BEGINS:
            return _without_lead(kept), True, position
        if _ALL_BELOW.match(line):
            return _without_lead(kept), True, position
        if line.lstrip()[:1] == ">" and not _DECORATED.match(line):
            position += 1
            continue
        if _FORWARDED.match(line):
            # A forwarded mail is part of the message, down to its end. Its own header is no history.
            kept += [rest for rest in lines[position:] if rest != hypertext.HISTORY_BEGINS]
            return kept, attributed, None
        if _ORIGINAL.match(line) or _ABOVE.match(line) or _header_block(lines, position):
            return _without_lead(kept), True, position
        length = _attribution(lines, position)
        if length:
            attributed = True
            after = position + length
            following = next((i for i in range(after, min(after + 4, len(lines))) if lines[i].strip()), None)
            if following is None or not lines[following].lstrip().startswith(">"):
                if following is None or _sure(lines[position:after], something_said):
                    return kept, True, position
                kept += lines[position:after]
            position = after
            continue
        kept.append(line)
        something_said = something_said or _worded(line)
        position += 1
    if not attributed and len(kept) < len(lines):
        # Quoted lines without a word on who wrote them: history all the same, unless there is nothing else.
        attributed = any(_worded(line) for line in kept)
    return kept, attributed, None


def _attribution(lines: list[str], position: int) -> int:
    """How many lines from here are "On ... wrote:", 0 where none is."""
    first = _TURNS.sub("", lines[position])
    if not first.strip() or len(first) > _ATTRIBUTION_CHARS:
        return 0
    if not any(map(_may_end, lines[position : position + _ATTRIBUTION_LINES])):
        return 0
    if not _ATTRIBUTION_STARTS.match(first):
        if first.lstrip()[:1] in ("<", "(", "["):
            return 0  # the second line of a long one
        if _names_a_mail(first):
            return 1
        if position and lines[position - 1].strip() and not lines[position - 1].lstrip().startswith(">"):
            return 0  # it stands within a paragraph of the sender's
    joined = ""
    blanks = 0
    for length in range(1, _ATTRIBUTION_LINES + 1):
        if position + length > len(lines):
            return 0
        if len(lines[position + length - 1]) > _ATTRIBUTION_CHARS:
            return 0
        line = _TURNS.sub("", lines[position + length - 1]).strip()
        if line.startswith(">") and "@" not in line and not _wrote(line):
            return 0
        if not line:
            blanks += 1
            if blanks > 1:
                return 0
        joined = f"{joined} {line}".strip()
        if len(joined) > _ATTRIBUTION_CHARS:
            return 0
        wrote = _wrote(line) or _wrote_dashed(line) or _DATED_SENDER.match(joined)
        if (wrote and (_HAS_TIME.search(joined) or "@" in joined)) or _names_a_mail(joined):
            # What stands before the last line that could begin it is the sender's own.
            later = (
                _attribution(lines, position + n) for n in range(1, length) if lines[position + n].strip()
            )
            if length > 1 and (not _HAS_TIME.search(first) or any(later)):
                return 0
            return length
        if _wrote(line):
            return 0
        if line.endswith((".", "!", "?")) and length > 1 and "@" not in line:
            return 0
    return 0


def _wrote(text: str) -> bool:
    """Whether it ends in "wrote:". The verbs of all languages are looked for only before a colon."""
    return bool(_ENDS_WITH_COLON.search(text) and _WROTE_ENDS.search(text))


def _wrote_dashed(text: str) -> bool:
    return "--" in text and bool(_WROTE_DASHED.search(text))


def _may_end(line: str) -> bool:
    return line.rstrip("*_ \t\u200e\u200f\u202c\u2069")[-1:] in (":", "：", "-")


def _names_a_mail(text: str) -> bool:
    """Whether this is the line by which a mail program of whatever language names the mail that it quotes."""
    if "@" not in text or not _ENDS_WITH_COLON.search(text):
        return False
    return bool(_BRACKETED.search(text)) or bool(_DATED_BY.match(text.strip()))


def _sure(attribution: list[str], something_said: bool) -> bool:
    """Whether an attribution that no quoted line follows is one all the same (Yahoo, Outlook on phones).

    Without a verb that we know, it takes an address in angle brackets, and words above it: if nothing stands
    above, what stands below may be all that the sender wrote.
    """
    joined = _TURNS.sub("", " ".join(attribution)).strip()
    if _MACHINE_DATED.search(joined):
        return True
    if "@" not in joined or not _HAS_TIME.search(joined):
        return False
    known = _wrote(joined) or _wrote_dashed(joined) or _DATED_SENDER.match(joined)
    return bool(known) or (something_said and ("<" in joined or bool(_DATED_BY.match(joined))))


def _header_block(lines: list[str], position: int) -> bool:
    """Whether an Outlook-like block of From, Sent, To, Subject starts here. "From: 9am until 5pm" is none, nor is the
    head of a letter that somebody wrote: mail programs give an address or the hour."""
    if _MESSAGE_OF.match(lines[position]):
        return True
    kind, value = _key_of(lines[position])
    if kind not in ("from", "sent", "subject", "to"):
        return False
    seen = {kind}
    addressed = "@" in value
    timed = bool(_HOUR.search(value))
    blanks = 0
    continued = 0
    for line in lines[position + 1 : position + 14]:
        if not line.strip():
            blanks += 1
            if blanks > 1 and len(seen) >= 3:
                break
            if blanks > 4:
                break
            continue
        other, text = _key_of(line)
        if other:
            seen.add(other)
            addressed = addressed or "@" in text
            timed = timed or bool(_HOUR.search(text))
            continued = 0
            continue
        continued += 1
        if continued > 2 or (blanks and len(seen) >= 3):
            break
    if (not value.strip() and kind == "from") or not (addressed or timed):
        return False
    named = seen - {"cc"}
    if kind == "from":
        return len(named) >= 3 or (len(named) >= 2 and addressed and "sent" in named)
    return len(named) >= (2 if addressed and kind == "sent" and "to" in named else 3) and (
        addressed or "subject" in named
    )


def _key_of(line: str) -> tuple[str, str]:
    if len(line) > 2_000:
        return "", ""
    found = _KEY_LINE.match(_TURNS.sub("", line))
    if not found:
        return "", ""
    first, second = (unicodedata.normalize("NFC", word or "").strip().lower() for word in found.group(1, 2))
    kind = _KEY_KINDS.get(f"{first} {second}", "") if second else _KEY_KINDS.get(first, "")
    if not kind and second in _KEY_ENDS:
        kind = _KEY_KINDS.get(first, "")
    return kind, found.group(3)


def _without_lead(kept: list[str]) -> list[str]:
    """Drop the rule that a mail program draws above the history."""
    end = len(kept)
    while end and (not kept[end - 1].strip() or _RULE.match(kept[end - 1])):
        end -= 1
    return kept[:end]


def _without_signature(lines: Sequence[str]) -> Sequence[str]:
    """Drop what mail programs set below a message: "-- " and after, "Sent from my phone", empty rules."""
    lines = _without_trailing_marks(lines)
    for index in range(max(0, len(lines) - _SIGNATURE_LINES), len(lines)):
        if _SIGNATURE_RULE.match(lines[index]) and _is_signature(lines[index + 1 :]):
            return _without_trailing_marks(lines[:index])
    return lines


def _is_signature(lines: Sequence[str]) -> bool:
    """Short lines, no sentences: a name, an office, numbers. A message after a rule is a message."""
    return all(len(line) <= 90 for line in lines) and not any(
        len(line.split()) > 7 and line.rstrip().endswith((".", "?", "!")) for line in lines
    )


def _without_trailing_marks(lines: Sequence[str]) -> Sequence[str]:
    end = len(lines)
    while end:
        line = lines[end - 1]
        if not _worded(line) or (
            len(line) < 200
            and (_SENT_FROM.match(line) or _SENT_ELSEWHERE.match(line))
            and _DEVICE.search(line)
            and not _SENTENCE.search(line)
        ):
            end -= 1
        else:
            break
    return lines[:end]


def _worded(line: str) -> bool:
    """Whether a line says anything. A single "👍" does, a rule or the dot of a tracking program doesn't."""
    return any((c.isalnum() and c != "\u1427") or unicodedata.category(c) == "So" for c in line)


def _trimmed(lines: Sequence[str]) -> Sequence[str]:
    begin, end = 0, len(lines)
    while begin < end and not lines[begin].strip():
        begin += 1
    while end > begin and not lines[end - 1].strip():
        end -= 1
    return lines[begin:end]
