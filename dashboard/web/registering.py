"""``POST /api/v1/tasks`` and ``/credentials``: what is sent in, and what became of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import SecretStr, ValidationError

from dashboard.bootstrap import Dashboard
from dashboard.errors import InputRefused
from dashboard.models import Operation
from dashboard.services.tasks.intake import NewTask, Registration
from dashboard.services.tasks.pasted_tasks import read_given
from dashboard.web.api_errors import sentence
from dashboard.web.payloads import (
    Known,
    NewCredential,
    NewCredentialItem,
    Registered,
    Rejected,
    TaskEntry,
    item,
    new_credential_item,
)
from dashboard.web.printable import printable

_SHOWN = 200
"""Characters of a rejected task ID that are given back."""


def register(app: Dashboard, raw_entries: Sequence[Any]) -> Registered:
    """Save what can be saved; every entry is accounted for in exactly one of the three lists."""
    # Newest first as listed, so that the newest token of a name wins, as it does where none is named.
    labels = {view.label: view.id for view in reversed(app.team.credentials.all())}
    entries, rejected = [], []
    for raw in raw_entries:
        try:
            entries.append(_entry(TaskEntry.model_validate(raw), labels))
        except ValidationError as error:
            rejected.append(Rejected(task_id=_shown(raw), reason=sentence(error.errors()[0])))
        except InputRefused as error:
            rejected.append(Rejected(task_id=_shown(raw), reason=str(error)))
    done = app.team.intake.register(entries)
    rejected += [Rejected(task_id=_shown(task_id), reason=reason) for task_id, reason in done.rejected]
    return Registered(
        registered=[item(row) for row in app.team.board.rows_of(list(done.registered.values()))],
        known=list(_known(entries, done)),
        rejected=rejected,
    )


def register_credential(app: Dashboard, given: NewCredential) -> NewCredentialItem:
    """Store an access token, or a client ID with its secret; raises InputRefused, which repeats neither."""
    pair = (given.client_id, given.client_secret)
    if given.access_token is not None and pair != (None, None):
        raise InputRefused("Give either an access_token or a client_id with its client_secret, not both.")
    if given.access_token is None and None in pair:
        raise InputRefused("Give an access_token, or a client_id together with its client_secret.")
    view, is_new = app.team.credentials.add(
        label=given.label,
        access_token=_plain(given.access_token),
        client_id=given.client_id,
        client_secret=_plain(given.client_secret),
        api_url=given.api_url,
    )
    return new_credential_item(view, known=not is_new)


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def _entry(given: TaskEntry, labels: Mapping[str, int]) -> NewTask:
    try:
        operation = Operation(given.operation)
    except ValueError:
        raise InputRefused(f"unknown operation; use one of {', '.join(Operation)}") from None
    credential = given.credential
    if isinstance(credential, str):
        if credential not in labels:
            raise InputRefused("there is no token with that label in this team")
        credential = labels[credential]
    return NewTask(
        task_id=given.task_id,
        operation=operation,
        trial=given.trial,
        credential_id=credential,
        label=given.label or "",
        submitted_at=given.submitted_at,
    )


def _known(entries: Sequence[NewTask], done: Registration) -> Iterator[Known]:
    """Entries for tasks that were here before, be it because the same request names them further up."""
    accepted = Counter(read_given(entry.task_id).task_id for entry in entries)
    accepted.subtract(read_given(task_id).task_id for task_id, _ in done.rejected)
    accepted.subtract(done.registered)
    for task_id, times in accepted.items():
        row_id = done.known.get(task_id) or done.registered.get(task_id)
        for _ in range(times if row_id else 0):
            yield Known(task_id=task_id, id=row_id)


def _shown(raw: object) -> str:
    """What identifies a rejected entry to its sender."""
    given = raw.get("task_id") if isinstance(raw, dict) else raw
    return printable(str(given)[:_SHOWN]) if isinstance(given, str | int | float) else ""
