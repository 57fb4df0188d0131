"""What a letter must hold: what the landlord's policy asks of it, the statutory Code laid over it.

`asked_of` says it in the names that policies use (`ACKNOWLEDGEMENT_CONTENTS`, `RESPONSE_CONTENTS`,
`REFUSAL_CONTENTS`). What a letter must hold whatever the policy says stands with its form in letters.toml. The
letter itself is looked at when it is written (`mailbot.postroom.letters`).
"""

from __future__ import annotations

from collections.abc import Mapping

from mailbot.casework.policy import Policy
from mailbot.casework.vocabulary import Fact, Letter


def asked_of(policy: Policy, letter: Letter, facts: Mapping[str, Fact]) -> tuple[str, ...]:
    """The contents that this policy asks of this letter; () for a letter of which it asks nothing."""
    match letter:
        case Letter.ACKNOWLEDGEMENT:
            return policy.stage(_stage(facts)).acknowledge_contains
        case Letter.RESPONSE | Letter.FINAL_RESPONSE:
            return policy.stage(_stage(facts)).respond_contains
        case Letter.REFUSAL | Letter.NON_ESCALATION:
            # what is done instead of the complaint: a refused stage takes nothing away from the first answer
            asked = policy.refusal.contains
            return asked if letter is Letter.REFUSAL else tuple(c for c in asked if c != "instead")
        case _:
            return ()


def _stage(facts: Mapping[str, Fact]) -> int:
    stage = facts.get("stage")
    return 2 if stage == 2 else 1
