"""One line per event, as text or JSON, with no secret in it.

Secrets are taken out, and repetitions counted, where a record is made, so it does not matter who writes it (we,
uvicorn, Streamlit).
"""

import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any, TextIO

from dashboard.loading import without
from dashboard.log_repeats import Repeats
from dashboard.redaction import redacted

with without("rich"):  # for a renderer of tracebacks that is not used here, structlog would load 10 MiB
    import structlog

_SECRET_NAMES = re.compile(
    r"(?i)(?:secret|token|password|authorization|(?:api|app|secret)[_-]?keys?|cookie)$"
)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")

_SHORT = "streamlit."
"""Whose lines are made one line each: they tell what browsers have sent, message by message, with its traceback."""

_PLACES = 3

_repeats = Repeats()


def _record(*given: Any, **named: Any) -> logging.LogRecord:  # noqa: ANN401 - the signature of LogRecord
    """Make a record without secrets, whoever's handler is going to write it.

    Streamlit and uvicorn bring handlers of their own and pass nothing on to the root logger, so a filter at our
    handler would see none of their lines; every record passes here.
    """
    record = logging.LogRecord(*given, **named)
    _repeats.thin_out(record)
    if isinstance(record.msg, dict):
        return record  # our own events are redacted by the structlog processor
    # One by one first: uvicorn's formatter wants the arguments of its access log back as they came.
    if isinstance(record.args, tuple):
        record.args = tuple(map(_clean_argument, record.args))
    try:
        text = record.getMessage()
    except Exception:  # noqa: BLE001 - somebody else's arguments do not fit; logging must not raise for it
        text, record.msg, record.args = str(record.msg), str(record.msg), None
    if (record.name or "").startswith(_SHORT):  # a copy of a record is begun without a name
        if record.exc_info and record.exc_info[1] is not None:
            text, record.exc_info = f"{text} ({shortly(record.exc_info[1])})", None
        text = _CONTROL.sub(_escape, text).replace("\n", "\\n")
        record.msg, record.args = text, None
    cleaned = redacted(text)
    if cleaned != text:
        record.msg, record.args = cleaned, None
    if record.exc_info and record.exc_info[0] is not None:
        record.exc_text = redacted("".join(traceback.format_exception(*record.exc_info)).rstrip())
    return record


def shortly(error: BaseException) -> str:
    """An error in a few words: what kind, where, what led to it; not what it says, which may be anybody's words."""
    frames = reversed(list(traceback.walk_tb(error.__traceback__)))
    places = [f"{Path(frame.f_code.co_filename).name}:{line}" for frame, line in frames][:_PLACES]
    said = f"{type(error).__name__} at {' < '.join(places) or 'no place'}"
    return f"{said}, because of {shortly(error.__cause__)}" if error.__cause__ else said


def leave_out(logger: str, function: str) -> None:
    """Keep one function of somebody else from logging what is logged already."""
    logging.getLogger(logger).addFilter(lambda record: record.funcName != function)


def _clean_argument(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    cleaned = redacted(text)
    return value if cleaned == text else cleaned


def _redact_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401 - structlog's signature
    return {name: _redacted(name, value) for name, value in event.items()}


def _redacted(name: str, value: Any) -> Any:  # noqa: ANN401 - anything may be logged
    """The value without secrets, however deep they lie; whatever is not plain data becomes text."""
    if _SECRET_NAMES.search(name):
        return "[hidden]"
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _redacted(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted("", item) for item in value]
    return redacted(value if isinstance(value, str) else repr(value))


def _one_line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401 - structlog's signature
    """Spell out what a terminal would obey; the renderer does it for line feeds, and JSON for everything."""
    return {name: _CONTROL.sub(_escape, it) if isinstance(it, str) else it for name, it in event.items()}


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


def configure(*, level: str = "info", as_json: bool = False, stream: TextIO | None = None) -> None:
    """Send every log line of this process to one stream (default: standard error).

    Args:
        level: debug, info, warning or error.
        as_json: one JSON object a line instead of text.
        stream: where to write.
    """
    global _repeats  # noqa: PLW0603 - one for the process, as the record factory is
    _repeats = Repeats()
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderers: list[structlog.typing.Processor] = (
        [structlog.processors.JSONRenderer()]
        if as_json
        else [
            _one_line,
            structlog.processors.LogfmtRenderer(
                key_order=["timestamp", "level", "event"], drop_missing=True, bool_as_flag=False
            ),
        ]
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _redact_event,  # last before writing, so that tracebacks are covered too
                *renderers,
            ],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *before,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    logging.setLogRecordFactory(_record)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("uvicorn", "watchdog", "urllib3", "alembic"):
        logging.getLogger(noisy).setLevel("WARNING")


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of one module; events are short words, everything else is named values."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
