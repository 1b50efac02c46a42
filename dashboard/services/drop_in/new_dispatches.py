"""What a script submits, written down before it is sent: a row that says *being sent*, and a call on a meter."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from dashboard.errors import InputRefused
from dashboard.logs import get_logger
from dashboard.models import (
    Action,
    Batch,
    CallCredential,
    CallKind,
    Credential,
    Operation,
    Role,
    Source,
    Submission,
    SubmissionState,
)
from dashboard.models.dispatches import Dispatch, Pieces
from dashboard.models.recognition import RecognitionSettings
from dashboard.models.source_tables import CHUNK_BYTES
from dashboard.polling.schedule import LEASE_SECONDS
from dashboard.results.sniffing import FileType, image_type
from dashboard.services.drop_in.drop_in_tokens import NO_TOKEN, DropInTokens, Held
from dashboard.services.drop_in.wire_settings import recognition_of
from dashboard.services.labels import clean_label
from dashboard.services.sending.kept_sources import KeptSources
from dashboard.services.team_scope import TeamScope
from dashboard.store import drop_in as rows
from dashboard.store import sources
from dashboard.store.call_counts import count_calls

log = get_logger(__name__)

_DIGEST_SHOWN = 12
_SCRIPTS = "Scripts"
_UNNAMED = FileType("application/octet-stream", ".bin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a script wants to have read.

    Attributes:
        data: the image, or the text that is to be spoken.
        digest: SHA-256 of the data, in hexadecimal digits.
        settings: as the script wrote them.
        token: label or number of the token; empty for the default one.
        label: of the task; empty where none is given.
    """

    operation: Operation
    trial: bool
    data: bytes = field(repr=False)
    digest: str
    settings: Mapping[str, Any]
    token: str = ""
    label: str = ""


class NewDispatches:
    """Dispatches of one team that a script sends itself.

    Args:
        team: whose, and by which key.
        chosen: which token is for what.
        kept_sources: keep the images, where the team wants that.
        holder: this process, where it beats; None where the lease alone says how long sending may take.
    """

    def __init__(
        self, team: TeamScope, *, chosen: DropInTokens, kept_sources: KeptSources, holder: str | None
    ) -> None:
        self._team = team
        self._chosen = chosen
        self._kept = kept_sources
        self._holder = holder

    def begin(self, order: Order) -> Dispatch:
        """As :meth:`dashboard.services.drop_in.forwarding.Forwarding.begin` has it."""
        with self._team.reading(Role.EDITOR) as session:
            keeps = self._chosen.require_on(session).keep_sources
            credential = None if order.trial else self._chosen.chosen(session, order.token)
            if credential is None and not order.trial:
                raise InputRefused(NO_TOKEN)
            digests = [order.digest] if keeps else []
            known = sources.known(session=session, team_id=self._team.team_id, digests=digests)
        same = known.get(order.digest)
        label = clean_label(order.label) or (same.name if same else order.digest[:_DIGEST_SHOWN])
        source_id = same.source_id if same else None
        source = None
        if keeps and same is None and order.operation is not Operation.TEXT_TO_SPEECH:
            source = self._source(order, label)
            if source.size > CHUNK_BYTES:
                source_id, source = self._keep(source, order), None
        found = self._written_down(order, label, source_id, source, credential)
        if isinstance(found, Held):
            raise found  # here, because the rest of a token whose budget is used up has to be committed
        return found

    def _written_down(
        self,
        order: Order,
        label: str,
        source_id: int | None,
        source: Source | None,
        credential: Credential | None,
    ) -> Dispatch | Held:
        """Store it, with a small image that is not kept yet."""
        with self._team.writing(Role.EDITOR) as session:
            now = self._team.clock()
            lent = self._chosen.lend(session, credential, now) if credential is not None else None
            if isinstance(lent, Held):
                return lent
            if source is not None and self._has_room(session, source):
                source_id = sources.add_whole(session=session, source=source, data=order.data)
            elif source_id is not None and not sources.is_there(session=session, source_id=source_id):
                source_id = None
            submission = self._submission(order, label, source_id, lent, now)
            submission.batch_id = rows.batch_of(session=session, batch=self._batch(now))
            dispatch = _dispatch(
                submission, order, lent, rows.add(session=session, submission=submission), now
            )
            if lent is not None:
                count_calls(
                    session=session, credential_id=lent.credential_id, kind=CallKind.SUBMIT, moment=now
                )
            detail = {"operation": order.operation.value, "trial": order.trial, "drop-in": True}
            self._team.note(session, Action.IMAGES_SENT, label, detail)
            self._team.touch(session)
            return dispatch

    def _source(self, order: Order, label: str) -> Source:
        kind = image_type(order.data) or _UNNAMED
        return Source(
            team_id=self._team.team_id,
            name=label if label.lower().endswith(kind.extension) else f"{label}{kind.extension}",
            media_type=kind.media_type,
            size=len(order.data),
            sha256=order.digest,
            added_at=self._team.clock(),
        )

    def _has_room(self, session: Session, source: Source) -> bool:
        try:
            self._kept.room.refuse_overflow(session, source.size)
        except InputRefused as refusal:  # the script's own business goes on
            log.warning("drop_in.source_not_kept", reason=str(refusal))
            return False
        return True

    def _keep(self, source: Source, order: Order) -> int | None:
        """Keep a large one piece by piece, before anything else is written."""
        try:
            data = Pieces.of(order.data)
            return self._kept.keep(name=source.name, data=data, media_type=source.media_type).id
        except InputRefused as refusal:
            log.warning("drop_in.source_not_kept", reason=str(refusal))
            return None

    def _batch(self, now: datetime) -> Batch:
        """One for each key and day, so that the list of batches stays one of people's doings."""
        key_id, day = self._team.actor.key_id, now.date().isoformat()
        called = self._team.actor.name if key_id else _SCRIPTS
        return Batch(
            team_id=self._team.team_id,
            name=f"{called}, {day}",
            created_at=now,
            created_by=self._team.actor.name,
            key_id=key_id,
            drop_in=f"{day} {key_id or 0}",
        )

    def _submission(
        self, order: Order, label: str, source_id: int | None, lent: CallCredential | None, now: datetime
    ) -> Submission:
        recognition = recognition_of(order.operation, order.settings)
        return Submission(
            batch_id=0,
            team_id=self._team.team_id,
            # What we do not know how to say again cannot be sent again from here.
            source_id=source_id if recognition else None,
            position=0,
            label=label,
            api_url=lent.api_url if lent else self._chosen.api_url,
            operation=order.operation.value,
            trial=order.trial,
            credential_id=lent.credential_id if lent else None,
            settings=(recognition or RecognitionSettings()).stored(),
            state=SubmissionState.SENDING.value,
            claim=uuid.uuid4().hex,
            holder=self._holder,
            next_at=now + timedelta(seconds=LEASE_SECONDS),
            sent_at=now,
        )


def _dispatch(
    row: Submission, order: Order, lent: CallCredential | None, submission_id: int, now: datetime
) -> Dispatch:
    return Dispatch(
        id=submission_id,
        team_id=row.team_id,
        fence=row.claim or "",
        source_id=row.source_id or 0,
        size=len(order.data),
        api_url=row.api_url,
        operation=order.operation,
        trial=order.trial,
        credential=lent,
        settings=RecognitionSettings(),
        label=row.label,
        claimed_at=now,
        tries=0,
    )
