"""The policies that cases keep to, beside those that their mailboxes name now."""

from __future__ import annotations

from dataclasses import replace

from mailbot.policyfile import PolicyMistake, load_policy
from mailbot.settings import Settings
from storage import Store
from storage.rows import StorageRefused


def with_kept_policies(settings: Settings, store: Store, refuse: bool = True) -> Settings:
    """The settings with every version of a policy that cases keep to, also of one that their mailbox no longer names.

    An open case whose version is on disk no more is refused (StorageRefused): to go on by another version would
    change the promises of an open complaint behind everybody's back, and the file is easily put back. For a
    closed one the nearest version stands in, which only tells of it. `refuse=False`, to look only: so it
    does for all."""
    with store.read() as work:
        kept = work.kept_policies()
    boxes, lost = [], []
    for box in settings.mailboxes:
        known = {policy.key for policy in box.versions}
        further = []
        for (name, key), is_open in sorted(kept.items()):
            if name != box.name or key in known:
                continue
            try:
                further.append(load_policy(key, settings.policies_dir, box.policy.overlay))
            except PolicyMistake:
                if is_open:
                    lost.append(key)
        boxes.append(replace(box, versions=(*box.versions, *further)))
    if lost and refuse:
        raise StorageRefused(
            f"policies: open cases keep to {', '.join(sorted(set(lost)))}, and no policy file holds that version any "
            "more. Put its file back beside the new one (each version is a file of its own, with its own valid_from), "
            "or close those cases first"
        )
    return replace(settings, mailboxes=tuple(boxes))
