"""What the lines of a team's export may say: the columns of its tables, each with bounds that every database holds.

A file can come from anywhere. What the rest of the program takes for granted about a row is asked for here: words that
it knows, numbers that fit, moments that there are.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    create_model,
)

from dashboard.models import (
    SANDBOX_URL,
    ApiKey,
    Attempt,
    AuditEntry,
    Base,
    Batch,
    CallKind,
    Correction,
    Credential,
    JoinLink,
    MaskFlip,
    Operation,
    Origin,
    ParkReason,
    Part,
    Preset,
    Role,
    SavedView,
    Share,
    Source,
    State,
    Submission,
    SubmissionState,
    Task,
    TaskTag,
    Team,
    Usage,
)
from dashboard.service_urls import normal_api_url

_LONGEST = 20_000
"""Characters of a name, a label, a sentence."""

_FIRST, _LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9999, 1, 2, tzinfo=UTC)


def _known_moment(moment: datetime) -> datetime:
    if not _FIRST <= moment <= _LAST:
        msg = "no moment that can be kept"
        raise ValueError(msg)
    return moment


def _service(url: str) -> str:
    return url if url == SANDBOX_URL else normal_api_url(url)


_INT = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
_STR = Annotated[str, StringConstraints(max_length=_LONGEST)]
_PLAIN: Mapping[Any, Any] = {
    int: _INT,
    str: _STR,
    bool: bool,
    datetime: Annotated[AwareDatetime, AfterValidator(_known_moment)],
    list[str]: Annotated[list[_STR], Field(max_length=_LONGEST)],
}
_URL = Annotated[_STR, AfterValidator(_service)]


def _of(annotation: Any) -> Any:  # noqa: ANN401 - types
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if get_origin(annotation) in (Union, UnionType):
        (inner,) = (one for one in get_args(annotation) if one is not NoneType)
        return _of(inner) | None
    return annotation


def _lines(table: type[Base], *left_out: str, **words: Any) -> type[BaseModel]:  # noqa: ANN401 - types
    """What a line about a row of this table says; ``words`` are fields that are bound further, or more of them."""
    fields: dict[str, Any] = {}
    for name, field in table.model_fields.items():
        if name not in left_out and name not in words:
            # Numbers of rows are what others refer to by.
            wanted = _INT if name == "id" else _of(field.annotation)
            fields[name] = (wanted, ... if field.is_required() or name == "id" else field.get_default())
    fields |= {name: (wanted, ...) for name, wanted in words.items()}
    config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)
    made: type[BaseModel] = create_model(f"{table.__name__}Line", __config__=config, **fields)
    return made


_HASHED = ("secret_hash",)

TEAM = _lines(Team)
TOKEN = _lines(Credential, "secret", "fingerprint", "minted", "minting", "kind", api_url=_URL)
TASK = _lines(
    Task,
    *("claim", "label_folded", "lower_id"),
    api_url=_URL,
    operation=Operation,
    origin=Origin,
    state=State,
    parked=ParkReason | None,
    envelope=str | None,
)
PART = _lines(Part, "id", "data", "size", "sha256", "wire", text=str | None, file=_STR, text_is_data=bool)
SOURCE = _lines(Source, "id", "team_id", "size", "sha256", "is_whole", "thumbnail", file=_STR)
_JSON = dict[_STR, Any]

BATCH = _lines(Batch, "team_id", "key_id", "drop_in")
SUBMISSION = _lines(
    Submission,
    *("team_id", "source_id", "claim", "holder"),
    api_url=_URL,
    operation=Operation,
    state=SubmissionState,
    settings=_JSON,
)
PRESET = _lines(Preset, "team_id", settings=_JSON)
ATTEMPT = _lines(Attempt, "id")
CORRECTION = _lines(Correction, "id", text=str | None)
MASK = _lines(MaskFlip)
USAGE = _lines(Usage, kind=CallKind)
TAG = _lines(TaskTag, "team_id")
VIEW = _lines(SavedView, "id")
LINK = _lines(JoinLink, *_HASHED, role=Role)
KEY = _lines(ApiKey, *_HASHED, "kind", "drop_in_at", role=Role)
SHARE = _lines(Share, *_HASHED, tasks=list[_INT])
AUDIT = _lines(AuditEntry, detail=dict[_STR, _STR | int | bool | None])
