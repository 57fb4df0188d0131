"""Which mail must not be answered: bounces, out-of-office notices, lists, receipts, our letters come back.

Precision comes first. A resident who is taken for a machine gets no answer, so every verdict rests on
something that only machines write (a header field, a report's structure, a mailer-daemon's address) and never
on words alone: "I am out of the office all day, ring me" is a person. A verdict names its rule and the field
that spoke.

What is found out about a bounce (who could not be reached, which of our letters it was) is a stranger's claim
like any other: whoever acts on it checks that we sent that letter to that address.

Sources: RFC 3464 (delivery reports), RFC 3834 (automatic responses), RFC 2919 and 2369 (lists), RFC 8098
(read receipts), RFC 5546 (calendar answers), RFC 5965 (abuse reports).
"""

from __future__ import annotations

import email
import email.message
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from flufl.bounce import all_failures

from mailbot.postroom import charsets, mime
from mailbot.postroom.reading import Mail, sound_address

Automatic = Literal["bounce", "vacation", "list", "other"]

LETTER_HEADER = "X-Mailbot-Letter"
MAX_SCANNED_BYTES = 200_000
MAX_RECIPIENTS = 100

# Its log lines carry parts of the mail, and the log is no place for those.
logging.getLogger("flufl.bounce").disabled = True
logging.getLogger("flufl.bounce._scan").disabled = True


@dataclass(frozen=True)
class Screening:
    """What a mail is, where it is not a person's. `automatic` None: a person wrote it, answer as usual.

    `failed_recipients` are lower-cased addresses, `original_message_id` is "<...>" or "": of bounces only.
    `delayed`: the report says that delivery is still tried, so nothing has failed yet.
    """

    automatic: Automatic | None
    rule: str = ""
    header: str = ""
    failed_recipients: tuple[str, ...] = ()
    original_message_id: str = ""
    diagnostic: str = ""
    delayed: bool = False
    own_come_back: bool = False


def screen(mail: Mail, own: frozenset[str]) -> Screening:
    """Tell a person's mail from a machine's. `own`: our mailboxes' addresses, lower-cased, no plus-parts.

    Never raises, whatever the mail is.
    """
    found = _as_bounce(mail)
    if found is not None:
        return _bounce(mail, own, *found)
    if mail.header(LETTER_HEADER):
        return Screening("other", "our own letter came back", LETTER_HEADER, own_come_back=True)
    if mail.sender is not None and _without_plus(mail.sender.address) in own:
        return Screening("other", "sent from our own address", "From", own_come_back=True)
    for rule in (_as_report, _as_automatic_reply, _as_list, _as_machine):
        verdict = rule(mail, own)
        if verdict is not None:
            return verdict
    return Screening(None)


# ------------------------------------------------------------------ small readings

_ADDRESS = re.compile(r"[^\s<>,;:\"'()\[\]\\@=|/]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,10}[A-Za-z0-9-]{2,24}")


def _without_plus(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local.split('+', 1)[0]}@{domain}"


def _value(mail: Mail, name: str) -> str:
    """The topmost field of this name, lower-cased, without comments and parameters."""
    first = next(iter(mail.header(name)), "")
    return re.sub(r"\([^()]*\)", " ", first).split(";", 1)[0].strip().lower()


def _null_return_path(mail: Mail) -> bool:
    """Whether the envelope had no sender (RFC 5321 section 4.5.5): whoever wrote it wants no answer."""
    paths = mail.header("return-path")
    return bool(paths) and bool(
        re.fullmatch(r"<\s*>|<?mailer-daemon(?:@[^<>\s]*)?>?", paths[0].strip(), re.IGNORECASE)
    )


def _leaves(part: mime.Part) -> Iterator[mime.Part]:
    if not part.parts:
        yield part
    for inner in part.parts:
        yield from _leaves(inner)


def _every(part: mime.Part) -> Iterator[mime.Part]:
    yield part
    for inner in part.parts:
        yield from _every(inner)


