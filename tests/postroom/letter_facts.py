"""Facts for every letter, as the core would order it."""

from __future__ import annotations

from collections.abc import Mapping

from mailbot.casework.vocabulary import Fact, Letter

REFERENCE = "CC-2026-004217-7"


def row(reference: str, lead: str, *cells: str) -> Fact:
    """A line of a table of cases, with a colleague to ask and a command to press."""
    ask: Fact = {"label": "Ask Joan", "to": "joan.bakare@thamesmeadow.example"}
    press: Fact = {"label": "History", "line": "#history", "body": ""}
    return {"lead": lead, "under": reference, "cells": list(cells), "buttons": [ask, press]}


CASE: Mapping[str, Fact] = {
    "reference": REFERENCE,
    "stage_name": "Stage 1",
    "resident_name": "Amina Begum",
}
HANDLER: Fact = {
    "name": "Joan Bakare",
    "title": "Complaints Officer",
    "phone": "020 7946 0177",
    "address": "",
}
DEFINITION = (
    "The boiler has been off since 3 March and nobody came on the two days that you gave me. I took two days "
    "off work for nothing.\n\nMy son has asthma and it is 12 degrees in his room. I rang four times and each "
    "time somebody said that they would call me back. Nobody did."
)
ACTIONS: Fact = [
    {"number": 1, "text": "Fit a new boiler fan", "due": "2026-03-20"},
    {"number": 2, "text": "Check the radiators in both bedrooms", "due": "2026-03-27"},
    {"number": 3, "text": "Tell you what we changed in how we book visits", "due": ""},
]
ANSWER = (
    "We looked at our repair records and spoke to the contractor.\n\nTwo visits were booked, for 5 and 9 "
    "March. "
    "The contractor went to the wrong block on both days. That was our mistake: our records had the old "
    "address.\n\n"
    "I am sorry. You should have had heating within 24 hours, and somebody should have called you back."
)
DUTIES: Fact = [
    {
        "what": "Stage 1 contact with the resident",
        "target": "2026-03-13",
        "outer": "2026-03-13",
        "clause": "3.2 b2",
    },
    {
        "what": "Stage 1 acknowledgement",
        "target": "2026-03-19",
        "outer": "2026-03-19",
        "clause": "3.2 b3, Code 6.2",
    },
    {"what": "Stage 1 response", "target": "2026-03-26", "outer": "2026-04-02", "clause": "3.2 b4, Code 6.3"},
]
COMMANDS: Fact = [
    {"label": "Send acknowledgement now", "line": "#acknowledge", "body": ""},
    {"label": "Record contact", "line": "#contacted by phone", "body": ""},
    {
        "label": "Send response",
        "line": "#respond upheld",
        "body": "Write the response to the resident below.",
    },
    {
        "label": "Ask for an extension",
        "line": "#extend 10 working days because ",
        "body": "Say why & for how long.",
    },
    {"label": "Pass on", "line": "#assign ", "body": ""},
]
CASE_MAIL: Mapping[str, Fact] = {
    **CASE,
    "handler_name": "Joan Bakare",
    "resident": {"name": "Amina Begum", "address": "amina.begum@example.org"},
    "received_on": "2026-03-12T09:41:07+00:00",
    "subject": "No heating & nobody calls back <again>",
    "text": DEFINITION,
    "history": "12 March 2026: case opened (Code 6.2)\n12 March 2026: given to Joan Bakare",
    "kind_words": "a complaint",
    "confidence": 93,
    "reasons": ["nobody came", "took two days off work", "rang four times"],
    "flags": [
        {"words": "Danger to health or safety", "phrase": "12 degrees in his room"},
        {"words": "Vulnerability", "phrase": "my son has asthma"},
    ],
    "duties": DUTIES,
    "actions": [{"number": 1, "text": "Lend two heaters", "due": "2026-03-13"}],
    "attachments": ["bedroom.jpg", "letter from school.pdf"],
    "how_found": "reply address",
    "commands": COMMANDS,
    "because": ["3.2 b3", "Code 6.2"],
    "warning": "This came from an address that isn't a party to the case.",
    "service_request": False,
    "proposals": ["Ground age: older than six months (3.3 e1). You decide; the complaint goes on."],
    "authority": "needed",
    "linked": ["CC-2026-004198-3"],
    "approval": "Marta Okafor must approve the response: send it by 2026-03-25.",
}

