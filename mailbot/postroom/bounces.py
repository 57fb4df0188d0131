"""Bounces: whether a mail reports that a letter could not be delivered, and what it reports.

A bounce is a stranger's claim like any other mail. What is read here (who was not reached, which letter it was)
moves nothing by itself: whoever acts on it checks that we sent that letter to that address.

Sources: RFC 3464 (delivery reports), RFC 5321 section 4.5.5 (empty envelope senders), and the notices that known
mail systems write in forms of their own, which flufl.bounce knows best.
"""

from __future__ import annotations

import email
import email.message
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flufl.bounce import all_failures

from mailbot.postroom import charsets, mime
from mailbot.postroom.reading import Mail, sound_address

MAX_SCANNED_BYTES = 200_000
MAX_SCANNED_LINES = 3_000  # some sixty patterns are tried on each
MAX_RECIPIENTS = 100

# Its log lines carry parts of the mail, and the log is no place for those.
logging.getLogger("flufl.bounce").disabled = True
logging.getLogger("flufl.bounce._scan").disabled = True


@dataclass(frozen=True)
class Report:
    """What a bounce says. `failed` are lower-cased addresses, `original_id` is "<...>" or "".

    `letter_ids` is everything in it that may name a letter of ours, surest first. `delayed`: delivery is still
    tried, so nothing has failed yet. `permanent`: trying again later would not help (RFC 3463 class 5).
    """

    failed: tuple[str, ...]
    original_id: str
    letter_ids: tuple[str, ...]
    diagnostic: str
    delayed: bool
    permanent: bool


# ------------------------------------------------------------------ small readings

_ADDRESS = re.compile(r"[^\s<>,;:\"'()\[\]\\@=|/]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,10}[A-Za-z0-9-]{2,24}")


def without_plus(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local.split('+', 1)[0]}@{domain}"


def null_return_path(mail: Mail) -> bool:
    """Whether the envelope had no sender (RFC 5321 section 4.5.5): whoever wrote it wants no answer."""
    paths = mail.header("return-path")
    return bool(paths) and bool(
        re.fullmatch(r"<\s*>|<?mailer-daemon(?:@[^<>\s]*)?>?", paths[0].strip(), re.IGNORECASE)
    )


def sender_of(mail: Mail) -> tuple[str, str]:
    """(local part, display name) of the sender, lower-cased."""
    if mail.sender is None:
        return "", ""
    return mail.sender.address.rpartition("@")[0], mail.sender.name.lower()


# ------------------------------------------------------------------ is it a bounce?