def _sender(mail: Mail) -> tuple[str, str]:
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
    r"^(?:\W{0,3}(?:undeliver(?:able|ed)|delivery (?:status notification|failure|has failed|notification)|"
    r"(?:mail|message|e-?mail) (?:delivery (?:failed|failure|has failed|has been delayed|error)|"
    r"not delivered|could not be delivered|system error)|"
    r"mail(?: delivery)? (?:system|subsystem)|returned mail|failure notice|non[- ]?delivery|"
    r"failed (?:mail|delivery)|delivery delayed|delayed mail|could not send|"
    r"warning: (?:message|could not send|e-?mail)|unzustellbar|non remis|no entregado|"
    r"niet te bezorgen|mislukt|"
    r"email bounce|your message to \S+ could not)|mail failure\.?$)",
    re.IGNORECASE,
)
_BOUNCE_WORDS = re.compile(
    r"could not be delivered|couldn't be delivered|not delivered|undeliver|"
    r"delivery (?:to the following|has failed|failed)|"
    r"permanent (?:fatal )?error|returned to sender|did not reach|user unknown|unknown user|"
    r"no such user|mailbox (?:full|unavailable)|"
    r"unable to deliver|failed permanently|was not delivered|will (?:keep trying|be retried)|"
    r"\b[45]\d\d[ -][#]?[45]\.\d{1,3}\.\d{1,3}",
    re.IGNORECASE,
)


def _as_bounce(mail: Mail) -> tuple[str, str] | None:
    """(rule, field) where this is a report on mail that could not be delivered, or not yet."""
    top = mail.structure
    report = top.parameters.get("report-type", "").lower()
    if report in ("delivery-status", "delivery-status-notification"):
        return "delivery report (RFC 3464)", "Content-Type"
    kinds = {part.content_type for part in _every(top)}
    if kinds & {"message/feedback-report", "message/disposition-notification"}:
        return None
    local, name = _sender(mail)
    about_delivery = bool(_BOUNCE_SUBJECT.match(mail.subject))
    null = _null_return_path(mail)
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
    office = bool(_OFFICES.match(local))
    worded = about_delivery or bool(_BOUNCE_WORDS.search(mail.text[:3_000]))
    if office and about_delivery:
        return "a postmaster's delivery notice", "From"
    if null and worded and not mail.is_reply and (about_delivery or office or _returns_a_mail(mail)):
        return "a delivery notice without an envelope sender", "Return-Path"
    if top.content_type == "multipart/report" and not mail.is_reply:
        return "a report of a mail system (RFC 6522)", "Content-Type"
    return None


def _reports(top: mime.Part) -> bool:
    """Whether a delivery report stands inside (a virus scanner's banner was put around it)."""
    return any(part.content_type == "multipart/report" for part in top.parts)


def _returns_a_mail(mail: Mail) -> bool:
    return any(
        part.content_type in ("message/rfc822", "text/rfc822-headers") for part in _leaves(mail.structure)
    ) or bool(_COPY_FOLLOWS.search(mail.text))


# ------------------------------------------------------------------ what does it report?