FACTS: Mapping[Letter, Mapping[str, Fact]] = {
    Letter.ACKNOWLEDGEMENT: {
        **CASE,
        "stage": 1,
        "received_on": "2026-03-12",
        "definition": DEFINITION,
        "outcome_sought": "I want the boiler fixed and my two days' pay back.",
        "handler": HANDLER,
        "respond_by": "2026-03-26",
        "contact_by": "2026-03-17",
        "next_stage_name": "Stage 2",
        "late": True,
        "from_service_request": True,
        "provisional": True,
        "representative": True,
        "hazard": True,
        "information": [
            {
                "title": "Is your building safe?",
                "text": "You can also tell the Building Safety Regulator. It looks after tall buildings.",
            }
        ],
        "early_choice": True,
        "unnamed": False,
        "confirm_by": "2026-03-23",
    },
    Letter.SERVICE_REQUEST_RECEIPT: {
        **CASE,
        "stage_name": "Service request",
        "received_on": "2026-03-12",
        "request": "The light on the stairs of Block C is out. Could you send somebody?",
        "handler": HANDLER,
        "hazard": False,
    },
    Letter.HANDLER_REPLY: {
        **CASE,
        "handler": HANDLER,
        "text": "Thank you for the photos. I passed them to the surveyor.\n\nShe will call you on Monday.",
    },
    Letter.RESPONSE: {
        **CASE,
        "stage": 1,
        "handler": HANDLER,
        "decision": "upheld",
        "definition": DEFINITION,
        "text": ANSWER,
        "actions": ACTIONS,
        "next_stage_name": "Stage 2",
        "window_ends": "2026-04-24",
        "close_on": "2026-04-27",
    },
    Letter.FINAL_RESPONSE: {
        **CASE,
        "stage_name": "Stage 2",
        "stage": 2,
        "handler": {
            "name": "Peter Lindqvist",
            "title": "Head of Repairs",
            "phone": "",
            "address": "Wharf House",
        },
        "decision": "partly upheld",
        "definition": DEFINITION,
        "text": ANSWER,
        "actions": ACTIONS,
        "next_stage_name": "",
        "window_ends": "",
        "close_on": "2026-05-29",
        "ombudsman_until": "2027-04-30",
    },
    Letter.EXTENSION_NOTICE: {
        **CASE,
        "original_due": "2026-03-26",
        "new_due": "2026-04-09",
        "reason": "The surveyor's report on the flue arrives on 2 April, and our answer depends on it.",
        "handler": HANDLER,
        "agreement": True,
        "next_update_by": "2026-04-01",
    },
    Letter.CLOSING_REMINDER: {
        **CASE,
        "responded_on": "2026-03-26",
        "close_on": "2026-04-27",
        "next_stage_name": "Stage 2",
    },
    Letter.CLOSURE: {
        **CASE,
        "closed_because": "silence",
        "closed_on": "2026-04-27",
        "next_stage_name": "Stage 2",
        "window_ends": "2026-09-26",
        "ombudsman_until": "",
    },
    Letter.REOPENED: {**CASE, "handler": HANDLER},
    Letter.SIGNPOSTING: {
        **CASE,
        "stage_name": "Stage 2",
        "final_response_on": "2026-04-30",
        "ombudsman_until": "2027-04-30",
    },
    Letter.REFUSAL: {
        **CASE,
        "handler": HANDLER,
        "reasons": (
            "You first told us about the fence on 4 May 2019 and we answered you that summer. The people who "
            "dealt with it have left, and the fence has been replaced since.\n\nWe asked ourselves whether we "
            "should look at it all the same. You told us of no reason why you could not write sooner."
        ),
        "ground": "how long ago it happened",
        "instead": "Our estate team will look at the new fence with you on 2 April.",
        "definition": "The fence fell down in 2019 and you left me with no garden for a summer.",
    },
    Letter.NON_ESCALATION: {
        **CASE,
        "handler": HANDLER,
        "reasons": (
            "The court is dealing with the same matter. The claim form and its details were filed on 2 March 2026."
        ),
        "definition": DEFINITION,
        "requested_on": "2026-04-20",
    },
    Letter.UPDATE: {
        **CASE,
        "handler": HANDLER,
        "text": "The contractor has ordered the part. It comes on Monday.\n\nI will ring you when it is here.",
        "respond_by": "2026-04-09",
        "next_update_by": "2026-04-01",
    },
    Letter.SURVEY: {
        **CASE,
        "closed_on": "2026-04-27",
        "survey_link": "https://survey.thamesmeadow.example/complaints",
    },
    Letter.THIRD_PARTY_RECEIPT: {
        **CASE,
        "received_on": "2026-03-12",
        "role": "office",
        "handler": HANDLER,
        "respond_by": "2026-03-26",
        "response_to": "resident",
        "authority": "needed",
        "recipient_name": "Ruth Adeyemi MP",
    },
    Letter.AUTHORITY_REQUEST: {
        **CASE,
        "writer_name": "Yusuf Begum",
        "received_on": "2026-03-12",
        "handler": HANDLER,
    },
    Letter.CONTACT_LIMIT: {
        **CASE,
        "handler": HANDLER,
        "text": "You rang 40 times on 3 March, and our staff could not take other calls. We told you on 4 March.",
        "limit": "one email a week, which we answer on Fridays",
        "review_on": "2026-06-01",
    },
    Letter.ADDRESS_REQUEST: {
        **CASE,
        "address": "a.begum@work.example",
        "received_on": "2026-03-12",
        "handler": HANDLER,
    },
    Letter.OFFICE_REPLY: {
        **CASE,
        "handler": HANDLER,
        "responded_on": "2026-03-26",
        "shared": True,
        "text": ANSWER,
        "recipient_name": "Ruth Adeyemi MP",
    },
    Letter.DATA_PROTECTION_ACKNOWLEDGEMENT: {
        **CASE,
        "stage_name": "",
        "received_on": "2026-03-12",
        "request": "You sent my letter to the flat next door. Who else has seen my papers?",
        "handler": {
            "name": "Priya Nair",
            "title": "Data Protection Officer",
            "phone": "020 7946 0155",
            "address": "",
        },
        "linked_reference": "CC-2026-004198-3",
    },
    Letter.FEEDBACK_RECEIPT: {
        **CASE,
        "stage_name": "",
        "kind": "compliment",
        "passed_to": "the repairs team",
    },
    Letter.CASE_ASSIGNED: {**CASE_MAIL, "history": "", "warning": ""},
    Letter.CASE_MAIL: CASE_MAIL,
    Letter.CONFIRM_ACKNOWLEDGEMENT: {
        **CASE,
        "handler_name": "Joan Bakare",
        "goes_out_on": "2026-03-18",
        "preview": "Dear Amina Begum,\n\nThank you for telling us. We received it on 12 March 2026.",
        "commands": COMMANDS,
    },
    Letter.CHASER: {
        **CASE,
        "handler_name": "Joan Bakare",
        "lines": [
            {
                "reference": REFERENCE,
                "subject": "No heating & nobody calls back",
                "what": "Stage 1 response",
                "target": "2026-03-26",
                "outer": "2026-04-02",
                "days_late": 3,
                "clause": "3.2 b4, Code 6.3",
                "stage_name": "Stage 1",
            }
        ],
        "supervisor_copied": True,
        "commands": COMMANDS,
    },
    Letter.COMMAND_DONE: {
        **CASE,
        "handler_name": "Joan Bakare",
        "done": "The contact by phone on 13 March 2026 is recorded.",
        "sent_text": "",
        "promise": "Our plumber will mend the ceiling on 20 March.",
        "duties": DUTIES,
    },
    Letter.COMMAND_REFUSED: {
        **CASE,
        "handler_name": "Joan Bakare",
        "understood": "#extnd 10 working days",
        "problem": "There is no command #extnd.",
        "right_forms": ["#extend 10 working days because REASON", "#extend until 9 April because REASON"],
        "relayed": False,
        "also": ["#contacted by phone", "#action repair the fan by 9 April"],
    },
    Letter.CONFIRM_ACT: {
        **CASE,
        "handler_name": "Joan Bakare",
        "written_by": "Joan Bakare",
        "written_at": "2026-03-12T09:30:00+00:00",
        "lacks": "it does not answer a mail that we sent you",
        "lines": ["#extend 10 working days because the surveyor is ill", "#note rang her at nine"],
        "text": "She is at home on Friday.",
        "until": "2026-03-16",
        "commands": [{"label": "Confirm", "line": "#confirm 1", "body": ""}],
    },
    Letter.APPROVAL_REQUEST: {
        **CASE,
        "handler_name": "Marta Okafor",
        "by": "Joan Bakare",
        "decision": "upheld",
        "definition": DEFINITION,
        "text": ANSWER,
        "due": "2026-03-26",
        "commands": [
            {"label": "Approve and send", "line": "#approve", "body": ""},
            {"label": "Send back", "line": "#return ", "body": "Say what should be changed."},
        ],
        "duties": DUTIES,
        "because": ["8.1"],
    },
    Letter.RELEASE_REQUEST: {
        **CASE,
        "handler_name": "Joan Bakare",
        "letter_words": "acknowledgement",
        "to": "amina.begum@example.org",
        "preview": "Dear Amina Begum,\n\nThank you for your complaint of 12 March 2026.",
        "why": "it was written on 9 March 2026, before mailbot was set aside",
        "last_day": "2026-03-19",
        "tone": "",
        "commands": [
            {"label": "Send it", "line": "#acknowledge", "body": ""},
            {"label": "Don't send it", "line": "#discard acknowledgement because ", "body": "Say why."},
        ],
        "because": ["Code 6.2", "House 48"],
    },
    Letter.ROUTED: {
        **CASE,
        "kind_words": "noise and trouble between neighbours",
        "why": "The policy gives what neighbours do to your team. How we dealt with it stays a complaint.",
        "clauses": ["4.5"],
        "sender": {"name": "Amina Begum", "address": "amina.begum@example.org"},
        "received_on": "2026-03-12T09:41:07+00:00",
        "subject": "Music every night, and you do nothing",
        "text": "The flat above plays music until three. I told you in January and heard nothing.",
        "restricted": False,
        "attachments": ["diary.pdf"],
        "case_handler": "Joan Bakare",
        "goes_on": "The complaint goes on: Joan Bakare answers it by 2026-03-26.",
        "complaint": True,
    },
    Letter.QUESTION: {
        **CASE,
        "stage_name": "To be sorted",
        "number": 12,
        "sender": {"name": "Owen Pryce", "address": "owen.pryce@example.org"},
        "subject": "Windows",
        "text": "Still waiting for the windows. Is anybody doing anything?",
        "received_on": "2026-03-12T17:05:00+00:00",
        "readings": [
            {"words": "a complaint", "percent": 52, "reasons": ["still waiting", "anybody doing anything"]},
            {"words": "a service request", "percent": 41, "reasons": ["the windows"]},
            {"words": "something else", "percent": 7, "reasons": []},
        ],
        "default_words": "a complaint",
        "default_on": "2026-03-17T16:00:00+00:00",
        "answers": [
            {"label": "A complaint", "line": "#sort complaint"},
            {"label": "A service request", "line": "#sort service request"},
            {"label": "Neither", "line": "#sort other"},
        ],
        "discretion": [
            "Is there a reason why the request came after 2026-03-10, such as illness?",
            "Is the problem still there?",
        ],
        "why": "Asks for the next stage; the time to ask ended on 10 March 2026.",
        "attachments": ["window.jpg"],
    },
    Letter.PROPOSAL: {
        **CASE,
        "kind": "exclusion",
        "ground": "age",
        "ground_words": "what happened is too long ago",
        "says": "What happened more than six months before the complaint is not looked into.",
        "clauses": ["3.3 e1"],
        "code_says": "Twelve months count, from the event or from when the resident came to know of it.",
        "exceptions": ["a person's discretion"],
        "lifted_by": ["a danger in the home"],
        "earliest": "2025-03-12",
        "discretion": [
            "What is particular to this resident?",
            "When did they come to know of it?",
            "Is anybody in the home vulnerable?",
            "Is the problem still there?",
        ],
        "sender": {"name": "Amina Begum", "address": "amina.begum@example.org"},
        "received_on": "2026-03-12T09:41:07+00:00",
        "subject": "The leak of 2024",
        "text": "In the autumn of 2024 the bath upstairs came through. My ceiling is still brown.",
        "proposed_by": "Joan Bakare",
        "reason": "the leak was mended in 2024 and nobody has heard of it since",
        "answers": [
            {"label": "Take it on", "line": "#accept", "body": ""},
            {
                "label": "Don't take it on",
                "line": "#decline age because ",
                "body": "Write the reasons to the resident after the word because.",
            },
        ],
        "goes_on": "Until you decide, the complaint goes on: the acknowledgement is due on 2026-03-19.",
    },
    Letter.ALERT: {
        "reference": REFERENCE,
        "headline": "Somebody may be in danger",
        "what": "A mail that came at 02:14 speaks of a smell of gas. Nobody has answered it.",
        "lines": [
            "From Amina Begum, 07700 900123",
            "Case CC-2026-004217-7, Joan Bakare is away until 16 March",
        ],
        "urgency": "now",
        "subject": "gas smell in the kitchen",
        "text": "There is a smell of gas in the kitchen since last night and the baby is sick.",
        "phrases": ["smell of gas", "the baby is sick"],
    },
    Letter.REPORT: {
        "headline": "Complaints in the week: week 13 of 2026",
        "days": "23 March to 29 March 2026",
        "headline_lines": ["14 stage 1 complaints were received, 3 more than in the week before."],
        "counts": [{"label": "Stage 1 received", "value": "14"}, {"label": "Stage 2 received", "value": "2"}],
        "sections": [
            {
                "title": "What waits",
                "figures": [["Stage 1 unanswered and late at the end", "1"]],
                "tables": [
                    {"title": "By topic", "columns": ["Topic", "Stage 1"], "rows": [["Repairs & leaks", "9"]]}
                ],
                "lines": ["CC-2026-004198-3, stage 1, Repairs: due 26 March 2026"],
                "write": ["What is done about it?"],
            }
        ],
        "text": "23 March to 29 March 2026\n\n14 stage 1 complaints were received, 3 more than in the week before.\n\n"
        "Stage 1 received: 14\n"
        "Stage 2 received: 2\n\nWhat waits\nStage 1 unanswered and late at the end: 1\nBy topic: Stage 1, Repairs & "
        "leaks 9\nCC-2026-004198-3, stage 1, Repairs: due 26 March 2026\nTo be written: What is done about it?",
    },
    Letter.QUALITY_SAMPLE: {
        "headline": "1 of 9 closed complaints to look at",
        "days": "23 March to 29 March 2026",
        "share": "10%",
        "policy": "Complaints Policy (2021)",
        "cases": [
            {
                "reference": REFERENCE,
                "lines": ["received 2 March 2026, repairs", "closed 27 March 2026: agreed"],
            }
        ],
        "checks": [
            {
                "asks": "Was every point answered?",
                "clauses": "3.2 b4",
                "says": "It is looked into and answered.",
            }
        ],
    },
    Letter.DIGEST: {
        "date": "2026-03-30",
        "headline_lines": [
            "2 cases are late, 5 are due in the next 3 working days.",
            "1 question waits for you.",
        ],
        "counts": [
            {"label": "Open", "value": 41, "tone": ""},
            {"label": "Late", "value": 2, "tone": "red"},
            {"label": "Due in 3 days", "value": 5, "tone": "amber"},
            {"label": "Closed last week", "value": 34, "tone": "green"},
        ],
        "sections": [
            {
                "title": "Late",
                "columns": ["Case", "What", "Handler", "Late"],
                "rows": [
                    row(
                        REFERENCE,
                        "No heating & nobody calls back",
                        "Stage 1 response",
                        "Joan Bakare",
                        "2 days late",
                    ),
                    row(
                        "CC-2026-000418-3",
                        "Charged twice for February",
                        "Action 1",
                        "nobody yet",
                        "1 day late",
                    ),
                ],
                "note": "The outer date of the policy has passed.",
                "more": "3 more are not shown here.",
                "tone": "red",
            },
            {
                "title": "Due in the next 3 working days",
                "columns": ["Case", "Handler", "Due"],
                "rows": [
                    row("CC-2026-000423-1", "Mould in the bathroom", "Piotr Nowak", "Tue 31 Mar"),
                    row("CC-2026-000424-0", "Lift out for 9 days", "Joan Bakare", "Thu 2 Apr"),
                ],
                "note": "",
                "more": "",
                "tone": "amber",
            },
        ],
        "restricted": "2 cases are restricted and not shown here: 1 overdue.",
        "list_note": "41 cases are in the list that goes along.",
        "trend": [{"week": "23 Mar", "opened": 7, "closed": 5, "open": 41}],
        "trend_words": "Cases by week: 23 Mar: 7 in, 5 closed, 41 open.",
        "health": ["Mailbox read 4 minutes ago.", "0 letters wait for the mail relay."],
        "bars": [
            {"label": "Repairs", "value": 17},
            {"label": "Damp, mould and leaks", "value": 11},
            {"label": "Charges", "value": 6},
            {"label": "Staff", "value": 0},
        ],
    },
}

FACTS[Letter.SHADOW_DRAFTS] = {
    "drafts": [41, 42],
    "left": 3,
    "listed": ["12 March, 10:00: survey to jo@example.org"],
}
FACTS[Letter.SHADOW_DAY] = {
    "date": "2026-03-12",
    "headline_lines": [
        "7 mails came in; mailbot would have written 4 letters to residents, the team wrote 2",
        "Past its last day and still open, by the mail that mailbot can see: 1. See below.",
    ],
    "counts": [
        {"value": 7, "label": "mails came in", "tone": "plain"},
        {"value": 1, "label": "past the last day, open", "tone": "red"},
    ],
    "sections": [
        {
            "title": "Late by the policy",
            "note": "Since the run began.",
            "rows": [
                {
                    "lead": "Complaint that nobody acknowledged: SHADOW-2026-000007-1 Leak",
                    "cells": ["An acknowledgement was due by 2026-03-09.", "Code 6.2"],
                }
            ],
            "more": "and 2 more",
        },
        {"title": "What mailbot took the mails for", "note": "No mail came in.", "rows": [], "more": ""},
    ],
}
