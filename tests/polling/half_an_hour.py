"""Half an hour of polling with tokens that live for a minute, in no time; also in processes of their own."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.synchronize import Barrier
from pathlib import Path

from dashboard.models import CallCredential, MintedToken
from dashboard.polling.token_keeper import TokenKeeper
from dashboard.store.database import Database
from dashboard.store.minting import TokenShelf
from dashboard.store.secrecy import SecretBox
from dashboard.testing import FakeOcrApi

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SECRET = "planted-client-secret"
HALF_AN_HOUR = 1800
STEP = 7
"""Virtual seconds between two looks."""


def at(seconds: float) -> datetime:
    """So many seconds later."""
    return NOW + timedelta(seconds=seconds)


class VirtualLogin(FakeOcrApi):
    """Mints tokens whose name says when, by a clock moved by hand, and notes that in a file for all processes."""

    def __init__(self, notes: Path) -> None:
        super().__init__()
        self._notes = notes
        self.second = 0

    def login(self, *, api_url: str, client_id: str, client_secret: str) -> MintedToken:
        """A token that lives for a minute."""
        del api_url, client_id
        assert client_secret == SECRET
        with self._notes.open("a") as notes:
            notes.write(f"{self.second}\n")
        threading.Event().wait(0.01)  # a login takes its time, and everybody else comes meanwhile
        return MintedToken(f"{self.second}-{os.getpid()}", 60.0)


def poll_for_half_an_hour(
    url: str, credential_id: int, key: str, notes: Path, gaps: Path, wait: Callable[[], object], threads: int
) -> None:
    """Ask for a token at every step with all threads; every unusable one is noted as a gap."""
    database = Database(url, busy_seconds=20.0)
    login, shelf = VirtualLogin(notes), TokenShelf(database)
    keeper = TokenKeeper(api=login, box=SecretBox([key]), shelf=shelf)

    def ask(second: int, claimed: CallCredential, _number: int) -> None:
        try:
            token = keeper.current(claimed, now=at(second))
            minted = int(token.partition("-")[0])
            problem = "" if minted <= second < minted + 60 else f"{token} is of no use at {second}"
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a gap
            problem = repr(error)
        if problem:
            with gaps.open("a") as file:
                file.write(f"{problem}\n")

    with ThreadPoolExecutor(threads) as pool:
        for second in range(0, HALF_AN_HOUR, STEP):
            login.second = second
            claimed = shelf.read(credential_id)
            assert claimed is not None
            wait()  # everybody has read the row, as claims made together have
            list(pool.map(partial(ask, second, claimed), range(threads)))
            wait()
    database.close()


def replica(url: str, credential_id: int, key: str, notes: Path, gaps: Path, together: Barrier) -> None:
    """What each of several processes does, in step with the others."""
    poll_for_half_an_hour(url, credential_id, key, notes, gaps, together.wait, 8)
