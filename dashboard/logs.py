"""One line per event, as text or JSON, with no secret in it.

Everything that is logged in this process (ours, uvicorn's, Streamlit's) passes :class:`Redaction`.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog

from dashboard.redaction import redacted

_SECRET_NAMES = re.compile(
    r"(?i)(?:secret|token|password|authorization|(?:api|app|secret)[_-]?keys?|cookie)$"
)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class Redaction(logging.Filter):
    """Takes secrets out of every record before any handler writes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; always keep it."""
        if isinstance(record.msg, dict):
            return True  # our own events were redacted by the structlog processor
        try:
            text = record.getMessage()
        except Exception:  # noqa: BLE001 - somebody else's arguments do not fit; logging must not raise for it
            text, record.args = str(record.msg), None
        cleaned = redacted(text)
        if cleaned != text:
            record.msg, record.args = cleaned, None
        return True


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
    handler.addFilter(Redaction())
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
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("uvicorn", "watchdog", "urllib3", "alembic"):
        logging.getLogger(noisy).setLevel("WARNING")


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of one module; events are short words, everything else is named values."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
