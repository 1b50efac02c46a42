"""One page that opens offline and holds many results: search, and masked words marked. Made in pieces."""

import base64
import hashlib
import html
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from dashboard.folding import javascript
from dashboard.results.highlighting import highlight
from dashboard.results.masks import Mask, masks_within

SHOWN_CHARACTERS = 200_000
"""Of one text; a page with hundreds of megabytes opens nowhere."""

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
header { position: sticky; top: 0; padding: .5rem 0; background: Canvas; }
input { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem .7rem; }
article { border-top: 1px solid GrayText; padding: 1rem 0; }
article { content-visibility: auto; contain-intrinsic-size: auto 20rem; }
h2 { font-size: 1.1rem; margin: 0; overflow-wrap: anywhere; }
p { margin: .2rem 0; color: GrayText; }
nav { font-size: .9rem; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
mark { background: light-dark(#ffe08a, #6b5200); color: inherit; text-decoration: underline dotted; }
"""
_SCRIPT = (
    javascript()
    + """
const written = new Intl.DateTimeFormat(undefined, {dateStyle: "long", timeStyle: "short"});
for (const it of document.querySelectorAll("time")) it.textContent = written.format(new Date(it.dateTime));
const box = document.querySelector("input"), all = [...document.querySelectorAll("article")];
const texts = all.map(it => folding.fold(it.textContent).text), said = document.querySelector("output");
let timer;
const search = () => {
  const words = box.value.split(/\\s+/).map(folding.pattern).filter(Boolean);
  let shown = 0;
  all.forEach((it, n) => { it.hidden = !words.every(word => texts[n].search(word) >= 0); shown += !it.hidden; });
  said.value = `${shown} of ${all.length}`;
};
box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(search, 150); });
search();
"""
)


def beginning(title: str) -> bytes:
    """The head of the page. It may run our own script and nothing else, and load nothing."""
    digest = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{html.escape(title)}</h1>"
        '<header><input type="search" placeholder="Search these results" aria-label="Search these results" autofocus>'
        "<p><output></output></p></header>\n"
    ).encode("utf-8", "replace")


def entry(
    title: str,
    facts: Sequence[str],
    text: str,
    masks: Sequence[Mask],
    *,
    saved_at: datetime | None = None,
    files: Sequence[str] = (),
) -> bytes:
    """One result, of a long text its beginning; everything given is hostile and escaped.

    Args:
        title: what people call it.
        facts: what is said below it.
        text: as it was recognised.
        masks: masked words in it.
        saved_at: when it was saved; the page shows it in the zone and the way of whoever opens it.
        files: where they lie beside the page.
    """
    shown = text[:SHOWN_CHARACTERS]
    more = "<p>This is the beginning; the whole text is in the folder texts.</p>" if shown != text else ""
    said = " · ".join(
        [*(html.escape(fact) for fact in facts if fact), *([_time(saved_at)] if saved_at else [])]
    )
    links = " · ".join(map(_link, files))
    beside = f"<nav>{links}</nav>" if links else ""
    return (
        f"<article><h2>{html.escape(title)}</h2><p>{said}</p>{beside}"
        f'<pre dir="auto">{highlight(shown, masks_within(masks, 0, len(shown)))}</pre>{more}</article>\n'
    ).encode("utf-8", "replace")


def _time(moment: datetime) -> str:
    at = moment.astimezone(UTC)
    return f'<time datetime="{at.isoformat()}">{at.day} {at:%B %Y, %H:%M} UTC</time>'


def _link(path: str) -> str:
    """To a file beside the page, whatever it is called: a path, never an address."""
    name = path.rpartition("/")[2]
    return f'<a href="{html.escape(quote("./" + path), quote=True)}">{html.escape(name)}</a>'


def ending() -> bytes:
    """The foot of the page, with the search."""
    return f"<script>{_SCRIPT}</script></body></html>\n".encode()
