"""Secrets at rest: tokens are stored encrypted, with keys that live outside the database."""

import contextlib
import hmac
import re
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import func, inspect
from sqlmodel import Session, col, select

from dashboard import full_disk
from dashboard.counts import count_of
from dashboard.errors import SecretsUnreadable, SettingsRefused
from dashboard.logs import get_logger
from dashboard.models import Credential, identity_of
from dashboard.store import key_file
from dashboard.store.database import Database
from dashboard.store.key_file import KEY_FILE

log = get_logger(__name__)

SETTING = "OCR_DASHBOARD_SECRET_KEYS"

KEY_LOST = "If it is lost for good, “ocr-dashboard secrets forget-unreadable” gives up what it opened."
_LOCK = 7_041_824_650_114
"""Number of the PostgreSQL advisory lock of whoever fills a key file; any constant of our own."""


class _Keys:
    """Keys as they were at one moment."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.texts = tuple(keys)
        self.first = Fernet(keys[0])
        self.all = MultiFernet([Fernet(key) for key in keys])
        # From the oldest key: it stays while a new one is put in front. When the oldest one is dropped at
        # last, `verify_readable` writes the fingerprints anew, since it reads every secret anyway.
        self.fingerprint_key = hmac.digest(urlsafe_b64decode(keys[-1]), b"fingerprint", "sha256")


class SecretBox:
    """Encrypts with the first key, decrypts with any; safe to share between threads.

    To change keys: put the new one first, keep the old ones behind it, run :func:`rotate`, drop the old ones.

    Args:
        keys: Fernet keys as :func:`load_keys` gives them; at least one.
        watch: the file they come from. When it changes they are read anew, before anything is encrypted and when
            something cannot be decrypted.
    """

    def __init__(self, keys: Sequence[str], watch: key_file.Watch | None = None) -> None:
        self._keys = _Keys(keys)
        self._watch = watch

    def __repr__(self) -> str:
        return "SecretBox()"

    def derived(self, purpose: bytes) -> list[bytes]:
        """A signing key for another purpose from each key, the one to sign with last."""
        return [hmac.digest(urlsafe_b64decode(key), purpose, "sha256") for key in reversed(self._keys.texts)]

    def encrypt(self, secret: str) -> str:
        """Encrypt for storing."""
        self._look()  # a key that was dropped meanwhile must encrypt nothing any more
        return self._keys.all.encrypt(secret.encode()).decode("ascii")

    def decrypt(self, ciphertext: str) -> str:
        """Give back the secret.

        Raises:
            SecretsUnreadable: when none of the keys fits.
        """
        with contextlib.suppress(InvalidToken):
            return self._keys.all.decrypt(ciphertext.encode()).decode()
        self._look()
        try:
            return self._keys.all.decrypt(ciphertext.encode()).decode()
        except InvalidToken:
            raise SecretsUnreadable(
                "A stored token cannot be decrypted with the keys of this server. If they were changed while it ran, "
                f"restart it; else put the key that it was stored with back into {SETTING}, or into the file "
                f"{KEY_FILE} in the data folder."
            ) from None

    def can_read(self, ciphertext: str) -> bool:
        """Whether one of the keys fits."""
        return _opens(self._keys.all, ciphertext)

    def is_current(self, ciphertext: str) -> bool:
        """Whether it was encrypted with the first key."""
        return _opens(self._keys.first, ciphertext)

    def renew(self, ciphertext: str) -> str:
        """The same secret, encrypted with the first key; raises SecretsUnreadable."""
        return self.encrypt(self.decrypt(ciphertext))

    def _look(self) -> None:
        """Take the keys that are in the file now, if it was changed and holds any."""
        text = self._watch.changed() if self._watch is not None else None
        if text is None:
            return
        try:
            keys = _checked(text, f"The file {KEY_FILE}")
        except SettingsRefused as error:
            log.error("secret_key.not_taken", reason=str(error))  # noqa: TRY400 - it says it all
            return
        if tuple(keys) != self._keys.texts:
            self._keys = _Keys(keys)
            log.warning("secret_key.read_anew", keys=len(keys))

    def fingerprint(self, secret: str) -> str:
        """Keyed hash (HMAC-SHA256) that recognises the same secret without revealing it."""
        return hmac.digest(self._keys.fingerprint_key, secret.encode(), "sha256").hex()


def open_box(data_dir: Path, configured: str | None, *, database: Database) -> SecretBox:
    """What a process that runs on encrypts and decrypts with; arguments and errors as of :func:`load_keys`."""
    is_configured = configured is not None and bool(configured.strip())
    watch = None if is_configured else key_file.Watch(data_dir / KEY_FILE)
    return SecretBox(load_keys(data_dir, configured, database=database), watch)


def load_keys(data_dir: Path, configured: str | None, *, database: Database | None = None) -> list[str]:
    """The keys to use: the configured ones, else those of the key file, which is created when missing.

    Args:
        data_dir: folder of the key file; made when missing.
        configured: comma-separated Fernet keys; the first one encrypts.
        database: where something may be encrypted with them; when nothing is, an empty key file is filled, which
            earlier versions left behind on a full disk.

    Raises:
        SettingsRefused: when a key is malformed; keys are never repeated.
        SecretsUnreadable: when the key file is empty and something is encrypted with what was in it.
        StoreUnavailable: when the key file cannot be read or written.
    """
    if configured is not None and configured.strip():
        return _checked(configured, SETTING)
    path = data_dir / KEY_FILE
    try:
        text = key_file.read_or_create(path)
    except OSError as error:
        raise full_disk.refusal(f"The key file {path} cannot be read or made", error) from error
    if database is not None and not text.strip():
        text = _refilled(path, database)
    return _checked(text, f"The key file {path}")


def _refilled(path: Path, database: Database) -> str:
    """The text of an empty key file after it was filled; one process does, the others find what it has done."""
    with database.writing() as session:
        if not database.is_sqlite:  # SQLite's BEGIN IMMEDIATE has locked the others out already
            session.connection().execute(select(func.pg_advisory_xact_lock(_LOCK)))
        there = inspect(session.connection()).has_table(str(Credential.__tablename__))
        secrets = session.exec(select(func.count()).select_from(Credential)).one() if there else 0
        if text := path.read_text("ascii", errors="replace").strip():
            return text
        if secrets:
            raise SecretsUnreadable(
                f"The key file {path} is empty, and {count_of(secrets, 'stored token')} cannot be read without the key "
                "that was in it. Put the file back from a backup. Results are safe, and need no key."
            )
        return key_file.make_anew(path)


def verify_readable(*, session: Session, box: SecretBox) -> None:
    """Refuse to start when stored secrets cannot be read; bring fingerprints up to date otherwise.

    A minted token that cannot be read is dropped: another one is minted from the secret.

    Args:
        session: a writing one, of any team's data: keys belong to the installation.
        box: the keys in use.

    Raises:
        SecretsUnreadable: naming the setting to correct.
    """
    for credential in session.exec(select(Credential)).all():
        try:
            secret = box.decrypt(credential.secret)
        except SecretsUnreadable as error:
            raise SecretsUnreadable(f"{error} {KEY_LOST}") from None
        fingerprint = box.fingerprint(identity_of(secret, credential.client_id))
        if fingerprint != credential.fingerprint and not _is_taken(session, credential, fingerprint):
            credential.fingerprint = fingerprint
        _drop_unreadable(credential, box)


@dataclass(frozen=True, slots=True)
class Stock:
    """How many secrets are stored (tokens, client secrets, minted tokens), and how they are encrypted.

    Attributes:
        current: encrypted with the first key.
        unreadable: no key fits.
    """

    secrets: int
    current: int
    unreadable: int


def take_stock(*, session: Session, box: SecretBox) -> Stock:
    """Count what is stored, of all teams; changes nothing."""
    rows = session.exec(select(Credential.secret, Credential.minted)).all()
    secrets = [secret for row in rows for secret in row if secret is not None]
    return Stock(
        secrets=len(secrets),
        current=sum(map(box.is_current, secrets)),
        unreadable=sum(not box.can_read(secret) for secret in secrets),
    )


def rotate(*, session: Session, box: SecretBox) -> int:
    """Encrypt every stored secret with the first key. Returns how many were not; harmless to repeat.

    Raises:
        SecretsUnreadable: when one cannot be read; then none is changed.
    """
    # Locked, so that a poll cannot store a freshly minted token between reading and writing.
    credentials = session.exec(select(Credential).order_by(col(Credential.id)).with_for_update()).all()
    renewed = 0
    for credential in credentials:
        if not box.is_current(credential.secret):
            credential.secret = box.renew(credential.secret)
            renewed += 1
        _drop_unreadable(credential, box)
        if credential.minted is not None and not box.is_current(credential.minted):
            credential.minted = box.renew(credential.minted)
            renewed += 1
    return renewed


def give_up_unreadable(*, session: Session, box: SecretBox) -> list[Credential]:
    """Forget secrets that no key opens; their entries stay, with their tasks and limits, to be filled anew.

    Args:
        session: a writing one, of any team's data.
        box: the keys that are left.

    Returns:
        The entries, which must not be called with.
    """
    credentials = session.exec(select(Credential).order_by(col(Credential.id)).with_for_update()).all()
    lost = [credential for credential in credentials if not box.can_read(credential.secret)]
    for credential in lost:
        stand_in = f"lost-{credential.id}"  # each its own, or they would be taken for the same token twice
        credential.secret = box.encrypt(stand_in)
        credential.fingerprint = box.fingerprint(identity_of(stand_in, credential.client_id))
    for credential in credentials:
        _drop_unreadable(credential, box)
    return lost


def _drop_unreadable(credential: Credential, box: SecretBox) -> None:
    if credential.minted is not None and not box.can_read(credential.minted):
        credential.minted, credential.minted_until = None, None


def _opens(fernet: Fernet | MultiFernet, ciphertext: str) -> bool:
    try:
        fernet.decrypt(ciphertext.encode())
    except InvalidToken:
        return False
    return True


def _is_taken(session: Session, credential: Credential, fingerprint: str) -> bool:
    # The same token pasted twice while two servers ran with different oldest keys.
    taken = select(Credential.id).where(
        col(Credential.team_id) == credential.team_id,
        col(Credential.api_url) == credential.api_url,
        col(Credential.fingerprint) == fingerprint,
    )
    return session.exec(taken).first() is not None


def _checked(text: str, source: str) -> list[str]:
    keys = [key for key in re.split(r"[\s,]+", text) if key]
    if not keys:
        raise SettingsRefused(f"{source} holds no key.")
    for number, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError:
            raise SettingsRefused(
                f"{source}: key {number} of {len(keys)} is not a Fernet key, "
                "which has 44 characters of URL-safe Base64."
            ) from None
    return keys
