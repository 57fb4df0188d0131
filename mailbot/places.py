"""Where the shipped files lie: inside the package in an installed wheel, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent


def config_dir() -> Path:
    """The example settings, the policies, the Ombudsman's contact table."""
    return _find("_config", "config", "policies/house.toml")


def templates_dir() -> Path:
    """What people read."""
    return _find("_templates", "templates", ".")


def _find(shipped: str, checkout: str, witness: str) -> Path:
    """`witness` tells our folder from a stranger's of the same name."""
    for folder in (_PACKAGE / shipped, _PACKAGE.parent / checkout):
        if (folder / witness).exists():
            return folder
    raise FileNotFoundError(
        f"neither {_PACKAGE / shipped} nor {_PACKAGE.parent / checkout} is there: install mailbot again"
    )
