"""Aspose.OCR Cloud v5.0 over HTTP: what we send, what comes back, and what it means."""

from dashboard.cloud.client import CloudClient
from dashboard.cloud.jwt import token_expiry
from dashboard.cloud.recognition import (
    LANGUAGES,
    SPELL_CHECK_LANGUAGES,
    DsrConfidence,
    DsrMode,
    RecognitionSettings,
    Region,
    ResultType,
    TableResultType,
)

__all__ = [
    "LANGUAGES",
    "SPELL_CHECK_LANGUAGES",
    "CloudClient",
    "DsrConfidence",
    "DsrMode",
    "RecognitionSettings",
    "Region",
    "ResultType",
    "TableResultType",
    "token_expiry",
]
