import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from structlog.testing import capture_logs

from dashboard.errors import DiskFull, SecretsUnreadable, SettingsRefused, StoreUnavailable
from dashboard.models import Credential
from dashboard.store import key_file
from dashboard.store.database import Database, sqlite_url
from dashboard.store.key_file import KEY_FILE
from dashboard.store.secrecy import SecretBox, Stock, load_keys, rotate, take_stock, verify_readable
from tests.chaos.obstacles import no_room
from tests.conftest import NOW

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


def test_rotating_twice(database: Database, add_credential: Callable[..., int]) -> None:
    """The second time there is nothing to do, and nothing is written."""
    old, both = SecretBox([OLD]), SecretBox([NEW, OLD])
    row = add_credential(secret=old.encrypt("secret"), minted=old.encrypt("minted"))
    with database.writing() as session:
        assert rotate(session=session, box=both) == 2
    first = stored(database, row)
    with database.writing() as session:
        assert rotate(session=session, box=both) == 0
    assert (stored(database, row).secret, stored(database, row).minted) == (first.secret, first.minted)
    assert SecretBox([NEW]).decrypt(first.minted or "") == "minted"


def test_taking_stock(database: Database, add_credential: Callable[..., int]) -> None:
    """Every secret is counted, also those that cannot be read; nothing is changed."""
    old, both, foreign = SecretBox([OLD]), SecretBox([NEW, OLD]), SecretBox([Fernet.generate_key().decode()])
    with database.reading() as session:
        assert take_stock(session=session, box=both) == Stock(0, 0, 0)
    add_credential(secret=old.encrypt("token"))
    add_credential(secret=both.encrypt("secret"), minted=old.encrypt("minted"))
    add_credential(secret=foreign.encrypt("token"), minted="nonsense")
    with database.reading() as session:
        assert take_stock(session=session, box=both) == Stock(secrets=5, current=1, unreadable=2)


def test_a_minted_token_that_cannot_be_read(database: Database, add_credential: Callable[..., int]) -> None:
    """Is dropped at the start, because another one can be minted; readable ones stay."""
    old, new = SecretBox([OLD]), SecretBox([NEW])
    lost = add_credential(
        secret=new.encrypt("secret"), client_id="app", minted=old.encrypt("minted"), minted_until=NOW
    )
    kept = add_credential(
        secret=new.encrypt("secret"), client_id="other", minted=new.encrypt("minted"), minted_until=NOW
    )
    with database.writing() as session:
        verify_readable(session=session, box=new)
    assert (stored(database, lost).minted, stored(database, lost).minted_until) == (None, None)
    assert new.decrypt(stored(database, kept).minted or "") == "minted"
    assert stored(database, kept).minted_until == NOW


def test_a_wrong_key_touches_nothing(database: Database, add_credential: Callable[..., int]) -> None:
    """Not even what could be brought up to date without it."""
    old, new = SecretBox([OLD]), SecretBox([NEW])
    rows = [
        add_credential(secret=new.encrypt("one"), minted=old.encrypt("minted"), minted_until=NOW),
        add_credential(secret=old.encrypt("two")),
    ]
    before = [stored(database, row) for row in rows]
    with pytest.raises(SecretsUnreadable, match="OCR_DASHBOARD_SECRET_KEYS"), database.writing() as session:
        verify_readable(session=session, box=new)
    with pytest.raises(SecretsUnreadable), database.writing() as session:
        rotate(session=session, box=new)
    assert [stored(database, row) for row in rows] == before


KILLED = """
import os, sys
from dashboard.store import key_file
from dashboard.store.database import Database
from dashboard.store.secrecy import SecretBox, rotate
with Database(sys.argv[1]).writing() as session:
    assert rotate(session=session, box=SecretBox(sys.argv[2:])) == 40
    session.flush()
    os._exit(9)
"""


def test_a_rotation_that_is_killed(
    database_url: str, database: Database, add_credential: Callable[..., int]
) -> None:
    """Right before its commit: everything is as it was, and the next rotation does it all."""
    old, both, new = SecretBox([OLD]), SecretBox([NEW, OLD]), SecretBox([NEW])
    rows = [
        add_credential(secret=old.encrypt(f"token {n}"), minted=old.encrypt(f"minted {n}")) for n in range(20)
    ]
    command = [sys.executable, "-c", KILLED, database_url, NEW, OLD]
    root = Path(__file__).parents[2]
    assert subprocess.run(command, cwd=root, timeout=60, check=False).returncode == 9  # noqa: S603 - ourselves

    for number, row in enumerate(rows):
        assert old.decrypt(stored(database, row).secret) == f"token {number}"
        assert old.decrypt(stored(database, row).minted or "") == f"minted {number}"
    with database.writing() as session:
        assert rotate(session=session, box=both) == 40
    assert [new.decrypt(stored(database, row).secret) for row in rows] == [f"token {n}" for n in range(20)]


