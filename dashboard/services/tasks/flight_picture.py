"""The life of a task as a picture: when it was added, every call with what came of it, when it ended. Pure.

A stand-alone SVG on its own white ground: no scripts, nothing from elsewhere.
"""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from dashboard.counts import count_of
from dashboard.models import OPEN_STATES, RESULT_STATES, Attempt

WIDTH = 720
_HEIGHT = 118
_LEFT, _RIGHT = 16, 704
_LINE = 52
_LEGEND = 104
_CELLS = 90
"""Places along the line; calls closer together than one are drawn as one, with their number."""

_WAITING = frozenset(state.value for state in OPEN_STATES)
_STORED = frozenset(state.value for state in RESULT_STATES)
_MARKS = {
    "waiting": ("No result yet", "#2563eb"),
    "stored": ("Result stored", "#15803d"),
    "trouble": ("Trouble", "#c2410c"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """The moments of a task, aware UTC.

    Attributes:
        ended: when the outcome was stored; None while open.
        expires: when the service deletes the result, at the latest.
        now: the end of the picture while the task is open.
    """

    added: datetime
    submitted: datetime | None
    ended: datetime | None
    expires: datetime
    now: datetime


def draw(life: Life, attempts: Sequence[Attempt], *, zone: tzinfo = UTC) -> str:
    """Draw the picture; calls outside the task's life (clocks differ) widen it.

    Args:
        life: of the task.
        attempts: its calls.
        zone: in which times are written; only UTC is named.
    """
    moments = [
        life.added,
        life.submitted or life.added,
        life.ended or life.now,
        *(one.started_at for one in attempts),
    ]
    start, end = min(moments), max(moments)
    if end - start < timedelta(seconds=1):
        end = start + timedelta(seconds=1)

    def at(moment: datetime) -> float:
        share = (moment - start) / (end - start)
        return _LEFT + share * (_RIGHT - _LEFT)

    pieces = [
        f'<line x1="{_LEFT}" y1="{_LINE}" x2="{_RIGHT}" y2="{_LINE}" stroke="#94a3b8" stroke-width="2"/>'
    ]
    pieces += _ticks(start, end, zone)
    pieces += _events(life, at, start, end)
    pieces += _calls(attempts, at, zone)
    pieces += _legend(attempts)
    summary = f"{count_of(len(attempts), 'call')} in {_long(end - start)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {_HEIGHT}" width="100%" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12" fill="#1c2330" '
        f'aria-label="{html.escape(summary)}"><title>{html.escape(summary)}</title>'
        f'<rect width="{WIDTH}" height="{_HEIGHT}" rx="6" fill="#ffffff"/>{"".join(pieces)}</svg>'
    )


def kind_of(attempt: Attempt) -> str:
    """Which mark a call gets."""
    if attempt.result in _WAITING:
        return "waiting"
    return "stored" if attempt.result in _STORED else "trouble"


def _events(life: Life, at: Callable[[datetime], float], start: datetime, end: datetime) -> list[str]:
    named = [("sent", life.submitted), ("added here", life.added), ("ended", life.ended)]
    if start <= life.expires <= end:
        named.append(("24 h over", life.expires))
    pieces = []
    last = -200.0
    for name, moment in sorted(((n, m) for n, m in named if m is not None), key=lambda pair: pair[1]):
        x = at(moment)
        pieces.append(
            f'<line x1="{x:.1f}" y1="{_LINE - 22}" x2="{x:.1f}" y2="{_LINE + 8}" '
            'stroke="#64748b" stroke-dasharray="3 2"/>'
        )
        # Names that would cover each other stand in two rows.
        y = _LINE - 26 if x - last > 90 else _LINE - 40  # noqa: PLR2004 - about the width of a name
        anchor = "start" if x < WIDTH / 2 else "end"
        pieces.append(f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}">{html.escape(name)}</text>')
        last = x if y == _LINE - 26 else last
    return pieces


def _calls(attempts: Sequence[Attempt], at: Callable[[datetime], float], zone: tzinfo) -> list[str]:
    cells: dict[tuple[int, str], list[Attempt]] = {}
    for attempt in attempts:
        cell = round((at(attempt.started_at) - _LEFT) / (_RIGHT - _LEFT) * _CELLS)
        cells.setdefault((cell, kind_of(attempt)), []).append(attempt)
    pieces = []
    for (cell, kind), some in sorted(cells.items()):
        x = _LEFT + cell / _CELLS * (_RIGHT - _LEFT)
        first = some[0]
        said = (
            count_of(len(some), "call")
            if len(some) > 1
            else f"{first.kind}: {first.result.replace('_', ' ')}"
        )
        when = _said(first.started_at, "%Y-%m-%d %H:%M:%S", zone)
        pieces.append(f"<g>{_mark(kind, x)}<title>{html.escape(f'{when}, {said}')}</title></g>")
    return pieces


def _mark(kind: str, x: float) -> str:
    """Told apart by shape as well as by colour."""
    colour = _MARKS[kind][1]
    if kind == "waiting":
        return f'<circle cx="{x:.1f}" cy="{_LINE}" r="4" fill="{colour}"/>'
    if kind == "stored":
        return f'<rect x="{x - 6:.1f}" y="{_LINE - 6}" width="12" height="12" rx="2" fill="{colour}"/>'
    return f'<path d="M {x:.1f} {_LINE - 7} l 7 13 h -14 z" fill="{colour}"/>'


def _legend(attempts: Sequence[Attempt]) -> list[str]:
    counts = {kind: sum(kind_of(one) == kind for one in attempts) for kind in _MARKS}
    pieces, x = [], float(_LEFT)
    for kind, (name, _) in _MARKS.items():
        if counts[kind]:
            words = f"{name} ({counts[kind]:,})"
            pieces.append(f'<g transform="translate(0 {_LEGEND - _LINE})">{_mark(kind, x + 7)}</g>')
            pieces.append(f'<text x="{x + 20:.1f}" y="{_LEGEND + 4}">{words}</text>')
            x += 40 + 7.2 * len(words)
    return pieces


def _ticks(start: datetime, end: datetime, zone: tzinfo) -> list[str]:
    same_day = start.astimezone(zone).date() == end.astimezone(zone).date()
    pieces = []
    for moment, x, anchor in ((start, _LEFT, "start"), (end, _RIGHT, "end")):
        words = _said(moment, "%H:%M:%S" if same_day else "%Y-%m-%d %H:%M", zone)
        pieces.append(f'<text x="{x}" y="{_LINE + 26}" text-anchor="{anchor}" opacity="0.75">{words}</text>')
    pieces.append(
        f'<text x="{WIDTH / 2}" y="{_LINE + 26}" text-anchor="middle" opacity="0.75">{_long(end - start)}</text>'
    )
    return pieces


def _said(moment: datetime, how: str, zone: tzinfo) -> str:
    return moment.astimezone(zone).strftime(how) + (" UTC" if zone is UTC else "")


def _long(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    if seconds < 120:  # noqa: PLR2004 - two minutes are still counted in seconds
        return f"{seconds} s"
    minutes = seconds // 60
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"  # noqa: PLR2004 - the same