_DAEMONS = re.compile(
    r"^(?:mailer[-_.]?daemon|mail[-_.]?daemon|mail\.delivery\.system|maildelivery|bounce-?handler|"
    r"microsoftexchange[0-9a-f]{32})(?:[+-].*)?$"
)
_DAEMON_NAMES = re.compile(
    r"^(?:mail(?:er)?[ -]?daemon|mail delivery (?:sub)?system|system administrator|mail administrator|"
    r"e?mail delivery (?:service|failure)|internet mail delivery|microsoft outlook|delivery subsystem)$"
)
_OFFICES = re.compile(r"^(?:poo?stmaster|root|mail-?admin|administrator)(?:[+-].*)?$")
_BOUNCE_SUBJECT = re.compile(
    r"^(?:\W{0,3}(?:\[?postmaster\]?:? )?(?:undeliver(?:able|ed)|"
    r"(?:permanent |temporary |fatal |final |mail |message |e-?mail )?"
    r"delivery (?:status notification|failed|failure|has failed|has been delayed|notification|problem|report|error)|"
    r"(?:mail|message|e-?mail)(?: you sent)? (?:not delivered|could not be delivered|undeliverable|system error|"
    r"status - undeliverable)|"
    r"mail(?: delivery)? (?:system|subsystem)|returned (?:mail|e-?mail)|failure notice|"
    r"non[- ]?(?:delivery|deliverable)|"
    r"failed (?:mail|delivery)|delivery delayed|delayed mail|could not send|"
    r"warning: (?:message|could not send|e-?mail)|"
    r"notice: mail delivery|email bounce|"
    r"your (?:mail|message|e-?mail) to \S+ (?:could not|has been delayed|was not))|mail failure\.?$)"
    # The same in other languages, as Exchange, Exim and the large providers of each country write it.
    r"|^\W{0,3}(?:unzustellbar|nicht zustellbar|zustell(?:ung|fehler)|nachricht (?:unzustellbar|nicht zugestellt)|"
    r"non remis|message non (?:remis|distribu|d[ée]livr)|[ée]chec (?:de|d['’]envoi)|avis de non[- ]remise|"
    r"no (?:entregado|se (?:puede|pudo|ha podido) entregar)|mensaje (?:no entregado|devuelto)|error de entrega|"
    r"n[ãa]o (?:foi poss[íi]vel entregar|entregue)|mensagem (?:n[ãa]o entregue|devolvida)|falha na entrega|"
    r"mancata consegna|non recapitabile|impossibile recapitare|messaggio non (?:consegnato|recapitato)|"
    r"niet te bezorgen|onbestelbaar|mislukt|niet afgeleverd|"
    r"kan (?:ikke|inte|ej) leveres|kunne ikke leveres|kunde inte levereras|olevererbar|ikke leveret|toimitusvirhe|"
    r"niedor[ęe]cz|niemo[żz]liwe do dostarczenia|zwrot wiadomo|nedoru[čc]|k[ée]zbes[íi]thetetlen|nelivrat|"
    r"iletilemedi|teslim edilemedi|не доставлен|недоставлен|не удалось доставить|"
    r"配信不能|配信できません|配達不能|未送达|無法(?:傳遞|投遞)|无法(?:送达|投递)|退信|系统退信)",
    re.IGNORECASE,
)
_BOUNCE_WORDS = re.compile(
    r"could not be delivered|couldn't be delivered|not delivered|undeliver|"
    r"delivery (?:to the following|has failed|failed)|"
    r"permanent (?:fatal )?error|returned to sender|did not reach|user unknown|unknown user|"
    r"no such user|mailbox (?:full|unavailable)|"
    r"unable to deliver|failed permanently|was not delivered|will (?:keep trying|be retried)|"
    r"konnte nicht zugestellt|n['’]a pas pu [êe]tre (?:remis|distribu|d[ée]livr)|"
    r"no se (?:pudo|puede|ha podido) entregar|"
    r"non [èe]'? stato (?:consegnato|recapitato)|n[ãa]o p[ôo]de ser entregue|kon niet worden (?:bezorgd|afgeleverd)|"
    r"nie mo[żz]na dostarczy|не (?:может быть|было|удалось) доставл?|配信できません|無法|无法(?:送达|投递)|"
    r"\b[45]\d\d[ -][#]?[45]\.\d{1,3}\.\d{1,3}",
    re.IGNORECASE,
)


def told_as_bounce(mail: Mail) -> tuple[str, str] | None:
    """(rule, field) where this is a report on mail that could not be delivered, or not yet."""
    top = mail.structure
    if mail.sender and _AMAZON.search(mail.sender.address) and _AMAZON_BOUNCE.search(mail.text[:20_000]):
        return "Amazon SES tells of a bounce (its SNS notification)", "From"
    report = top.parameters.get("report-type", "").lower()
    if report in ("delivery-status", "delivery-status-notification"):
        return "delivery report (RFC 3464)", "Content-Type"
    kinds = {part.content_type for part in top.walk()}
    if kinds & {"message/feedback-report", "message/disposition-notification"}:
        return None
    local, name = sender_of(mail)
    about_delivery = bool(_BOUNCE_SUBJECT.match(mail.subject))
    null = null_return_path(mail)
    # Anybody may be called "System Administrator"; nobody has a mailer-daemon's address.
    daemon = bool(_DAEMONS.match(local)) or bool(_DAEMON_NAMES.match(name) and (about_delivery or null))
    if "message/delivery-status" in kinds and (
        daemon or top.content_type == "multipart/report" or _reports(top)
    ):
        return "delivery report (RFC 3464)", "Content-Type"
    if mail.header("x-failed-recipients"):
        return "names failed recipients", "X-Failed-Recipients"
    if daemon and (about_delivery or null or not mail.header("auto-submitted")):
        return "written by a mailer-daemon", "From"
    if mail.sender is None and about_delivery:
        return "a delivery notice without a sender", "Subject"
    office = bool(_OFFICES.match(local) or mail.header("x-mdaemon-deliver-to"))
    if office and about_delivery:
        return "a postmaster's delivery notice", "From"
    if (
        null
        and not mail.is_reply
        and (about_delivery or (_worded(mail) and (office or _returns_a_mail(mail))))
    ):
        return "a delivery notice without an envelope sender", "Return-Path"
    if top.content_type == "multipart/report" and not mail.is_reply:
        return "a report of a mail system (RFC 6522)", "Content-Type"
    return None