_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_COPY_TYPES = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers"})
_COPY_FOLLOWS = re.compile(
    r"^[ \t>*-]*(?:-{2,}[^\n]{0,40}(?:copy of|original message|undelivered|returned|unsent message|"
    r"your message)|"
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
_DIAGNOSTIC = re.compile(r"^[^\n]{0,200}\b[45]\d\d[ -][^\n]{5,300}$", re.MULTILINE)
_AT_LINE_START = re.compile(
    r"^[ \t>*]{0,8}(?:to:?\s+|recipient(?: address)?:\s*|\d+\.\s+)?[<\"'(\[]{0,2}(\S+@[^\s<>\"',;:()\]]+)",
    re.MULTILINE | re.IGNORECASE,
)


def _bounce(mail: Mail, own: frozenset[str], rule: str, header: str) -> Screening:
    reported = [
        one
        for part in _leaves(mail.structure)
        if part.content_type in _STATUS_TYPES
        for one in _reported(part)
    ]
    diagnostic = next((one["diagnostic-code"] for one in reported if one.get("diagnostic-code")), "")
    failed: tuple[str, ...]
    if reported:
        failed = _unique(_recipient(one) for one in reported if _has_failed(one))
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
    return Screening(
        "bounce",
        rule,
        header,
        failed_recipients=failed[:MAX_RECIPIENTS],
        original_message_id=_original_id(mail),
        diagnostic=charsets.one_line(diagnostic, 500),
        delayed=delayed,
    )


def _reported(part: mime.Part) -> Iterator[dict[str, str]]:
    """The groups of fields about one recipient each (RFC 3464 section 2.3)."""
    content = charsets.body_text(charsets.decode(part.content()[:MAX_SCANNED_BYTES]))
    for group in re.split(r"\n[ \t]*\n", content.strip("\n")):
        fields: dict[str, str] = {}
        for line in re.sub(r"\n[ \t]+", " ", group).split("\n"):
            name, colon, value = line.partition(":")
            if colon:
                fields.setdefault(name.strip().lower(), value.strip())
        if "final-recipient" in fields or "original-recipient" in fields or "x-actual-recipient" in fields:
            yield fields


def _has_failed(fields: dict[str, str]) -> bool:
    action = re.sub(r"\W.*", "", fields.get("action", "").lower())
    if action in ("delayed", "delivered", "relayed", "expanded"):
        return False
    return action == "failed" or not fields.get("status", "5").startswith(("2", "4"))


def _recipient(fields: dict[str, str]) -> str:
    """Whom our letter was for: the original recipient where the report knows it (RFC 3464 section 2.3.1)."""
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        kind, semicolon, value = fields.get(name, "").partition(";")
        found = _ADDRESS.search((value if semicolon else kind).replace("<", " ").replace(">", " "))
        if found:
            return sound_address(found.group())
    return ""


def _freely_reported(mail: Mail, own: frozenset[str]) -> tuple[str, ...]:
    """Failed recipients of a notice in no standard form."""
    named = mail.header("x-failed-recipients")
    if named:
        return _unique(sound_address(found) for line in named for found in _ADDRESS.findall(line))
    scanned = _scanned(mail)
    if scanned:
        return scanned
    notice = _notice(mail)
    for pattern in (_AT_LINE_START, _ADDRESS):
        spelled = (found.group(found.lastindex or 0) for found in pattern.finditer(notice))
        found = tuple(
            a
            for a in _unique(sound_address(one.strip(".,;:<>")) for one in spelled)
            if not _ours(a, own, mail)
        )
        if found:
            return found[:1] if pattern is _ADDRESS else found
    return ()


def _ours(address: str, own: frozenset[str], mail: Mail) -> bool:
    """Our own address, or the reporting system's: neither is who could not be reached."""
    local = address.rpartition("@")[0]
    return (
        _without_plus(address) in own
        or (mail.sender is not None and address == mail.sender.address)
        or bool(_DAEMONS.match(local) or _OFFICES.match(local))
        or local in ("abuse", "support", "helpdesk")
    )


def _scanned(mail: Mail) -> tuple[str, ...]:
    """What flufl.bounce reads out of the many home-made forms. Asked only about what is known as a bounce."""
    if len(mail.raw) > 4 * MAX_SCANNED_BYTES or sum(1 for _ in _every(mail.structure)) > 50:
        return ()
    try:
        parsed = email.message_from_bytes(mail.raw[:MAX_SCANNED_BYTES])
        _, permanent = all_failures(parsed)
        spelled = [address.decode("utf-8", "replace") for address in permanent]
    except Exception:
        # Its detectors index, decode and match a stranger's text with no promise about what they raise.
        return ()
    return _unique(sorted(sound_address(one.strip("<> \t\r\n")) for one in spelled))


def _notice(mail: Mail) -> str:
    """What the reporting system says itself, without the copy of our letter below it."""
    text = mail.text[:20_000]
    ends = [found.start() for found in (_COPY_FOLLOWS.search(text), _COPIED_HEADER.search(text)) if found]
    return text[: min(ends)] if ends and min(ends) > 40 else text[:8_000]


def _original_id(mail: Mail) -> str:
    """Message-ID of the letter that came back, "" where the notice doesn't say."""
    for part in _leaves(mail.structure):
        if part.content_type in _COPY_TYPES:
            found = _id_in(part.content()[:65_536])
            if found:
                return found
    for part in _leaves(mail.structure):
        if part.content_type.startswith("text/") or part.content_type in _STATUS_TYPES:
            ids = _COPIED_ID.findall(part.text()[:MAX_SCANNED_BYTES])
            if ids:
                return _tidy_id(ids[0])
    return next(iter(mail.in_reply_to), "") or (mail.references[-1] if mail.references else "")


def _id_in(copy: bytes) -> str:
    part, _ = mime.parse(copy)
    spelled = charsets.header_text(part.first("message-id"), 2_000)
    found = re.search(r"<[^<>]{1,900}>", spelled)
    if found is None:
        found = _COPIED_ID.search(charsets.body_text(charsets.decode(copy)))
    return _tidy_id(found.group(found.lastindex or 0)) if found else ""


def _tidy_id(text: str) -> str:
    return "".join(text.split())


def _unique(addresses: Iterator[str] | list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for address in addresses if address))


