"""Every mail in a real browser, at once: one page that holds them all in frames, and a script that measures.

The browser is started once a colour scheme. Each mail stands in a frame of 390 and of 1200 CSS pixels; what is
measured comes back in the page itself (`--dump-dom`): nothing is driven, nothing waits for anything else.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WIDTHS = (390, 1200)

MEASURE = r"""
const parse = c => {
  const m = c.match(/[\d.]+/g).map(Number);
  return {r: m[0], g: m[1], b: m[2], a: m.length > 3 ? m[3] : 1};
};
const over = (t, u) => ({r: t.r*t.a + u.r*(1-t.a), g: t.g*t.a + u.g*(1-t.a), b: t.b*t.a + u.b*(1-t.a), a: 1});
const part = v => { v /= 255; return v <= 0.04045 ? v/12.92 : ((v+0.055)/1.055)**2.4 };
const light = c => 0.2126*part(c.r) + 0.7152*part(c.g) + 0.0722*part(c.b);
const ratio = (x, y) => { const [a, b] = [light(x), light(y)].sort((p, q) => q - p); return (a+0.05)/(b+0.05) };
function ground(win, e, canvas) {
  const above = [];
  for (; e; e = e.parentElement) {
    const c = parse(win.getComputedStyle(e).backgroundColor);
    if (c.a > 0) above.push(c);
    if (c.a === 1) break;
  }
  return above.reduceRight((under, c) => over(c, under), canvas);
}
function measure(frame) {
  const win = frame.contentWindow, doc = frame.contentDocument, width = +frame.width;
  const dark = win.matchMedia('(prefers-color-scheme: dark)').matches;
  const canvas = dark ? {r: 18, g: 18, b: 18, a: 1} : {r: 255, g: 255, b: 255, a: 1};
  const found = {name: frame.dataset.name, width, dark, texts: 0, worst: 99, pale: [], wide: [], images: []};
  found.scroll = doc.documentElement.scrollWidth;
  for (const e of doc.body.querySelectorAll('*')) {
    const box = e.getBoundingClientRect();
    if (box.width && (box.right > width + 0.5 || box.left < -0.5)) found.wide.push(e.tagName + '.' + e.className);
    const style = win.getComputedStyle(e);
    if (style.overflowX !== 'visible' && style.display !== 'none' && e.scrollWidth > e.clientWidth + 1 && box.height)
      found.wide.push('cut: ' + e.tagName + '.' + e.className);
  }
  for (const i of doc.images) found.images.push({alt: i.getAttribute('alt'), shown: i.naturalWidth > 0});
  const walk = doc.createTreeWalker(doc.body, NodeFilter.SHOW_TEXT);
  for (let n; n = walk.nextNode();) {
    if (!n.data.replace(/[\s\u00a0]/g, '')) continue;
    const e = n.parentElement, style = win.getComputedStyle(e), range = doc.createRange();
    range.selectNodeContents(n);
    const box = range.getBoundingClientRect();
    if (!box.width || style.visibility !== 'visible') continue;
    if (box.right > width + 0.5) found.wide.push('words: ' + n.data.trim().slice(0, 40));
    const under = ground(win, e, canvas), value = ratio(over(parse(style.color), under), under);
    found.texts++;
    found.worst = Math.min(found.worst, value);
    if (value < 4.5) found.pale.push(value.toFixed(2) + ' ' + e.className + ': ' + n.data.trim().slice(0, 40));
  }
  return found;
}
onload = () => {
  const told = [...document.querySelectorAll('iframe')].map(measure);
  document.body.innerHTML = '<pre id="told"></pre>';
  document.getElementById('told').textContent = JSON.stringify(told);
};
"""


def find_browser() -> str:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise AssertionError(
            "the mails are looked at in Chromium, and none is on the PATH: apt install chromium"
        )
    return found


def look_at(pages: Mapping[str, str], folder: Path, dark: bool) -> list[dict[str, Any]]:
    """What a browser makes of each page at each width: how wide it is, which words are pale, which images have no
    words."""
    frames = "\n".join(
        f'<iframe data-name="{html.escape(name)}" width="{width}" height="600" srcdoc="{html.escape(page)}"></iframe>'
        for name, page in pages.items()
        for width in WIDTHS
    )
    whole = folder / f"mails-{'dark' if dark else 'light'}.html"
    whole.write_text(
        '<!DOCTYPE html><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f"<style>iframe{{border:0;display:block}}</style><body>{frames}<script>{MEASURE}</script>",
        encoding="utf-8",
    )
    scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
    done = subprocess.run(
        [
            find_browser(),
            *("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--log-level=3"),
            *("--disable-extensions", "--disable-background-networking", "--no-first-run"),
            *scheme,
            *("--dump-dom", "--virtual-time-budget=20000", whole.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=110,
    )
    told = re.search(r'(?s)<pre id="told">(.*?)</pre>', done.stdout)
    assert told, f"Chromium measured nothing: {done.stderr.strip()[-400:]}"
    found: list[dict[str, Any]] = json.loads(html.unescape(told[1]))
    return found