_AMAZON = re.compile(r"@(?:[a-z0-9-]+\.)*amazon(?:aws|ses)\.com$")
_AMAZON_BOUNCE = re.compile(r'\\*"notificationType\\*"\s*:\s*\\*"Bounce\\*"')
_AMAZON_RECIPIENT = re.compile(r'\\*"emailAddress\\*"\s*:\s*\\*"([^"\\\s]{3,254})\\*"')


def _worded(mail: Mail) -> bool:
    """Whether it speaks as delivery notices do."""
    return _BOUNCE_WORDS.search(mail.text[:3_000]) is not None


def _reports(top: mime.Part) -> bool:
    """Whether a delivery report stands inside (a virus scanner's banner was put around it)."""
    return any(part.content_type == "multipart/report" for part in top.parts)


def _returns_a_mail(mail: Mail) -> bool:
    return any(
        part.content_type in ("message/rfc822", "text/rfc822-headers") for part in mail.structure.leaves()
    ) or bool(_COPY_FOLLOWS.search(mail.text))


# ------------------------------------------------------------------ what does it report?

_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_COPY_TYPES = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers"})
_COPY_FOLLOWS = re.compile(
    r"^[ \t>*]{0,20}-{0,80}[ \t]{0,4}(?:-{2,9}[^\n]{0,40}(?:copy of|original message|undelivered|returned|"
    r"unsent message|your message)|"
    r"(?:below this line is a copy|this is a copy of|original message (?:follows|headers)|"
    r"(?:the )?(?:header|body|text) (?:of|part of) (?:the|your) (?:original )?message))[^\n]{0,160}$",
    re.IGNORECASE | re.MULTILINE,
)
_COPIED_ID = re.compile(
    r"^[ \t>|]*(?:(?:X-)?Original-)?Message-ID:[ \t]*(?:\n[ \t]+)?(<[^<>\n]{1,400}>)",
    re.IGNORECASE | re.MULTILINE,
)
_COPIED_HEADER = re.compile(r"^[ \t>|]*(?:Received|Return-Path|X-Received|DKIM-Signature): ?\S", re.MULTILINE)
_DELAYED = re.compile(
    r"\bdelay(?:ed)?\b|not yet been delivered|will (?:keep trying|continue to try|be retried|retry)|"
    r"still being retried|"
    r"has not yet been delivered|could not send message for past|warning message only",
    re.IGNORECASE,
)
_GAVE_UP = re.compile(
    r"\b(?:giving up|gave up|given up|permanent(?:ly)?|failed|undeliverable|expired|"
    r"could not be delivered to)\b",
    re.IGNORECASE,
)
# A full mailbox, a server that wants us to come back, a filter that disliked this letter: another one may arrive
# (RFC 3463 sections 3.3 and 3.8).
_MAY_PASS = re.compile(
    r"\b[45]\.2\.[23]\b|\b5\.7\.\d{1,3}\b|\b4\.\d{1,3}\.\d{1,3}\b|(?:mailbox|quota|inbox|account)\W+(?:is\W+)?(?:\w+\W+)?"
    r"(?:full|exceeded|over)|over ?quota|quota exceeded|try again later|temporar",
    re.IGNORECASE,
)
_DIAGNOSTIC = re.compile(r"^[^\n]{0,200}\b[45]\d\d[ -][^\n]{5,300}$", re.MULTILINE)
_AT_LINE_START = re.compile(
    r"^[ \t>*]{0,8}(?:to:?\s+|recipient(?: address)?:\s*|\d+\.\s+)?[<\"'(\[]{0,2}(\S+@[^\s<>\"',;:()\]]+)",
    re.MULTILINE | re.IGNORECASE,
)