# ------------------------------------------------------------------ reports that are no bounces


def _as_report(mail: Mail, own: frozenset[str]) -> Screening | None:
    report = mail.structure.parameters.get("report-type", "").lower()
    kinds = {part.content_type for part in _every(mail.structure)}
    if report == "disposition-notification" or "message/disposition-notification" in kinds:
        return Screening("other", "read receipt (RFC 8098)", "Content-Type")
    if report == "feedback-report" or "message/feedback-report" in kinds:
        return Screening("other", "abuse report (RFC 5965)", "Content-Type")
    for part in _leaves(mail.structure):
        if part.content_type == "text/calendar":
            said = part.parameters.get("method", "") or _method_in(part)
            if said.upper() in ("REPLY", "COUNTER", "DECLINECOUNTER"):
                return Screening("other", "calendar answer (RFC 5546)", "Content-Type")
    return None


def _method_in(part: mime.Part) -> str:
    found = re.search(rb"^METHOD:([A-Za-z]{3,20})", part.content()[:20_000], re.MULTILINE)
    return found.group(1).decode("ascii") if found else ""


# ------------------------------------------------------------------ automatic replies

_AUTOREPLY_FIELDS = (
    "x-autoreply",
    "x-auto-reply",
    "x-autorespond",
    "x-autoresponse",
    "x-autoresponder",
    "x-autoreply-from",
    "x-auto-reply-from",
    "x-autoreply-domain",
    "x-mail-autoreply",
    "x-mdaemon-deliver-autoresponse",
    "auto-reply",
    "autoresponder",
)
_AUTOREPLY_SUBJECT = re.compile(
    r"^\s*(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response|antwort)|autoreply|"
    r"out of (?:the )?office(?: autoreply| reply| notification)?|"
    r"automatische antwort|abwesenheits\w*|réponse automatique|respuesta automática|risposta automatica|"
    r"automatisch antwoord|automatiskt svar|automatisk svar|automatyczna odpowiedź|resposta automática|"
    r"vacation (?:reply|message|auto-?reply)|auto)\s*[:：]",
    re.IGNORECASE,
)


