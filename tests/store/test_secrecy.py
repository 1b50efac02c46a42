import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from dashboard.errors import SecretsUnreadable, SettingsRefused, StoreUnavailable
from dashboard.models import Credential
from dashboard.store.database import Database
from dashboard.store.secrecy import KEY_FILE, SecretBox, load_keys, rotate, verify_readable

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def stored(database: Database, credential_id: int) -> Credential:
    """The row as it is stored."""
    with database.reading() as session:
        return session.get_one(Credential, credential_id)


def test_round_trip() -> None:
    """A secret comes back, and its ciphertext is another one each time."""
    box = SecretBox([NEW])
    assert box.decrypt(box.encrypt("tokén")) == "tokén"
    assert box.encrypt("token") != box.encrypt("token")


def test_old_keys_still_open() -> None:
    """A new key in front encrypts; the old one behind it opens what it has locked."""
    locked = SecretBox([OLD]).encrypt("token")
    both = SecretBox([NEW, OLD])
    assert both.decrypt(locked) == "token"
    assert SecretBox([NEW]).decrypt(both.renew(locked)) == "token"


def test_wrong_key() -> None:
    """The wrong key is refused by the name of the setting, without the secret or a key."""
    locked = SecretBox([OLD]).encrypt("token")
    with pytest.raises(SecretsUnreadable, match="OCR_DASHBOARD_SECRET_KEYS") as refusal:
        SecretBox([NEW]).decrypt(locked)
    assert locked not in str(refusal.value)
    assert NEW not in str(refusal.value) + repr(SecretBox([NEW]))


def test_fingerprints_survive_a_new_key() -> None:
    """A fingerprint depends on the secret and the oldest key only, and does not reveal the secret."""
    old, both = SecretBox([OLD]), SecretBox([NEW, OLD])
    assert old.fingerprint("token") == both.fingerprint("token")
    assert old.fingerprint("token") != old.fingerprint("Token")
    assert SecretBox([NEW]).fingerprint("token") != old.fingerprint("token")


def test_changing_keys(database: Database, add_credential: Callable[..., int]) -> None:
    """New key in front, rotate, old key dropped: every token stays readable and recognisable."""
    old, both, new = SecretBox([OLD]), SecretBox([NEW, OLD]), SecretBox([NEW])
    row = add_credential(secret=old.encrypt("token"), fingerprint=old.fingerprint("token"))
    with database.writing() as session:
        assert rotate(session=session, box=both) == 1
    with database.writing() as session:
        verify_readable(session=session, box=new)
    assert new.decrypt(stored(database, row).secret) == "token"
    assert stored(database, row).fingerprint == new.fingerprint("token")


def test_refusing_to_start(database: Database, add_credential: Callable[..., int]) -> None:
    """A token that no key opens stops the start and is left as it is."""
    locked = SecretBox([OLD]).encrypt("token")
    row = add_credential(secret=locked)
    with pytest.raises(SecretsUnreadable), database.writing() as session:
        verify_readable(session=session, box=SecretBox([NEW]))
    with pytest.raises(SecretsUnreadable), database.writing() as session:
        rotate(session=session, box=SecretBox([NEW]))
    assert stored(database, row).secret == locked


def test_the_same_token_twice(database: Database, add_credential: Callable[..., int]) -> None:
    """A token stored twice, under different oldest keys, does not stop the start."""
    new = SecretBox([NEW])
    for box in (SecretBox([OLD]), new):
        add_credential(secret=new.encrypt("token"), fingerprint=box.fingerprint("token"))
    with database.writing() as session:
        verify_readable(session=session, box=new)


@pytest.mark.parametrize("given", [f"{NEW},{OLD}", f" {NEW} ,\n{OLD},"], ids=["plain", "with blanks"])
def test_configured_keys(tmp_path: Path, given: str) -> None:
    """Configured keys are used in their order, and no key file is made."""
    assert load_keys(tmp_path, given) == [NEW, OLD]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", ["geheim", f"{NEW},geheim", NEW[:-2], " , "], ids=str)
def test_malformed_keys(tmp_path: Path, given: str) -> None:
    """A malformed key is refused by the name of the setting and its place, never by its text."""
    with pytest.raises(SettingsRefused, match="OCR_DASHBOARD_SECRET_KEYS") as refusal:
        load_keys(tmp_path, given)
    assert "geheim" not in str(refusal.value)
    assert NEW[:20] not in str(refusal.value)


def test_key_file(tmp_path: Path) -> None:
    """Without configured keys a key file is made once, for the owner's eyes only."""
    first = load_keys(tmp_path, None)
    assert load_keys(tmp_path, "") == first
    if os.name == "posix":
        assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_key_file_race(tmp_path: Path) -> None:
    """Processes that start together end up with the same key."""
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: tuple(load_keys(tmp_path, None)), range(8)))
    assert len(set(keys)) == 1


def test_damaged_key_file(tmp_path: Path) -> None:
    """A damaged key file is named, and never replaced by a new one."""
    (tmp_path / KEY_FILE).write_text("\x00damaged")
    with pytest.raises(SettingsRefused, match=KEY_FILE):
        load_keys(tmp_path, None)
    assert (tmp_path / KEY_FILE).read_text() == "\x00damaged"


def test_key_folder_is_made(tmp_path: Path) -> None:
    """With the database on a server, the key file may be the first thing in the data folder."""
    assert load_keys(tmp_path / "new" / "data", None) == load_keys(tmp_path / "new" / "data", None)


def test_key_file_that_cannot_be_made(tmp_path: Path) -> None:
    """A key file that can neither be read nor made gives a sentence."""
    (tmp_path / "gone").touch()
    with pytest.raises(StoreUnavailable, match="cannot be read or made"):
        load_keys(tmp_path / "gone", None)