def report(mail: Mail, own: frozenset[str]) -> Report:
    """What this bounce reports. `own`: our mailboxes' addresses, never among those who were not reached."""
    reported = [
        one
        for part in mail.structure.leaves()
        if part.content_type in _STATUS_TYPES
        for one in _reported(part)
    ]
    diagnostic = next((one["diagnostic-code"] for one in reported if one.get("diagnostic-code")), "")
    status = next((one["status"] for one in reported if one.get("status") and _has_failed(one)), "")
    failed: tuple[str, ...]
    if reported:
        failed = _written_to(_unique(_recipient(one) for one in reported if _has_failed(one)), mail)
        delayed = not failed and any(one.get("action", "").startswith("delay") for one in reported)
        if not failed and not delayed and any(map(_has_failed, reported)):
            failed = _freely_reported(mail, own)
    else:
        notice = _notice(mail)
        delayed = bool(_DELAYED.search(mail.subject) or _DELAYED.search(notice)) and not _GAVE_UP.search(
            mail.subject + " " + notice
        )
        failed = () if delayed else _freely_reported(mail, own)
    if not diagnostic:
        spoken = _DIAGNOSTIC.search(_notice(mail))
        diagnostic = spoken.group().strip() if spoken else ""
    original = original_id(mail)
    return Report(
        failed=failed[:MAX_RECIPIENTS],
        original_id=original,
        letter_ids=_unique([original, *mail.in_reply_to, *reversed(mail.references)])[:MAX_RECIPIENTS],
        diagnostic=charsets.one_line(diagnostic, 500),
        delayed=delayed,
        permanent=not delayed and not status.startswith("4") and not may_pass(f"{status} {diagnostic}"),
    )


def may_pass(answer: str) -> bool:
    """Whether an answer to one letter leaves hope for the next one to the same address."""
    return bool(_MAY_PASS.search(answer))


_RECIPIENT_FIELDS = ("original-recipient", "final-recipient", "x-actual-recipient")
_TYPED = re.compile(r"^[A-Za-z0-9 _-]{1,20};")  # RFC 3464 section 2.1.2: "rfc822;", "utf-8;"


def _reported(part: mime.Part) -> Iterator[dict[str, str]]:
    """The groups of fields about one recipient each (RFC 3464 section 2.3)."""
    content = charsets.body_text(charsets.decode(part.content(MAX_SCANNED_BYTES)))
    for group in re.split(r"\n[ \t]*\n", content.strip("\n")):
        fields: dict[str, str] = {}
        for line in re.sub(r"\n[ \t]+", " ", group).split("\n"):
            name, colon, value = line.partition(":")
            name = name.strip().lower()
            if name in fields and name in ("final-recipient", "original-recipient"):
                yield fields  # a sender of reports that leaves out the empty line between two recipients
                fields = {}
            if colon:
                fields.setdefault(name, value.strip())
        if not fields.keys().isdisjoint(_RECIPIENT_FIELDS):
            yield fields


_FAILED_ACTIONS = (
    "failed",
    "failure",
    "expired",
    "undeliverable",
    "undelivered",
)  # the first alone is RFC 3464's


def _has_failed(fields: dict[str, str]) -> bool:
    action = re.sub(r"\W.*", "", fields.get("action", "").lower())
    if action in ("delayed", "delivered", "relayed", "expanded"):
        return False
    return action in _FAILED_ACTIONS or not fields.get("status", "5").startswith(("2", "4"))


def _recipient(fields: dict[str, str]) -> str:
    """Whom our letter was for: the original recipient where the report knows it (RFC 3464 section 2.3.1)."""
    for name in _RECIPIENT_FIELDS:
        value = _TYPED.sub("", fields.get(name, ""))[:1_000].strip()
        whole = sound_address(
            re.sub(r"\s*\([^()]*\)$", "", value).rpartition("<")[2].rpartition(">")[0] or value
        )
        if whole:
            return whole
        found = _ADDRESS.search(value.replace("<", " ").replace(">", " "))
        if found:
            return sound_address(found.group())
    return ""


def _freely_reported(mail: Mail, own: frozenset[str]) -> tuple[str, ...]:
    """Failed recipients of a notice in no standard form: those to whom the letter went, where it says so."""
    return _written_to(_freely_named(mail, own), mail)


# Exim tells of an address that a mail was sent on to, and below it of the one that sent it on.
_GENERATED = re.compile(
    r"^[ \t]{1,8}(\S+@\S+)[ \t]*\n[ \t]+\(?generated (?:from|by) (\S+@[^\s)]+)", re.MULTILINE
)


def _written_to(failed: tuple[str, ...], mail: Mail) -> tuple[str, ...]:
    parents = {
        sound_address(after): sound_address(before)
        for after, before in _GENERATED.findall(_notice(mail))
        if sound_address(before)
    }
    return _unique(parents.get(one, one) for one in failed)


