"""What goes wrong here for a reason that somebody can mend."""

from __future__ import annotations


class ModelMistake(Exception):
    """A model or corpus file that cannot be used. The message names the file and says what to do."""
