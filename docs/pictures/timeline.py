"""Makes docs/pictures/timeline.png: the first days of the demo, as it prints them. Needs Chromium.

python docs/pictures/timeline.py
"""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from mailbot.demo import perform

HERE = Path(__file__).parent
COLUMNS = 116
WIDTH, HEIGHT = 1200, 980
NIGHT, PAPER = (16, 24, 32), (222, 230, 236)
COLOURS = [(44, 56, 66), (255, 130, 130), (126, 211, 160), (245, 196, 110), (120, 178, 240), (204, 160, 240)]
BRIGHT = [
    (122, 138, 150),
    (255, 150, 150),
    (150, 230, 180),
    (255, 214, 140),
    (150, 200, 255),
    (220, 180, 255),
]
THEME = TerminalTheme(
    NIGHT, PAPER, [*COLOURS, (110, 206, 214), PAPER], [*BRIGHT, (140, 224, 230), (255, 255, 255)]
)


def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        print("Chromium is missing. On Debian: apt-get install chromium", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, Path(folder, "log").open("w") as log:
        console = Console(record=True, force_terminal=True, width=COLUMNS, file=log)
        perform("code-2024", Path(folder, "out"), console, until=dt.date(2026, 5, 1))
        svg = Path(folder, "timeline.svg")
        console.save_svg(str(svg), title="make demo", theme=THEME)
        page = Path(folder, "page.html")
        page.write_text(
            f"<body style='margin:0;overflow:hidden;background:#101820'>{svg.read_text()}</body>", "utf-8"
        )
        command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
                   f"--user-data-dir={folder}/chromium", f"--screenshot={HERE / 'timeline.png'}",
                   f"--window-size={WIDTH},{HEIGHT}", page.as_uri()]  # fmt: skip
        return subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode


if __name__ == "__main__":
    sys.exit(main())
