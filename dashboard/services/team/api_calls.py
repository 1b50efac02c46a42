"""Calls that scripts may repeat: what one answered under a key, for a day, is answered again under the same key."""

import base64
import hashlib
import zlib
from dataclasses import dataclass
from datetime import timedelta

from dashboard.errors import SecretsUnreadable
from dashboard.services.team_scope import TeamScope
from dashboard.store import api_calls as rows
from dashboard.store.secrecy import SecretBox

KEPT_FOR = timedelta(days=1)
"""How long a key is known; longer than any script tries again."""

LONGEST_ANSWER = 8 * 1024 * 1024
"""Bytes of an answer that is kept; of longer ones it is only known that the call was carried out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstCall:
    """What is known of the first call under a key.

    Attributes:
        fingerprint: of what was asked.
        status: of its answer; None while it is under way, or when it was broken off.
        answer: the body; None when it was too long or cannot be read any more.
        age: since it began.
    """

    fingerprint: str
    status: int | None
    answer: bytes | None
    age: timedelta


class ApiCalls:
    """The keys of one team's scripts; each is known to who has used it and to nobody else.

    Args:
        team: whose.
        box: encrypts the answers, which may hold a share link.
    """

    def __init__(self, team: TeamScope, *, box: SecretBox) -> None:
        self._team = team
        self._box = box

    def begin(self, key: str) -> FirstCall | None:
        """Take a key for a call; what is known of the first call under it, where there was one."""
        now = self._team.clock()
        with self._team.writing() as session:
            rows.forget(session=session, before=now - KEPT_FOR)
            found = rows.begin(session=session, team_id=self._team.team_id, key=self._stored(key), now=now)
            if found is None:
                return None
            fingerprint, status, answer, begun_at = (
                found.fingerprint,
                found.status,
                found.answer,
                found.begun_at,
            )
        return self._first(fingerprint, status, answer, now - begun_at)

    def keep(self, key: str, *, fingerprint: str, status: int, answer: bytes) -> None:
        """Remember what the call under a key answered."""
        kept = self._box.encrypt(_packed(answer)) if len(answer) <= LONGEST_ANSWER else None
        with self._team.writing() as session:
            rows.keep(
                session=session,
                team_id=self._team.team_id,
                key=self._stored(key),
                fingerprint=fingerprint,
                status=status,
                answer=kept,
            )

    def give_back(self, key: str) -> None:
        """Let a key be used again: the call under it has changed nothing."""
        with self._team.writing() as session:
            rows.give_back(session=session, team_id=self._team.team_id, key=self._stored(key))

    def _first(self, fingerprint: str, status: int | None, answer: str | None, age: timedelta) -> FirstCall:
        try:
            body = _unpacked(self._box.decrypt(answer)) if answer is not None else None
        except SecretsUnreadable:  # the key it was encrypted with is gone
            body = None
        return FirstCall(fingerprint=fingerprint, status=status, answer=body, age=age)

    def _stored(self, key: str) -> str:
        who = self._team.actor
        person = (who.kind.value, who.key_id, who.person_id, who.sign_in_id)
        return hashlib.sha256(f"{person}\n{key}".encode()).hexdigest()


def _packed(body: bytes) -> str:
    return base64.b64encode(zlib.compress(body)).decode("ascii")


def _unpacked(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))
