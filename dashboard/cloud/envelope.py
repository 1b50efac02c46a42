"""The service's envelope, in any of its shapes, as our :class:`~dashboard.models.Answer`.

The only place that knows the service's words (fact sheet 3.2, 3.3 and 4).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from dashboard.cloud.lenient import TooManyValues, folded, parse, text_of
from dashboard.cloud.many_results import cut
from dashboard.cloud.outlines import is_results, outline
from dashboard.cloud.service_words import as_sentence, is_page, sentences, service_words, short
from dashboard.errors import UnreadableAnswer
from dashboard.models import Answer, RawPart, State
from dashboard.models.limits import MOST_PARTS_APART

_STATUS_LIMIT = 100
_ENVELOPE_KEYS = frozenset({"taskstatus", "responsestatuscode", "results"})
_MESSAGE_KEYS = ("error", "errors", "messages", "warnings")
# Docs and samples show 35 and 36 characters and a "TTS" prefix; only what cannot be an ID is refused.
_TASK_ID = re.compile(r"[A-Za-z0-9][\w.:~=+-]{3,199}", re.ASCII)


class _Verdict(NamedTuple):
    state: State
    settled: bool


class _Row(NamedTuple):
    """What a pair of statuses means when there are data, and when there are none."""

    data: _Verdict
    bare: _Verdict


def _sure(state: State) -> _Verdict:
    return _Verdict(state, settled=True)


def _doubt(state: State) -> _Verdict:
    return _Verdict(state, settled=False)


_Table = dict[tuple[str, str], _Row]


def _rows(task: str, codes: tuple[str, ...], *, data: _Verdict, bare: _Verdict) -> _Table:
    return {(task, code): _Row(data, bare) for code in codes}


_OPEN_CODES = ("", "ok", "notready", "noanyresultdata")
_ANY = "*"

# (taskStatus, responseStatusCode) in lower case, "" for missing, "*" for every other value.
# taskStatus wins (fact sheet 4, precedence 2); a pair that contradicts itself is doubted.
_TABLE: _Table = {
    **_rows("pending", _OPEN_CODES, data=_doubt(State.PENDING), bare=_sure(State.PENDING)),
    **_rows("pending", (_ANY,), data=_doubt(State.PENDING), bare=_doubt(State.PENDING)),
    **_rows("processing", _OPEN_CODES, data=_doubt(State.PROCESSING), bare=_sure(State.PROCESSING)),
    **_rows("processing", (_ANY,), data=_doubt(State.PROCESSING), bare=_doubt(State.PROCESSING)),
    **_rows("completed", ("", "ok"), data=_sure(State.COMPLETED), bare=_doubt(State.COMPLETED_EMPTY)),
    **_rows(
        "completed", ("noanyresultdata",), data=_doubt(State.COMPLETED), bare=_sure(State.COMPLETED_EMPTY)
    ),
    **_rows("completed", ("resultdatalost",), data=_doubt(State.PARTIAL), bare=_sure(State.DATA_LOST)),
    **_rows("completed", ("partiallynotfound",), data=_sure(State.PARTIAL), bare=_doubt(State.PARTIAL)),
    **_rows("completed", (_ANY,), data=_doubt(State.COMPLETED), bare=_doubt(State.COMPLETED_EMPTY)),
    **_rows(
        "error",
        ("", "ok", "error", "noanyresultdata", "resultdatalost", "partiallynotfound"),
        data=_doubt(State.FAILED),
        bare=_sure(State.FAILED),
    ),
    **_rows("error", (_ANY,), data=_doubt(State.FAILED), bare=_doubt(State.FAILED)),
    **_rows(
        "notexist",
        ("", "ok", "error", "noanyresultdata", "tasknotfound"),
        data=_doubt(State.NOT_FOUND),
        bare=_sure(State.NOT_FOUND),
    ),
    **_rows("notexist", (_ANY,), data=_doubt(State.NOT_FOUND), bare=_doubt(State.NOT_FOUND)),
    # Envelopes of the sibling service have no taskStatus (precedence 3).
    **_rows("", ("ok",), data=_sure(State.COMPLETED), bare=_doubt(State.COMPLETED_EMPTY)),
    **_rows("", ("notready", "noanyresultdata"), data=_doubt(State.PROCESSING), bare=_sure(State.PROCESSING)),
    **_rows("", ("tasknotfound",), data=_doubt(State.NOT_FOUND), bare=_sure(State.NOT_FOUND)),
    **_rows("", ("resultdatalost",), data=_doubt(State.PARTIAL), bare=_sure(State.DATA_LOST)),
    **_rows("", ("partiallynotfound",), data=_sure(State.PARTIAL), bare=_doubt(State.PARTIAL)),
    **_rows("", ("error",), data=_doubt(State.FAILED), bare=_sure(State.FAILED)),
    **_rows("", ("",), data=_doubt(State.COMPLETED), bare=_doubt(State.PROCESSING)),
    # Words nobody has documented: keep asking until the deadline (precedence 4).
    **_rows(_ANY, (_ANY,), data=_doubt(State.PROCESSING), bare=_doubt(State.PROCESSING)),
    **_rows("", (_ANY,), data=_doubt(State.PROCESSING), bare=_doubt(State.PROCESSING)),
}


def translate(
    task_status: str | None, response_status_code: str | None, *, has_data: bool
) -> tuple[State, bool]:
    """Translate the service's two status axes into our state and whether to believe it at once.

    Args:
        task_status: ``taskStatus`` in any case, or None when missing.
        response_status_code: ``responseStatusCode`` in any case, or None when missing.
        has_data: whether at least one entry of ``results`` has data, even empty data.
    """
    task, code = _key(task_status), _key(response_status_code)
    row = _TABLE.get((task, code)) or _TABLE.get((task, _ANY)) or _TABLE[_ANY, _ANY]
    verdict = row.data if has_data else row.bare
    return verdict.state, verdict.settled


def read_answer(body: bytes, *, http_status: int, asked_id: str, carries_results: bool = True) -> Answer:
    """Read the body of a 2xx answer to a GET.

    Args:
        body: as received; JSON whatever its label, with or without a byte order mark.
        http_status: kept in the answer.
        asked_id: the ID the call was made with; another one in the answer becomes a remark (fact sheet D9).
        carries_results: False for GetTaskStatus, whose Completed comes without results (fact sheet 2).

    Raises:
        UnreadableAnswer: a web page, a cut or empty body, or JSON that is not an envelope.
    """
    try:
        text = text_of(body)
        value, others = _parsed(text)
        if isinstance(value, dict):
            found = folded(value)
            if not _ENVELOPE_KEYS.isdisjoint(found):
                answer = _answer(found, others, http_status, asked_id, carries_results=carries_results)
                return replace(answer, envelope=outline(text, value, answer.raw_parts))
    except (ValueError, RecursionError) as error:
        raise _unreadable(body, http_status) from error
    raise _unreadable(body, http_status)


def read_task_id(body: bytes) -> str:
    """Read the task ID out of the answer to a POST, in all shapes of fact sheet 3.2.

    Raises:
        UnreadableAnswer: nothing in it can be a task ID; what it was is not repeated.
    """
    text = text_of(body)
    given: object = text
    if text.startswith(("{", '"')):
        try:
            given = parse(text)
        except ValueError as error:
            raise _unreadable(body, None) from error
    if isinstance(given, dict):
        found = folded(given)
        given = found.get("id") or found.get("taskid")
    candidate = str(given).strip().strip("\"'\ufeff").strip() if isinstance(given, str | int) else ""
    if not can_be_task_id(candidate):
        raise _unreadable(body, None)
    return candidate


def can_be_task_id(text: str) -> bool:
    """Whether the service may have given this as a task ID (fact sheet 3.2)."""
    return _TASK_ID.fullmatch(text) is not None


def _parsed(text: str) -> tuple[object, tuple[RawPart, ...]]:
    """The envelope, and what stands for the entries that were cut out because there are too many to be read."""
    try:
        return parse(text), ()
    except TooManyValues:
        many = cut(text)
        if many is None:
            raise
    value = parse(many.envelope)
    if isinstance(value, dict):
        first = parse(many.first)
        value = {key: first if is_results(key) and item == [] else item for key, item in value.items()}
    return value, (RawPart(None, many.others, others=many.left),)


def _answer(
    found: Mapping[str, object],
    others: tuple[RawPart, ...],
    http_status: int,
    asked_id: str,
    *,
    carries_results: bool,
) -> Answer:
    task_status, code = _status(found.get("taskstatus")), _status(found.get("responsestatuscode"))
    parts = (*_parts(found.get("results")), *others)
    notices = sentences([found.get(key) for key in _MESSAGE_KEYS])
    has_data = any(part.data is not None for part in parts)
    implied = not carries_results and _key(task_status) == "completed" and _key(code) in ("", "ok")
    state, settled = translate(task_status, code, has_data=has_data or implied)
    if state is State.COMPLETED and has_data and not any(part.data for part in parts):
        state = State.COMPLETED_EMPTY  # empty data is an empty text, said plainly
    elif state is State.COMPLETED and notices:
        state = State.COMPLETED_WITH_NOTICES
    return Answer(
        state=state,
        settled=settled,
        raw_parts=parts,
        notices=notices,
        task_status=task_status,
        response_status_code=code,
        remarks=tuple(_remarks(found, parts, asked_id)),
        http_status=http_status,
    )


def _status(value: object) -> str | None:
    """A status as received; numbers are shown raw and match nothing (fact sheet 8)."""
    if value is None:
        return None
    return short(value if isinstance(value, str) else json.dumps(value), _STATUS_LIMIT) or None


@lru_cache(maxsize=256)
def _key(status: str | None) -> str:
    return re.sub(r"[\s_-]", "", status or "").casefold()


def _parts(results: object) -> tuple[RawPart, ...]:
    if results is None:
        return ()
    entries = results if isinstance(results, list) else [results]
    parts = tuple(_part(entry) for entry in entries[:MOST_PARTS_APART])
    others = len(entries) - len(parts)
    if not others:
        return parts
    return (*parts, RawPart(None, json.dumps(entries[MOST_PARTS_APART:]), others=others))


def _part(entry: object) -> RawPart:
    if not isinstance(entry, dict):
        return RawPart(None, _text(entry))
    found = folded(entry)
    kind = _text(found.get("type"))
    return RawPart(short(kind, _STATUS_LIMIT) if kind is not None else None, _text(found.get("data")))


def _text(value: object) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _remarks(found: Mapping[str, object], parts: tuple[RawPart, ...], asked_id: str) -> list[str]:
    remarks = []
    answered = _status(found.get("id"))
    if answered is not None and answered.casefold() != asked_id.strip().casefold():
        remarks.append(f"answered with another ID: {answered}")
    if found.get("results") is not None and not isinstance(found.get("results"), list):
        remarks.append("results is not a list")
    if missing := sum(part.data is None for part in parts):
        count = sum(part.others or 1 for part in parts)
        remarks.append(f"{missing} of {count} results without data")
    return remarks


def _unreadable(body: bytes, http_status: int | None) -> UnreadableAnswer:
    words = service_words(body)
    if not text_of(body):
        sentence = "The OCR service sent an empty answer"
    elif is_page(body):
        sentence = "The OCR service answered with a web page"
    else:
        sentence = "The OCR service's answer cannot be read" + (f": {words}" if words else "")
    return UnreadableAnswer(as_sentence(sentence), http_status=http_status)
