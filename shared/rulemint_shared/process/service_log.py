"""The services' own log: structlog, pretty on a terminal and JSON elsewhere, with secrets redacted by field name."""

from __future__ import annotations

import logging
import sys
import traceback
from enum import StrEnum

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from rulemint_shared.secrets.masking import MASK, masked, masked_text
from rulemint_shared.secrets.names import is_secret_name

MAX_VALUES = 1_000
"""Of one field."""
_NOT_SHOWN = frozenset({"exc_info", "_record", "_from_structlog"})
"""Fields that structlog itself puts into an event."""
_MAX_CAUSES = 5


class LogFormat(StrEnum):
    """The look of log lines."""

    AUTO = "auto"
    CONSOLE = "console"
    JSON = "json"


def set_up_logging(*, service: str, log_format: LogFormat, level: str = "info") -> None:
    """Send structlog and the standard library's loggers to standard error in one format."""
    pretty = log_format is LogFormat.CONSOLE or (log_format is LogFormat.AUTO and sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        redact,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            pad_event_to=0,
            exception_formatter=structlog.dev.plain_traceback,  # the usual one shows local variables: secrets, too
        )
        if pretty
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _name_service(service),
            structlog.processors.format_exc_info,
            _redact_traceback,
            renderer,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for noisy in ("arq", "aiohttp.access", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask every field whose name says that it is a secret, at any depth, and the secrets that texts spell."""
    for name, value in event.items():
        if name not in _NOT_SHOWN:
            event[name] = MASK if is_secret_name(name) else masked(value, max_values=MAX_VALUES)
    return event


def _redact_traceback(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The same for what an exception says of itself, and for the lines of code that it came through."""
    for name in ("exception", "stack"):
        if isinstance(text := event.get(name), str):
            event[name] = masked_text(text)
    return event


def log_unexpected(log: FilteringBoundLogger, event: str, error: BaseException, **fields: object) -> None:
    """Log *error* without its words, in which a request's bytes may be: its type, and where it and its causes arose."""
    arose: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(arose) < _MAX_CAUSES:
        arose.append(f"{type(cause).__name__}\n{''.join(traceback.format_tb(cause.__traceback__))}")
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    log.error(event, **fields, error=type(error).__name__, arose="\n".join(arose))


def _name_service(service: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return add
