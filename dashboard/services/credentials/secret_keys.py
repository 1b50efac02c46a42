"""The keys that stored tokens are encrypted with: where they come from, and changing them without losing anything."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from dashboard.errors import InputRefused
from dashboard.models import FOREVER, SYSTEM, Action, ParkReason
from dashboard.settings import Settings
from dashboard.store import audit, credentials, key_file, teams
from dashboard.store.backup_facts import fingerprints
from dashboard.store.database import Database, sqlite_url
from dashboard.store.migrating import migrate
from dashboard.store.secrecy import (
    SETTING,
    SecretBox,
    Stock,
    give_up_unreadable,
    load_keys,
    rotate,
    take_stock,
    verify_readable,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How secrets are kept.

    Attributes:
        key_file: where the keys come from, or None when they are configured.
        permissions: mode of that file, for example ``0600``.
        is_exposed: whether others than its owner can read or change it.
        fingerprints: what backups name the keys by, the first one first.
    """

    key_file: Path | None
    permissions: str
    is_exposed: bool
    fingerprints: tuple[str, ...]
    stock: Stock

    @property
    def keys(self) -> int:
        """How many there are."""
        return len(self.fingerprints)


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The migrated database, also where its secrets cannot be read; raises StoreError, SettingsRefused."""
    configured = settings.database_url.get_secret_value() if settings.database_url else None
    database = Database(configured or sqlite_url(settings.data_dir))
    try:
        migrate(database)
        yield database
    finally:
        database.close()


def configured_keys(settings: Settings) -> str | None:
    """What the setting holds; None when the key file is used instead."""
    text = settings.secret_keys.get_secret_value() if settings.secret_keys else ""
    return text if text.strip() else None


def key_file_of(settings: Settings) -> Path | None:
    """The key file that is in use, or will be made; None when keys are configured."""
    return None if configured_keys(settings) else settings.data_dir / key_file.KEY_FILE


def status(settings: Settings) -> Status:
    """Look at keys and stored secrets, readable or not; raises StoreError, SettingsRefused."""
    with opened(settings) as database:
        keys = load_keys(settings.data_dir, configured_keys(settings), database=database)
        with database.reading() as session:
            stock = take_stock(session=session, box=SecretBox(keys))
    path = key_file_of(settings)
    return Status(
        key_file=path,
        permissions=key_file.permissions(path) if path else "",
        is_exposed=path is not None and key_file.is_exposed(path),
        fingerprints=fingerprints(keys),
        stock=stock,
    )


def put_new_key_in_front(settings: Settings) -> int:
    """Have a fresh key encrypt from now on; the old ones stay behind it. Returns how many there are now.

    Raises:
        InputRefused: when keys are configured: they are not ours to change.
        SettingsRefused: when the key file is damaged.
        StoreUnavailable: when it cannot be written; it is as it was.
    """
    path = _own_file(settings)
    keys = [Fernet.generate_key().decode("ascii"), *load_keys(settings.data_dir, None)]
    key_file.replace(path, keys)
    return len(keys)


def encrypt_anew(settings: Settings) -> tuple[int, Stock]:
    """Encrypt every stored secret with the first key, all in one transaction.

    Returns:
        How many were not before, and what is stored now.

    Raises:
        StoreError: nothing was changed.
        SettingsRefused: when a key is malformed.
    """
    with opened(settings) as database:
        box = SecretBox(load_keys(settings.data_dir, configured_keys(settings), database=database))
        with database.writing() as session:
            renewed = rotate(session=session, box=box)
        with database.reading() as session:
            return renewed, take_stock(session=session, box=box)


def forget_unreadable(settings: Settings, *, clock: Callable[[], datetime]) -> list[str]:
    """Give up stored secrets that no key here opens. Their entries wait for a new secret, and so do their tasks.

    Returns:
        How people call them.

    Raises:
        StoreError: nothing was changed.
        SettingsRefused: when a key is malformed.
    """
    now = clock()
    with opened(settings) as database:
        box = SecretBox(load_keys(settings.data_dir, configured_keys(settings)))
        with database.writing() as session:
            lost = give_up_unreadable(session=session, box=box)
            for token in lost:
                mine: dict[str, Any] = {"session": session, "team_id": token.team_id, "now": now}
                credentials.pause(
                    **mine,
                    credential_id=token.id or 0,
                    reason=ParkReason.TOKEN_REJECTED,
                    detail="Its secret was given up, because the key it was encrypted with is lost. Enter it anew.",
                    until=FOREVER,
                )
                subject = f"{token.label}: secret given up, its key is lost"
                audit.note(**mine, actor=SYSTEM, action=Action.TOKEN_CHANGED, subject=subject)
            teams.touch(session=session, team_ids={token.team_id for token in lost})
        return [token.label for token in lost]


def forget_old_keys(settings: Settings) -> int:
    """Drop all keys but the first from the key file, once nothing needs them. Returns how many were dropped.

    Raises:
        InputRefused: when keys are configured: they are not ours to change.
        StoreError: when a secret still needs an old key; no key is dropped then.
    """
    path = _own_file(settings)
    with opened(settings) as database:
        first, *old = load_keys(settings.data_dir, None)
        if not old:
            return 0
        with database.writing() as session:
            # With the first key alone, exactly as the next start will read them; fingerprints change with it.
            verify_readable(session=session, box=SecretBox([first]))
        # After the commit: whatever ends us here, every key that is needed is still there.
        key_file.replace(path, [first])
    return len(old)


def _own_file(settings: Settings) -> Path:
    path = key_file_of(settings)
    if path is None:
        raise InputRefused(
            f"The keys come from {SETTING}: change them there. Put a new key first, restart every server and "
            "worker, run “secrets rotate”, then take the old keys out."
        )
    return path
