"""What exactly is installed here: `mailbot version` with model and policies, `mailbot licences` with all beneath it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

import mailbot
from mailbot.terminal import HERE, ConfigDir, print_json, print_table


def version(
    config: ConfigDir = HERE,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Which mailbot this is, with which model and which policies. Name all three when something is wrong."""
    from classifiers.training import shipped_version
    from mailbot.places import config_dir
    from mailbot.policyfile import list_policies

    policies = sorted(
        f"{found.id}@{found.version}" for found in list_policies(config_dir() / "policies") if found.title
    )
    model = shipped_version()
    mode = _mode_in(config)
    if as_json:
        told = {"mailbot": mailbot.__version__, "model": model, "policies": policies}
        print_json({**told, "mode": mode} if mode else told)
        return
    typer.echo(f"mailbot {mailbot.__version__}")
    typer.echo(f"model {model}")
    typer.echo(f"policies {', '.join(policies)}")
    if mode:
        typer.echo(f"mode {mode} ({config})")


def _mode_in(config: Path) -> str:
    """What the configuration there says, "" where there is none that can be read: this command needs none."""
    try:
        return str(tomllib.loads((config / "mailbot.toml").read_text(encoding="utf-8")).get("mode", "live"))
    except (OSError, ValueError):
        return ""


def licences(
    as_json: Annotated[bool, typer.Option("--json", help="A bill of materials (CycloneDX 1.5).")] = False,
) -> None:
    """Every package that this mailbot stands on, with version and licence, as installed here."""
    found = [_about(name) for name in sorted(needed())]
    if as_json:
        print_json(_bill(found))
        return
    print_table(("Package", "Version", "Licence"), [(p["name"], p["version"], p["licence"]) for p in found])


def needed() -> set[str]:
    """mailbot and all that it asks for, as far as it is installed: through every extra, however deep."""
    from importlib import metadata

    seen: set[str] = set()
    todo = ["mailbot"]
    while todo:
        name = _plain(todo.pop())
        if name in seen:
            continue
        try:
            wanted = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # an extra that was not chosen, or meant for another system
        seen.add(name)
        for line in wanted:
            asked = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line)
            # What others ask for only with an extra of theirs is no part of us; our own extras are.
            if asked and (name == "mailbot" or "extra ==" not in line):
                todo.append(asked[0])
    return seen


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _about(name: str) -> dict[str, str]:
    from importlib import metadata

    told: Any = metadata.metadata(name)  # a message; its type tells less than it can
    written = (told.get("License") or "").strip()
    classified = [
        c.rpartition(" :: ")[2] for c in told.get_all("Classifier") or [] if c.startswith("License ::")
    ]
    licence = told.get("License-Expression") or ""
    if not licence and "\n" not in written and len(written) <= 60:  # a name; some write the whole text there
        licence = written
    licence = licence or ", ".join(classified) or _recognised(written) or _recognised(_licence_file(name))
    return {"name": told["Name"], "version": told["Version"], "licence": licence or "told in its own files"}


_SAYS = {
    "Apache-2.0": "Apache License",
    "MIT": "Permission is hereby granted, free of charge",
    "BSD": "Redistribution and use in source and binary forms",
    "MPL-2.0": "Mozilla Public License",
}
"""Words by which the text of a licence is known."""


def _recognised(text: str) -> str:
    flat = " ".join(text.split())
    return next((name for name, words in _SAYS.items() if words in flat), "")


def _licence_file(name: str) -> str:
    """The text of the licence that a package brings; "" where it brings none."""
    from importlib import metadata

    files = metadata.files(name) or []
    found = [f for f in files if re.fullmatch(r"(?i)(licen[cs]e|copying)(\.(txt|md|rst))?", f.name)]
    return "\n".join(f.read_text() for f in found)


def _bill(found: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "mailbot", "version": mailbot.__version__}},
        "components": [
            {
                "type": "library",
                "name": one["name"],
                "version": one["version"],
                "purl": f"pkg:pypi/{_plain(one['name'])}@{one['version']}",
                "licenses": [{"license": {"name": one["licence"]}}],
            }
            for one in found
            if _plain(one["name"]) != "mailbot"
        ],
    }
