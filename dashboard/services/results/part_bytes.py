"""The bytes of a result's parts, read a few at a time: one by one takes a transaction each, all at once the memory."""

from collections.abc import Iterator, Sequence

from dashboard.models import Part
from dashboard.services.team_scope import TeamScope
from dashboard.store import parts as part_rows

_BYTES = 4_000_000
_PARTS = 200


def with_bytes(
    team: TeamScope, task_ref: int, listed: Sequence[Part], *, with_text: bool = False
) -> Iterator[Part]:
    """The listed parts of a task with their bytes, without their texts unless asked; what is gone is left out.

    Those that were read with them already come as they are.
    """
    if all(map(part_rows.has_bytes, listed)):
        yield from listed
        return
    for some in _batches(listed):
        with team.reading() as session:
            found = part_rows.between(
                session=session,
                team_id=team.team_id,
                task_ref=task_ref,
                first=some[0].position,
                last=some[-1].position,
                with_text=with_text,
            )
        yield from found


def _batches(listed: Sequence[Part]) -> Iterator[list[Part]]:
    some: list[Part] = []
    size = 0
    for part in listed:
        if some and (size + part.size > _BYTES or len(some) == _PARTS):
            yield some
            some, size = [], 0
        some.append(part)
        size += part.size
    if some:
        yield some
