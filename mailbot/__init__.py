"""mailbot works a social landlord's complaints mailbox by the landlord's own policy.

Reading order: README, `service.py`, `casework/vocabulary.py`, `casework/lifecycle.py`, `storage/work.py`.
"""

__version__ = "0.1.0"
