"""What kind of file came along, and whether opening it could do harm. By name, by declared type, by first bytes.

The name and the type are what the sender says; the first bytes are what it is. A file is called dangerous where any
of the three says so: "rent.pdf" that begins as a program is a program. Nothing is opened or unpacked for it.
"""

from __future__ import annotations

import re

from mailbot.postroom.reading import Mail

MOST_LINKS = 5
_BY_ENDING = {
    "a program": "exe com scr pif cpl msi msp msix appx bat cmd ps1 psm1 vbs vbe js jse wsf wsh hta jar dll sys reg "
    "inf scf gadget application apk ipa dmg pkg deb rpm sh run elf bin py pyw rb pl php",
    "a shortcut": "lnk url website desktop webloc library-ms search-ms settingcontent-ms",
    "a page that can run scripts": "html htm xhtml xht shtml mht mhtml svg svgz xml xsl chm",
    "an Office file with macros": "docm dotm xlsm xltm xlam xlsb pptm potm ppam ppsm sldm xll one onepkg iqy slk",
    "a disk or archive that hides what is in it": "iso img vhd vhdx cab ace arj wim",
}
_ENDINGS = {ending: kind for kind, endings in _BY_ENDING.items() for ending in endings.split()}
_BY_TYPE = {
    "text/html": "a page that can run scripts",
    "application/xhtml+xml": "a page that can run scripts",
    "image/svg+xml": "a page that can run scripts",
    "application/x-msdownload": "a program",
    "application/x-msdos-program": "a program",
    "application/x-dosexec": "a program",
    "application/javascript": "a program",
    "text/javascript": "a program",
    "application/hta": "a program",
    "application/java-archive": "a program",
    "application/x-sh": "a program",
}
_BY_BEGINNING = (
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"#!/", "a program"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "a shortcut"),
)
_TEXT_PAGE = re.compile(
    rb"^\s*(?:<!doctype html|<html|<script|<svg|<\?xml[^>]{0,200}>\s*<svg)", re.IGNORECASE
)


def danger_of(name: str, content_type: str, content: bytes) -> str:
    """In plain words why opening this file could do harm, "" where nothing says so."""
    ending = re.sub(r"[\s.]+$", "", name.lower()).rpartition(".")[2]
    if "." in name and ending in _ENDINGS:
        return _ENDINGS[ending]
    if content_type in _BY_TYPE:
        return _BY_TYPE[content_type]
    for beginning, kind in _BY_BEGINNING:
        if content.startswith(beginning):
            return kind
    return "a page that can run scripts" if _TEXT_PAGE.match(content[:1_000]) else ""


def label(name: str, content_type: str, content: bytes, passed_on: bool = True) -> str:
    """How people see the file called: its name as the sender gave it, and what it is if it could do harm."""
    danger = danger_of(name, content_type, content)
    shown = name or "a file without a name"
    if not danger:
        return shown
    return f"{shown} ({danger})" if passed_on else f"{shown} ({danger}: not passed on)"


def came_along(mail: Mail, text: str, passed_on: bool) -> tuple[str, ...]:
    """What staff are told came with the words `text` of this mail: its files, and where links lead that stand in
    them. A link is words for staff and nothing to click on: they see the host and decide."""
    files = tuple(label(a.name, a.content_type, a.content, passed_on) for a in mail.attachments)
    seen = " ".join(text.split())
    links = [
        f'a link: "{words}" leads to {host}'
        for words, host in mail.links
        if words in seen and host not in text
    ]
    return (*files, *links[:MOST_LINKS])
