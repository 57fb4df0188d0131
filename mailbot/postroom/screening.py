"""Which mail must not be answered: bounces, out-of-office notices, lists, receipts, our letters come back.

Precision comes first. A resident who is taken for a machine gets no answer, so every verdict rests on
something that only machines write (a header field, a report's structure, a mailer-daemon's address) and never
on words alone: "I am out of the office all day, ring me" is a person. A verdict names its rule and the field
that spoke.

What a bounce reports is read in `bounces`.

Sources: RFC 3464 (delivery reports), RFC 3834 (automatic responses), RFC 2919 and 2369 (lists), RFC 8098
(read receipts), RFC 5546 (calendar answers), RFC 5965 (abuse reports).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from mailbot.postroom import mime, vacations
from mailbot.postroom.bounces import (
    null_return_path,
    original_id,
    report,
    sender_of,
    told_as_bounce,
    without_plus,
)
from mailbot.postroom.reading import Mail

Automatic = Literal["bounce", "vacation", "list", "other"]

LETTER_HEADER = "X-Mailbot-Letter"


@dataclass(frozen=True)
class Screening:
    """What a mail is, where it is not a person's. `automatic` None: a person wrote it, answer as usual.

    `failed_recipients` are lower-cased addresses, `original_message_id` is "<...>" or "": of bounces only.
    `letter_ids`: whatever in a bounce may name a letter of ours, surest first. `delayed`: the report says that
    delivery is still tried, so nothing has failed yet. `permanent`: another try would not help.
    """

    automatic: Automatic | None
    rule: str = ""
    header: str = ""
    failed_recipients: tuple[str, ...] = ()
    original_message_id: str = ""
    letter_ids: tuple[str, ...] = ()
    diagnostic: str = ""
    delayed: bool = False
    permanent: bool = False
    own_come_back: bool = False


def screen(mail: Mail, own: frozenset[str]) -> Screening:
    """Tell a person's mail from a machine's. `own`: our mailboxes' addresses, lower-cased, no plus-parts.

    Never raises, whatever the mail is.
    """
    found = told_as_bounce(mail)
    if found is not None:
        told = report(mail, own)
        return Screening(
            "bounce",
            *found,
            failed_recipients=told.failed,
            original_message_id=told.original_id,
            letter_ids=told.letter_ids,
            diagnostic=told.diagnostic,
            delayed=told.delayed,
            permanent=told.permanent,
        )
    if mail.header(LETTER_HEADER):
        return Screening("other", "our own letter came back", LETTER_HEADER, own_come_back=True)
    if mail.sender is not None and without_plus(mail.sender.address) in own:
        return Screening("other", "sent from our own address", "From", own_come_back=True)
    for rule in (_as_report, _as_challenge, _as_automatic_reply, _as_list, _as_machine):
        verdict = rule(mail, own)
        if verdict is not None:
            return verdict
    return Screening(None)


# ------------------------------------------------------------------ small readings


def _value(mail: Mail, name: str) -> str:
    """The topmost field of this name, lower-cased, without comments and parameters."""
    first = next(iter(mail.header(name)), "")
    return re.sub(r"\([^()]*\)", " ", first).split(";", 1)[0].strip().lower()


# ------------------------------------------------------------------ reports that are no bounces


_JUNK_REPORT = re.compile(r"^\s*complaint about message from \S+$", re.IGNORECASE)


_CLASSES: tuple[tuple[re.Pattern[str], Automatic, str], ...] = (
    # What Outlook calls the messages that it writes by itself (MS-OXOMSG, MS-OXOCAL), seen in a winmail.dat.
    (re.compile(r"^ipm\.note\.rules\.oof", re.IGNORECASE), "vacation", "an out-of-office notice of Outlook's"),
    (re.compile(r"^(?:report\.)?.*\.ipnn?rn$", re.IGNORECASE), "other", "read receipt of Outlook's"),
    (re.compile(r"^ipm\.(?:microsoft )?schedule\.(?:mtgresp|meeting\.resp)", re.IGNORECASE), "other",
     "calendar answer of Outlook's"),
)  # fmt: skip


def _as_report(mail: Mail, own: frozenset[str]) -> Screening | None:
    for pattern, kind, told in _CLASSES:
        if mail.message_class and pattern.match(mail.message_class):
            return Screening(kind, told, "winmail.dat")
    report = mail.structure.parameters.get("report-type", "").lower()
    kinds = {part.content_type for part in mail.structure.walk()}
    if report == "disposition-notification" or "message/disposition-notification" in kinds:
        return Screening("other", "read receipt (RFC 8098)", "Content-Type")
    if _value(mail, "content-class") == "urn:content-classes:mdn":
        return Screening("other", "read receipt (RFC 8098)", "Content-Class")
    if report == "feedback-report" or "message/feedback-report" in kinds:
        return Screening(
            "other", "feedback loop (RFC 5965)", "Content-Type", original_message_id=original_id(mail)
        )
    if _JUNK_REPORT.match(mail.subject) and any(
        b"x-hmxmroriginalrecipient:" in part.content(8_000).lower()
        for part in mail.structure.leaves()
        if part.content_type == "message/rfc822"
    ):
        return Screening(
            "other",
            "feedback loop (Microsoft's junk mail reports)",
            "Subject",
            original_message_id=original_id(mail),
        )
    for part in mail.structure.leaves():
        if part.content_type == "text/calendar":
            said = part.parameters.get("method", "") or _method_in(part)
            if said.upper() in ("REPLY", "COUNTER", "DECLINECOUNTER"):
                return Screening("other", "calendar answer (RFC 5546)", "Content-Type")
    return None


def _method_in(part: mime.Part) -> str:
    found = re.search(rb"^METHOD:([A-Za-z]{3,20})", part.content(20_000), re.MULTILINE)
    return found.group(1).decode("ascii") if found else ""


# ------------------------------------------------------------------ challenge-response

# Services that hold our letter back until we prove that we are a person. Nobody answers them: the answer would
# be a machine's, and a forged mail would make us confirm a stranger's (RFC 3834 section 2 asks them to say so).
_CHALLENGERS = re.compile(
    r"@(?:[a-z0-9-]+\.)*(?:boxbe\.com|spamarrest\.com|mailinblack\.com|tira-teima\.(?:[a-z]+\.)?uol\.com\.br|"
    r"bluebottle\.com|cleanmail\.(?:ch|de)|vanquish\.com|choicemail\.com|spamlion\.com|mailblocks\.com)$"
)
_CONFIRM_ADDRESS = re.compile(
    r"^[^@]{1,64}-confirm-[0-9a-z.]{6,80}@|^[^@]{0,40}(?:confirm|challenge|verify|captcha)[+=-][0-9a-z.=-]{6,80}@",
    re.IGNORECASE,
)
_CHALLENGE_FIELDS = ("x-tmda-confirm-done", "x-tmda-fingerprint", "x-qconfirm", "x-spamarrest-challenge")


def _as_challenge(mail: Mail, own: frozenset[str]) -> Screening | None:
    rule = "challenge-response: it asks us to prove that we are a person"
    if mail.sender is not None and _CHALLENGERS.search(mail.sender.address):
        return Screening("other", rule, "From")
    for name in _CHALLENGE_FIELDS:
        if mail.header(name):
            return Screening("other", rule, name)
    wanted = [mail.sender, *mail.reply_to]
    if any(address and _CONFIRM_ADDRESS.match(address.address) for address in wanted) and (
        null_return_path(mail) or _value(mail, "auto-submitted") or _value(mail, "precedence")
    ):
        return Screening("other", rule, "Reply-To" if mail.reply_to else "From")
    return None


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
    "x-autoresponder-revision",
    "x-vacation",
    "x-kerio-autoreply",
    "x-sieve-autoreply",
    "x-out-of-office",
    "auto-reply",
    "autoresponder",
)


def _as_automatic_reply(mail: Mail, own: frozenset[str]) -> Screening | None:
    submitted = _value(mail, "auto-submitted")
    if submitted.startswith("auto-replied"):
        return Screening("vacation", "answered automatically (RFC 3834)", "Auto-Submitted")
    announced = vacations.announced(mail.subject)
    if submitted and submitted != "no":
        kind: Automatic = "vacation" if vacations.speaks_of_absence(mail.subject) else "other"
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
    if vacations.speaks_of_absence(mail.subject):
        if null_return_path(mail):
            return Screening("vacation", "announced as an automatic reply", "Return-Path")
        if _value(mail, "precedence") in ("bulk", "junk"):
            return Screening("vacation", "announced as an automatic reply", "Precedence")
    if announced:
        # Words alone are a person's. Exchange says it in the subject and leaves one of these beside it.
        for name in (
            "x-auto-response-suppress",
            "x-ms-exchange-inbox-rules-loop",
            "x-ms-exchange-generated-message-source",
        ):
            if mail.header(name):
                return Screening("vacation", "announced as an automatic reply", name)
        if vacations.told_by_words(mail.subject, mail.new_text):
            return Screening("vacation", "announced and worded as an automatic reply", "Subject")
    return None


# ------------------------------------------------------------------ lists and machines

_LIST_FIELDS = (
    "list-id",
    "list-post",
    "mailing-list",
    "x-mailing-list",
    "x-list-id",
    "list-unsubscribe-post",
    "x-beenthere",
    "x-mailman-version",
    "x-listname",
    "x-ml-name",
    "x-mlserver",
    "x-google-group-id",
    # Programs for newsletters and campaigns; nothing that merely relays a person's mail writes these.
    "x-campaign",
    "x-campaignid",
    "x-campaign-id",
    "x-mc-user",
    "x-newsletter",
    "x-bulkmail",
    "x-lyris-message-id",
    "x-mailer-lid",
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
    r"|^(?:ne[-_.]?pas[-_.]?repondre|nicht[-_.]?antworten|no[-_.]?responder|nao[-_.]?responda|nie[-_.]?odpowiadaj|"
    r"non[-_.]?rispondere|peidiwch[-_.]?ag?[-_.]?ateb|nu[-_.]?raspunde|unattended|unmonitored)(?:[._+-].*)?$"
    r"|^(?:auto[-_.]?(?:reply|responder|response|confirm)|bounces?|mailer[-_.]?daemon|nobody)(?:[._+-].*)?$"
)


def takes_no_answers(address: str) -> bool:
    """Whether the address itself says so: no-reply and its kin in several languages, bounce and daemon addresses."""
    return bool(_NO_REPLY.match(address.rpartition("@")[0]))


# Programs that write by themselves: schedulers, and the ticket and notification systems of others.
_MACHINE_FIELDS = (
    "x-autogenerated",
    "x-cron-env",
    "x-auto-generated",
    "x-mailru-noreply",
    "x-otrs-loop",
    "x-jira-fingerprint",
    "x-github-reason",
    "x-facebook-notify",
    "x-linkedin-class",
    "x-servicenow-generated",
)


TAKES_NO_ANSWERS = "the sender takes no answers"
"""The rule by which only the address says that no person wrote: a landlord's own web form writes from such a one."""


def _as_machine(mail: Mail, own: frozenset[str]) -> Screening | None:
    local, _ = sender_of(mail)
    if _NO_REPLY.match(local):
        return Screening("other", TAKES_NO_ANSWERS, "From")
    if _value(mail, "auto-submitted") == "no":
        return None
    if null_return_path(mail):
        return Screening("other", "no envelope sender (RFC 5321 section 4.5.5)", "Return-Path")
    for name in _MACHINE_FIELDS:
        if mail.header(name):
            return Screening("other", "marked as written by a machine", name)
    return None