def _as_automatic_reply(mail: Mail, own: frozenset[str]) -> Screening | None:
    submitted = _value(mail, "auto-submitted")
    if submitted.startswith("auto-replied"):
        return Screening("vacation", "answered automatically (RFC 3834)", "Auto-Submitted")
    announced = bool(_AUTOREPLY_SUBJECT.match(mail.subject))
    if submitted and submitted != "no":
        kind: Automatic = "vacation" if announced else "other"
        return Screening(kind, "written automatically (RFC 3834)", "Auto-Submitted")
    if submitted == "no":
        return None  # the sender's own system says that a person wrote it
    for name in _AUTOREPLY_FIELDS:
        if mail.header(name) and _value(mail, name) not in ("no", "false", "0"):
            return Screening("vacation", "marked as an automatic reply", name)
    for name in ("precedence", "preference", "x-precedence"):
        if _value(mail, name) in ("auto_reply", "auto-reply", "autoreply"):
            return Screening("vacation", "marked as an automatic reply", name)
    if _value(mail, "x-fc-machinegenerated") == "true" or _value(mail, "x-post-messageclass").startswith("9"):
        return Screening("vacation", "marked as an automatic reply", "X-FC-MachineGenerated")
    if any(_value(mail, "delivered-to").startswith(word) for word in ("autoresponder", "autoreply")):
        return Screening("vacation", "marked as an automatic reply", "Delivered-To")
    if announced:
        # Words alone are a person's. Exchange says it in the subject and leaves one of these beside it.
        for name in (
            "x-auto-response-suppress",
            "x-ms-exchange-inbox-rules-loop",
            "x-ms-exchange-generated-message-source",
        ):
            if mail.header(name):
                return Screening("vacation", "announced as an automatic reply", name)
        if _null_return_path(mail):
            return Screening("vacation", "announced as an automatic reply", "Return-Path")
        if _value(mail, "precedence") in ("bulk", "junk"):
            return Screening("vacation", "announced as an automatic reply", "Precedence")
    return None


# ------------------------------------------------------------------ lists and machines

_LIST_FIELDS = (
    "list-id",
    "list-post",
    "mailing-list",
    "x-mailing-list",
    "x-list-id",
    "list-unsubscribe-post",
)


def _as_list(mail: Mail, own: frozenset[str]) -> Screening | None:
    if _value(mail, "auto-submitted") == "no" or _through_our_own_list(mail, own):
        return None
    for name in _LIST_FIELDS:
        if mail.header(name):
            return Screening("list", "sent by a list (RFC 2919, RFC 2369)", name)
    precedence = _value(mail, "precedence")
    if precedence == "list":
        return Screening("list", "sent by a list", "Precedence")
    if precedence in ("bulk", "junk"):
        return Screening("list" if mail.header("list-unsubscribe") else "other", "sent in bulk", "Precedence")
    if mail.header("list-unsubscribe") and not mail.is_reply:
        return Screening("list", "sent by a list (RFC 2369)", "List-Unsubscribe")
    return None


def _through_our_own_list(mail: Mail, own: frozenset[str]) -> bool:
    """Whether our own mailbox is a group (Google, Exchange) that stamps residents' mail as list mail."""
    groups = [address.replace("@", ".") for address in own]
    stamped = [*mail.header("list-id"), *mail.header("list-post"), *mail.header("mailing-list")]
    return any(
        group in text.lower() or address in text.lower()
        for text in stamped
        for group, address in zip(groups, own, strict=True)
    )


_NO_REPLY = re.compile(
    r"^(?:[a-z0-9._-]{0,30}[._-])?(?:no|not|do[-_.]?not|dont|never|non)[-_.]?(?:reply|respond|"
    r"response|reponse|antwort)(?:[._+-].*)?$"
    r"|^(?:auto[-_.]?(?:reply|responder|response|confirm)|bounces?|mailer[-_.]?daemon|nobody)(?:[._+-].*)?$"
)


def _as_machine(mail: Mail, own: frozenset[str]) -> Screening | None:
    local, _ = _sender(mail)
    if _NO_REPLY.match(local):
        return Screening("other", "the sender takes no answers", "From")
    if _value(mail, "auto-submitted") == "no":
        return None
    if _null_return_path(mail):
        return Screening("other", "no envelope sender (RFC 5321 section 4.5.5)", "Return-Path")
    for name in ("x-autogenerated", "x-cron-env", "x-auto-generated", "x-mailru-noreply"):
        if mail.header(name):
            return Screening("other", "marked as written by a machine", name)
    return None