def test_a_rotation_that_fails_half_way(
    database: Database, add_credential: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is kept."""
    old, both = SecretBox([OLD]), SecretBox([NEW, OLD])
    rows = [add_credential(secret=old.encrypt(f"token {n}")) for n in range(5)]
    renew, calls = both.renew, iter(range(5))

    def breaking(ciphertext: str) -> str:
        if next(calls) == 3:
            raise OSError
        return renew(ciphertext)

    monkeypatch.setattr(both, "renew", breaking)
    with pytest.raises(OSError), database.writing() as session:  # noqa: PT011 - raised above
        rotate(session=session, box=both)
    assert [old.decrypt(stored(database, row).secret) for row in rows] == [f"token {n}" for n in range(5)]


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


@pytest.mark.parametrize(
    "given", ["geheim", f"{NEW},geheim", NEW[:-2], " , "], ids=["no key", "the second", "cut short", "empty"]
)
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


def test_a_new_key_file_is_announced(tmp_path: Path) -> None:
    """Once, as a warning that says what it is worth; never with the key."""
    with capture_logs() as logged:
        (key,) = load_keys(tmp_path, None)
        load_keys(tmp_path, None)
    (line,) = logged
    assert (line["log_level"], line["event"]) == ("warning", "secret_key.created")
    assert "beside the database" in line["advice"]
    assert key not in repr(line)


def test_replacing_keys_is_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ends it, the file has the old keys or the new ones, is private, and nothing else is left."""
    path = tmp_path / KEY_FILE
    old = load_keys(tmp_path, None)
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", _refuse)
        with pytest.raises(StoreUnavailable, match=KEY_FILE):
            key_file.replace(path, [NEW, *old])
    assert load_keys(tmp_path, None) == old
    key_file.replace(path, [NEW, *old])
    assert load_keys(tmp_path, None) == [NEW, *old]
    assert list(tmp_path.iterdir()) == [path]
    if os.name == "posix":
        assert key_file.permissions(path) == "0600"


def _refuse(_: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.skipif(os.name != "posix", reason="permissions are of another kind")
@pytest.mark.parametrize(("mode", "exposed"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True)])
def test_who_can_read_the_key_file(tmp_path: Path, mode: int, exposed: bool) -> None:  # noqa: FBT001 - a table
    """Anybody but its owner is too many."""
    load_keys(tmp_path, None)
    (tmp_path / KEY_FILE).chmod(mode)
    assert key_file.is_exposed(tmp_path / KEY_FILE) is exposed
    assert not key_file.is_exposed(tmp_path / "none")


def test_a_full_disk_leaves_no_key_file(tmp_path: Path) -> None:
    """It is said, and the next start makes the file as if nothing had been."""
    with no_room(), pytest.raises(DiskFull, match=rf"{KEY_FILE} .*the disk is full"):
        load_keys(tmp_path, None)
    assert list(tmp_path.iterdir()) == []
    assert load_keys(tmp_path, None) == load_keys(tmp_path, None)


@pytest.fixture
def empty_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a full disk has left of a key file of an earlier version."""
    monkeypatch.setattr(key_file, "_WRITER_SECONDS", 0.0)
    path = tmp_path / "keys" / KEY_FILE
    path.parent.mkdir()
    path.touch(0o600)
    return path


@pytest.mark.usefixtures("team_id")
def test_an_empty_key_file_that_nothing_needs(database: Database, empty_file: Path) -> None:
    """It is filled, once, whoever comes; and that is said."""
    with capture_logs() as logged, ThreadPoolExecutor(4) as pool:
        load = partial(load_keys, empty_file.parent, None, database=database)
        keys = {tuple(future.result()) for future in [pool.submit(load) for _ in range(4)]}
    assert len(keys) == 1
    assert keys == {tuple(load_keys(empty_file.parent, None))}
    assert [line["event"] for line in logged] == ["secret_key.made_anew"]
    assert key_file.permissions(empty_file) == "0600"


def test_an_empty_key_file_that_tokens_need(
    database: Database, empty_file: Path, add_credential: Callable[..., int]
) -> None:
    """Nothing is done to it, and what to do is said."""
    add_credential()
    with pytest.raises(
        SecretsUnreadable, match=r"is empty, and 1 stored token cannot be read.*from a backup"
    ):
        load_keys(empty_file.parent, None, database=database)
    assert empty_file.read_text() == ""


def test_an_empty_key_file_beside_a_new_database(tmp_path: Path, empty_file: Path) -> None:
    """There is not even a table yet."""
    fresh = Database(sqlite_url(tmp_path / "new"))
    assert len(load_keys(empty_file.parent, None, database=fresh)) == 1
    fresh.close()