def _freely_named(mail: Mail, own: frozenset[str]) -> tuple[str, ...]:
    named = mail.header("x-failed-recipients")
    if named:
        return _unique(sound_address(found) for line in named for found in _ADDRESS.findall(line))
    if mail.sender and _AMAZON.search(mail.sender.address):
        return _unique(sound_address(found) for found in _AMAZON_RECIPIENT.findall(mail.text[:20_000]))
    scanned = _scanned(mail, own)
    if scanned:
        return scanned
    notice = _notice(mail)
    for pattern in (_AT_LINE_START, _ADDRESS):
        spelled = (found.group(found.lastindex or 0) for found in pattern.finditer(notice))
        found = _others((sound_address(one.strip(".,;:<>")) for one in spelled), own, mail)
        if found:
            return found[:1] if pattern is _ADDRESS else found
    return ()


def _others(addresses: Iterable[str], own: frozenset[str], mail: Mail) -> tuple[str, ...]:
    """Without our own addresses, and without whom the notice came to (who sent the letter) unless nobody else is
    named."""
    found = tuple(one for one in _unique(addresses) if not _ours(one, own, mail))
    return tuple(one for one in found if one not in mail.delivered_to) or found


def _ours(address: str, own: frozenset[str], mail: Mail) -> bool:
    """Our own address, or the reporting system's: neither is who could not be reached."""
    local = address.rpartition("@")[0]
    return (
        without_plus(address) in own
        or (mail.sender is not None and address == mail.sender.address)
        or bool(_DAEMONS.match(local) or _OFFICES.match(local))
        or local in ("abuse", "support", "helpdesk")
    )


def _scanned(mail: Mail, own: frozenset[str]) -> tuple[str, ...]:
    """What flufl.bounce reads out of the many home-made forms. Asked only about what is known as a bounce."""
    if len(mail.raw) > 4 * MAX_SCANNED_BYTES or sum(1 for _ in mail.structure.walk()) > 50:
        return ()
    try:
        lines = mail.raw[:MAX_SCANNED_BYTES].split(b"\n", MAX_SCANNED_LINES)[:MAX_SCANNED_LINES]
        parsed = email.message_from_bytes(b"\n".join(lines))
        _, permanent = all_failures(parsed)
        spelled = [address.decode("utf-8", "replace") for address in permanent]
    except Exception:
        # Its detectors index, decode and match a stranger's text with no promise about what they raise.
        return ()
    found = _others(sorted(sound_address(one.strip("<> \t\r\n")) for one in spelled), own, mail)
    notice = _notice(mail).lower()
    return tuple(one for one in found if one in notice) or found  # some read on into the copy of our letter


def _notice(mail: Mail) -> str:
    """What the reporting system says itself, without the copy of our letter below it."""
    text = mail.text[:20_000]
    ends = [found.start() for found in (_COPY_FOLLOWS.search(text), _COPIED_HEADER.search(text)) if found]
    return text[: min(ends)] if ends and min(ends) > 40 else text[:8_000]


def original_id(mail: Mail) -> str:
    """Message-ID of the letter that came back, "" where the notice doesn't say.

    What the reporting system says in its own words comes first (Exchange and Oracle's server write the letter's
    header fields there), then the copy of the letter, then any text.
    """
    for part in mail.structure.leaves():
        if part.content_type in _COPY_TYPES or part.content_type in _STATUS_TYPES:
            break
        if part.content_type == "text/plain" and (told := _COPIED_ID.search(part.text(MAX_SCANNED_BYTES))):
            return _tidy_id(told.group(1))
    for part in mail.structure.leaves():
        if part.content_type in _COPY_TYPES:
            found = _id_in(part.content(65_536))
            if found:
                return found
    for part in mail.structure.leaves():
        if part.content_type.startswith("text/") or part.content_type in _STATUS_TYPES:
            ids = _COPIED_ID.findall(part.text(MAX_SCANNED_BYTES))
            if ids:
                return _tidy_id(ids[0])
    return next(iter(mail.in_reply_to), "") or (mail.references[-1] if mail.references else "")


def _id_in(copy: bytes) -> str:
    part, _ = mime.parse(copy)
    spelled = charsets.header_text(part.first("message-id"), 2_000)
    found = re.search(r"<[^<>]{1,900}>", spelled)
    if found is None:
        found = _COPIED_ID.search(charsets.body_text(charsets.decode(copy)))
    if found is None and re.fullmatch(r"[^\s<>]{1,400}@[^\s<>]{1,400}", spelled.strip()):
        return f"<{spelled.strip()}>"
    return _tidy_id(found.group(found.lastindex or 0)) if found else ""


def _tidy_id(text: str) -> str:
    return "".join(text.split())


def _unique(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for address in addresses if address))
