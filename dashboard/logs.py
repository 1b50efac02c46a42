"""One line per event, as text or JSON, with no secret in it.

Everything that is logged in this process (ours, uvicorn's, Streamlit's) passes :class:`Redaction`.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from dashboard.redaction import redacted

_SECRET_NAMES = re.compile(r"(?i)(?:secret|token|password|authorization|api_key|cookie)$")


class Redaction(logging.Filter):
    """Takes secrets out of every record before any handler writes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; always keep it."""
        if isinstance(record.msg, dict):
            return True  # our own events were redacted by the structlog processor
        text = record.getMessage()
        cleaned = redacted(text)
        if cleaned != text:
            record.msg, record.args = cleaned, None
        return True


def _redact_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401 - structlog's signature
    for name, value in event.items():
        if _SECRET_NAMES.search(name):
            event[name] = "[hidden]"
        elif isinstance(value, str):
            event[name] = redacted(value)
    return event


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
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.processors.LogfmtRenderer(
            key_order=["timestamp", "level", "event"], drop_missing=True, bool_as_flag=False
        )
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.addFilter(Redaction())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _redact_event,  # last before writing, so that tracebacks are covered too
                renderer,
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
