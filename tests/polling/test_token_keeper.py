"""Access tokens that look after themselves: minted once for everybody, renewed in time, held back when they fail."""

import multiprocessing
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import update

from dashboard.errors import (
    CloudError,
    LoginLocked,
    LoginRefused,
    NoAnswer,
    ServiceFault,
    StoreUnavailable,
    TokenHeld,
    UnreadableAnswer,
)
from dashboard.models import (
    FOREVER,
    CallCredential,
    Credential,
    CredentialKind,
    MintedToken,
    ParkReason,
    Pause,
)
from dashboard.polling.ports import OcrApi, Shelf
from dashboard.polling.token_keeper import LEASE, TokenKeeper, pause_after, renew_at
from dashboard.store import credentials
from dashboard.store.database import Database
from dashboard.store.minting import TokenShelf
from dashboard.store.secrecy import SecretBox
from dashboard.testing import FakeOcrApi
from tests.polling.half_an_hour import HALF_AN_HOUR, NOW, SECRET, STEP, at, poll_for_half_an_hour, replica

KEY = Fernet.generate_key().decode()

MakeKeeper = Callable[..., TokenKeeper]


@pytest.fixture
def box() -> SecretBox:
    """What encrypts."""
    return SecretBox([KEY])


@pytest.fixture
def shelf(database: Database) -> TokenShelf:
    """Where minted tokens are kept."""
    return TokenShelf(database)


@pytest.fixture
def api() -> FakeOcrApi:
    """Mints tokens that live for a minute."""
    api = FakeOcrApi()
    api.token_seconds = 60
    return api


@pytest.fixture
def make_keeper(api: FakeOcrApi, box: SecretBox, shelf: TokenShelf) -> MakeKeeper:
    """Builds a keeper, as each process has one; override what the test is about."""

    def make(*, api: OcrApi = api, shelf: Shelf = shelf, box: SecretBox = box) -> TokenKeeper:
        def sleep(_: float) -> None:
            threading.Event().wait(0.005)

        return TokenKeeper(api=api, box=box, shelf=shelf, sleep=sleep)

    return make


@pytest.fixture
def pair(add_credential: Callable[..., int], box: SecretBox) -> int:
    """A client ID with its secret, registered."""
    return add_credential(
        kind=CredentialKind.CLIENT_CREDENTIALS.value, client_id="planted-id", secret=box.encrypt(SECRET)
    )


@pytest.fixture
def stored(shelf: TokenShelf, pair: int) -> Callable[[], CallCredential]:
    """Reads it as a claim does."""

    def read() -> CallCredential:
        found = shelf.read(pair)
        assert found is not None
        return found

    return read


Stored = Callable[[], CallCredential]


def row_of(database: Database, credential_id: int) -> Credential:
    """The whole row."""
    with database.reading() as session:
        return session.get_one(Credential, credential_id)


def outcomes(
    keepers: Sequence[TokenKeeper], token: CallCredential, *, threads: int, now: datetime
) -> list[object]:
    """What so many threads get that ask the keepers at the same moment: a token, or the error."""
    together = threading.Barrier(threads)

    def ask(number: int) -> object:
        together.wait(20)
        try:
            return keepers[number % len(keepers)].current(token, now=now)
        except CloudError as error:
            return error

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(ask, range(threads)))


def check_half_an_hour(notes: Path, gaps: Path, database: Database, credential_id: int) -> None:
    """Never without a usable token, and no mint before the token before it was to be renewed."""
    assert not gaps.exists(), gaps.read_text()
    minted = [int(line) for line in notes.read_text().split()]
    assert minted[0] == 0
    # A minute's token is to be renewed a tenth before its end, which is at the first step after that.
    assert all(54 <= later - sooner <= 54 + 2 * STEP for sooner, later in pairwise(minted))
    assert HALF_AN_HOUR / (54 + 2 * STEP) < len(minted) <= HALF_AN_HOUR / 54
    row = row_of(database, credential_id)
    assert (row.minting, row.paused_until, row.login_failures) == (None, None, 0)


class TestHalfAnHour:
    """Polling with tokens that live for a minute."""

    def test_two_keepers_with_sixteen_threads_each(
        self, database: Database, database_url: str, pair: int, tmp_path: Path
    ) -> None:
        """They share nothing but the database."""
        notes, gaps = tmp_path / "notes", tmp_path / "gaps"
        together = threading.Barrier(2)
        wait = partial(together.wait, 60)
        run = partial(poll_for_half_an_hour, database_url, pair, KEY, notes, gaps, wait, 16)
        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(run), pool.submit(run)]:
                done.result(120)
        check_half_an_hour(notes, gaps, database, pair)

    def test_two_processes(self, database: Database, database_url: str, pair: int, tmp_path: Path) -> None:
        """Real ones, as two replicas are."""
        notes, gaps = tmp_path / "notes", tmp_path / "gaps"
        spawn = multiprocessing.get_context("spawn")
        together = spawn.Barrier(2, timeout=60)
        arguments = (database_url, pair, KEY, notes, gaps, together)
        replicas = [spawn.Process(target=replica, args=arguments, daemon=True) for _ in range(2)]
        for one in replicas:
            one.start()
        for one in replicas:
            one.join(120)
        assert [one.exitcode for one in replicas] == [0, 0]
        check_half_an_hour(notes, gaps, database, pair)


class TestMinting:
    """One login for everybody."""

    def test_a_fresh_token_costs_nothing(
        self, database: Database, api: FakeOcrApi, make_keeper: MakeKeeper, stored: Stored
    ) -> None:
        """It is in the row that was claimed anyway: the database is not asked again."""
        make_keeper().current(stored(), now=NOW)
        claimed = stored()
        database.close()
        blind = make_keeper(shelf=TokenShelf(Database("postgresql://nobody@127.0.0.1:9/nothing")))
        assert blind.current(claimed, now=at(53.9)) == "minted-1"
        assert len(api.logins) == 1

    def test_what_is_kept(
        self,
        database: Database,
        api: FakeOcrApi,
        make_keeper: MakeKeeper,
        stored: Stored,
        pair: int,
        box: SecretBox,
    ) -> None:
        """Encrypted, until a moment before its end; the login is on the meter and was a success."""
        assert make_keeper().current(stored(), now=NOW) == "minted-1"
        row = row_of(database, pair)
        assert row.minted is not None
        assert "minted" not in row.minted
        assert box.decrypt(row.minted) == "minted-1"
        assert row.minted_until is not None
        assert abs((row.minted_until - at(54)).total_seconds()) < 5
        assert row.last_success_at is not None
        assert api.logins == [("https://ocr.example", "planted-id", SECRET)]

    def test_a_rejected_one_is_renewed_once_for_all(
        self, api: FakeOcrApi, make_keeper: MakeKeeper, stored: Stored
    ) -> None:
        """All threads that held the rejected token get the same other one."""
        keepers = [make_keeper(), make_keeper()]
        keepers[0].current(stored(), now=NOW)
        claimed = stored()
        with ThreadPoolExecutor(16) as pool:
            renewed = list(pool.map(lambda n: keepers[n % 2].renewed(claimed, now=at(5)), range(16)))
        assert set(renewed) == {"minted-2"}
        assert len(api.logins) == 2

    def test_pasted_tokens_are_not_renewed(
        self,
        api: FakeOcrApi,
        make_keeper: MakeKeeper,
        shelf: TokenShelf,
        add_credential: Callable[..., int],
        box: SecretBox,
    ) -> None:
        """They are handed out as they are, also when their own end is over: the service has the last word."""
        token = shelf.read(add_credential(secret=box.encrypt("pasted-token"), expires_at=NOW))
        assert token is not None
        assert make_keeper().current(token, now=at(60)) == "pasted-token"
        assert make_keeper().renewed(token, now=at(60)) is None
        assert api.logins == []

    @pytest.mark.parametrize("change", ["minted", "failed", "replaced"])
    def test_a_lease_is_not_taken_on_old_news(
        self,
        api: FakeOcrApi,
        make_keeper: MakeKeeper,
        stored: Stored,
        shelf: TokenShelf,
        database: Database,
        team_id: int,
        box: SecretBox,
        pair: int,
        change: str,
    ) -> None:
        """Another process ends its login right between our reading the row and taking the lease."""
        others = make_keeper()

        def meanwhile() -> None:
            if change == "replaced":
                replace_secret(database, team_id, pair, box.encrypt("pasted-token"))
                return
            api.refuses_login = LoginRefused("No.") if change == "failed" else None
            with expected(TokenHeld if change == "failed" else None):
                others.current(stored(), now=NOW)
            api.refuses_login = None

        late = make_keeper(shelf=Interrupted(shelf, meanwhile))
        with expected(TokenHeld if change == "failed" else None):
            assert late.current(stored(), now=NOW) == {"replaced": "pasted-token"}.get(change, "minted-1")
        assert len(api.logins) == (0 if change == "replaced" else 1)

    def test_the_database_refuses(
        self, api: FakeOcrApi, make_keeper: MakeKeeper, stored: Stored, shelf: TokenShelf
    ) -> None:
        """A token that cannot be kept is not handed out either; the right to mint ends by itself."""

        def refuse() -> None:
            raise StoreUnavailable("The disk is full.")

        with pytest.raises(StoreUnavailable):
            make_keeper(shelf=Interrupted(shelf, refuse)).current(stored(), now=NOW)
        assert api.logins == []
        assert make_keeper().current(stored(), now=NOW) == "minted-1"


class Interrupted:
    """A shelf where something happens right before the first lease is asked for."""

    def __init__(self, real: Shelf, happens: Callable[[], None]) -> None:
        self._happens: list[Callable[[], None]] = [happens]
        self.read, self.give_back, self.keep, self.fail = real.read, real.give_back, real.keep, real.fail
        self._lease = real.lease

    def lease(self, token: CallCredential, *, fence: str, now: datetime, until: datetime) -> bool:
        """Pass on, afterwards."""
        if self._happens:
            self._happens.pop()()
        return self._lease(token, fence=fence, now=now, until=until)


@contextmanager
def expected(error: type[Exception] | None) -> Iterator[None]:
    """This error must be raised in the block; None for none."""
    if error is None:
        yield
    else:
        with pytest.raises(error):
            yield


def replace_secret(database: Database, team_id: int, credential_id: int, secret: str) -> None:
    """Paste an access token into the entry of the pair."""
    fresh = {
        "kind": CredentialKind.ACCESS_TOKEN.value,
        "client_id": None,
        "secret": secret,
        "fingerprint": "another",
        "hint": "oken",
        "expires_at": None,
    }
    with database.writing() as session:
        credentials.replace_secret(
            session=session, team_id=team_id, credential_id=credential_id, fresh=fresh, now=NOW
        )


class TestFailing:
    """A failed login pauses the credential, once for everybody."""

    @pytest.mark.parametrize(
        ("error", "reason", "seconds", "refusals"),
        [
            (LoginRefused("No such pair."), ParkReason.TOKEN_REJECTED, None, 1),
            (LoginLocked("Locked.", retry_after=600), ParkReason.LOGIN_LOCKED, 600, 0),
            (NoAnswer("Silence."), ParkReason.UNREACHABLE, 5, 0),
            (UnreadableAnswer("A page."), ParkReason.UNREACHABLE, 5, 0),
        ],
        ids=["refused", "locked", "no answer", "a page"],
    )
    def test_one_call_for_all_who_wait(
        self,
        api: FakeOcrApi,
        make_keeper: MakeKeeper,
        stored: Stored,
        database: Database,
        pair: int,
        error: CloudError,
        reason: ParkReason,
        seconds: float | None,
        refusals: int,
    ) -> None:
        """Thirty-two threads of two processes ask at once: one login, one pause, the same sentence for each."""
        api.refuses_login = error
        heard = outcomes([make_keeper(), make_keeper()], stored(), threads=32, now=NOW)
        assert len(api.logins) == 1
        assert all(isinstance(one, TokenHeld) and one.is_paused for one in heard)
        sentence = f"No new token: {error}" if reason is ParkReason.UNREACHABLE else str(error)
        assert {str(one) for one in heard} <= {str(error), sentence}
        row = row_of(database, pair)
        assert (row.pause_reason, row.pause_detail) == (reason, sentence)
        assert row.paused_until is not None
        if seconds is None:
            assert row.paused_until == FOREVER
        else:
            assert (row.paused_until - NOW).total_seconds() == pytest.approx(seconds, abs=4)
        assert (row.login_failures, row.login_refusals, row.minting) == (1, refusals, None)

    def test_a_refusal_is_never_tried_again_by_itself(
        self, api: FakeOcrApi, make_keeper: MakeKeeper, stored: Stored
    ) -> None:
        """Not after days, not for a last chance: only a person lifts it."""
        api.refuses_login = LoginRefused("No such pair.")
        keeper = make_keeper()
        for hours in (0, 0.01, 1, 23.99, 24, 24 * 365):
            with pytest.raises(TokenHeld, match="No such pair"):
                keeper.current(stored(), now=NOW + timedelta(hours=hours))
        assert len(api.logins) == 1

    def test_a_lock_is_waited_out(
        self, api: FakeOcrApi, make_keeper: MakeKeeper, stored: Stored, database: Database, pair: int
    ) -> None:
        """Nothing before Retry-After; then one login, which ends the pause."""
        api.refuses_login = LoginLocked("Locked.", retry_after=600)
        keeper = make_keeper()
        for seconds in (0, 1, 300, 599):
            with pytest.raises(TokenHeld):
                keeper.current(stored(), now=at(seconds))
        assert len(api.logins) == 1
        api.refuses_login = None
        assert keeper.current(stored(), now=at(605)) == "minted-2"
        row = row_of(database, pair)
        assert (row.paused_until, row.pause_reason, row.login_failures) == (None, None, 0)

    def test_an_outage_backs_off_and_heals(
        self, api: FakeOcrApi, make_keeper: MakeKeeper, stored: Stored, database: Database, pair: int
    ) -> None:
        """5 s, doubling up to 5 min; the first login that works forgets all of it."""
        api.refuses_login = NoAnswer("The OCR service could not be reached.")
        keeper, now, pauses = make_keeper(), NOW, []
        for _ in range(9):
            with pytest.raises(TokenHeld) as held:
                keeper.current(stored(), now=now)
            assert held.value.is_outage
            until = row_of(database, pair).paused_until
            assert until is not None
            pauses.append((until - now).total_seconds())
            now = until + timedelta(seconds=0.001)
        assert pauses == pytest.approx([5, 10, 20, 40, 80, 160, 300, 300, 300], abs=3)
        assert len(api.logins) == 9
        api.refuses_login = None
        assert keeper.current(stored(), now=now) == "minted-10"
        row = row_of(database, pair)
        assert (row.paused_until, row.pause_reason, row.login_failures) == (None, None, 0)

    def test_the_last_moment_of_many_tasks_makes_one_call(
        self, api: FakeOcrApi, make_keeper: MakeKeeper, stored: Stored
    ) -> None:
        """Claimed although an outage has paused it, their last chance: one of them tries, for all."""
        api.refuses_login = NoAnswer("Silence.")
        keeper = make_keeper()
        with pytest.raises(TokenHeld):
            keeper.current(stored(), now=NOW)
        outcomes([keeper], stored(), threads=16, now=at(1))
        assert len(api.logins) == 2

    def test_a_used_up_budget_does_not_stop_logins(
        self, api: FakeOcrApi, make_keeper: MakeKeeper, stored: Stored, database: Database, pair: int
    ) -> None:
        """They cost nothing, and the last poll it lets through may need one; its pause stays."""
        with database.writing() as session:
            session.exec(
                update(Credential).values(paused_until=FOREVER, pause_reason=ParkReason.BUDGET_REACHED.value)
            )
        assert make_keeper().current(stored(), now=NOW) == "minted-1"
        assert row_of(database, pair).pause_reason == ParkReason.BUDGET_REACHED
        with pytest.raises(TokenHeld, match="budget"):
            make_keeper().current(replace(stored(), over_budget=True), now=NOW)
        assert len(api.logins) == 1

    def test_a_key_that_does_not_fit(
        self, api: FakeOcrApi, make_keeper: MakeKeeper, stored: Stored, database: Database, pair: int
    ) -> None:
        """No call and no pause: the tasks wait, and the right to mint is given back."""
        other = make_keeper(box=SecretBox([Fernet.generate_key().decode()]))
        with pytest.raises(TokenHeld, match="OCR_DASHBOARD_SECRET_KEYS") as held:
            other.current(stored(), now=NOW)
        assert not held.value.is_paused
        row = row_of(database, pair)
        assert (row.paused_until, row.minting, row.minting_until) == (None, None, None)
        assert make_keeper().current(stored(), now=NOW) == "minted-1"
        with pytest.raises(TokenHeld, match="OCR_DASHBOARD_SECRET_KEYS"):
            other.current(stored(), now=at(1))
        assert len(api.logins) == 1


class TestCrashes:
    """Processes that die, or come too late."""

    @pytest.fixture
    def seconds(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        """Monotonic time that only sleeping moves on."""
        slept = [0.0]
        frozen = SimpleNamespace(monotonic=lambda: slept[0])
        monkeypatch.setattr("dashboard.polling.token_keeper.time", frozen)
        return slept

    @pytest.fixture
    def patient(
        self, api: FakeOcrApi, box: SecretBox, shelf: TokenShelf, seconds: list[float]
    ) -> TokenKeeper:
        """A keeper that sleeps in no time."""

        def sleep(duration: float) -> None:
            seconds[0] += duration

        return TokenKeeper(api=api, box=box, shelf=shelf, sleep=sleep)

    def test_a_lease_that_is_never_kept_heals(
        self, api: FakeOcrApi, patient: TokenKeeper, stored: Stored, shelf: TokenShelf, seconds: list[float]
    ) -> None:
        """Whoever waits takes over when it ends, and what the dead one would have kept is fenced off."""
        claimed = stored()
        assert shelf.lease(claimed, fence="dead", now=at(-30), until=at(-30) + LEASE)
        assert patient.current(claimed, now=NOW) == "minted-1"
        assert seconds[0] == pytest.approx(LEASE.total_seconds() - 30, abs=0.2)
        shelf.keep(claimed, fence="dead", minted="late", until=at(9999), now=NOW)
        no = Pause(reason=ParkReason.TOKEN_REJECTED, until=None, detail="late")
        shelf.fail(claimed, fence="dead", pause=no, was_refused=True, now=NOW)
        after = stored()
        assert (after.minted != "late", after.paused_until, after.login_failures) == (True, None, 0)
        assert patient.current(after, now=at(20)) == "minted-1"
        assert len(api.logins) == 1

    def test_waiting_has_an_end(
        self, api: FakeOcrApi, patient: TokenKeeper, stored: Stored, shelf: TokenShelf, seconds: list[float]
    ) -> None:
        """One that is not given up (a clock that is a little ahead) holds the tasks back, and gives none up."""
        assert shelf.lease(stored(), fence="theirs", now=NOW, until=at(LEASE.total_seconds() + 10))
        with pytest.raises(TokenHeld, match="Another process") as held:
            patient.current(stored(), now=NOW)
        assert (held.value.is_paused, held.value.is_outage) == (False, True)
        assert seconds[0] == pytest.approx(LEASE.total_seconds(), abs=0.3)
        assert api.logins == []

    def test_whoever_waits_uses_what_the_other_minted(
        self, api: FakeOcrApi, box: SecretBox, shelf: TokenShelf, stored: Stored
    ) -> None:
        """Without a login of its own."""
        claimed = stored()
        assert shelf.lease(claimed, fence="theirs", now=NOW, until=NOW + LEASE)

        def sleep(_: float) -> None:
            shelf.keep(claimed, fence="theirs", minted=box.encrypt("theirs"), until=at(54), now=NOW)

        keeper = TokenKeeper(api=api, box=box, shelf=shelf, sleep=sleep)
        assert keeper.current(claimed, now=NOW) == "theirs"
        assert api.logins == []

    @pytest.mark.parametrize("refused", [False, True], ids=["minted", "refused"])
    @pytest.mark.parametrize("change", ["replaced", "removed"])
    def test_a_change_while_somebody_mints(
        self,
        api: FakeOcrApi,
        make_keeper: MakeKeeper,
        stored: Stored,
        database: Database,
        team_id: int,
        pair: int,
        box: SecretBox,
        change: str,
        *,
        refused: bool,
    ) -> None:
        """What comes of the old secret says nothing about the new one: neither token nor pause is stored."""

        class Meanwhile(FakeOcrApi):
            def login(self, *, api_url: str, client_id: str, client_secret: str) -> MintedToken:
                if change == "replaced":
                    replace_secret(database, team_id, pair, box.encrypt("pasted-token"))
                else:
                    with database.writing() as session:
                        credentials.remove(session=session, team_id=team_id, credential_id=pair, now=NOW)
                if refused:
                    raise LoginRefused("No.")
                return api.login(api_url=api_url, client_id=client_id, client_secret=client_secret)

        claimed = stored()
        with expected(TokenHeld if refused else None):
            make_keeper(api=Meanwhile()).current(claimed, now=NOW)
        if change == "removed":
            with pytest.raises(TokenHeld, match="removed") as held:
                make_keeper().current(claimed, now=NOW)
            assert not held.value.is_paused
            return
        row = row_of(database, pair)
        assert (row.minted, row.minting, row.paused_until, row.login_refusals) == (None,) * 3 + (0,)
        assert make_keeper().current(claimed, now=NOW) == "pasted-token"
        assert make_keeper().current(stored(), now=NOW) == "pasted-token"


@pytest.mark.parametrize(
    ("life", "until"),
    [(3600, 3540), (86_400, 86_340), (600, 540), (599, 539.1), (60, 54), (1, 0.9)],
    ids="{0} s".format,
)
def test_when_a_token_is_renewed(life: float, until: float) -> None:
    """A minute before its end, at most a tenth of a short life; counted from our now alone."""
    assert (renew_at(MintedToken("t", life), NOW) - NOW).total_seconds() == pytest.approx(until)


@pytest.mark.parametrize(
    ("error", "failures", "seconds"),
    [
        (LoginRefused("x"), 1, None),
        (LoginRefused("x", retry_after=5), 3, None),
        (LoginLocked("x", retry_after=600), 1, 600),
        (LoginLocked("x", retry_after=0), 1, 5),
        (LoginLocked("x", retry_after=0), 4, 40),
        (LoginLocked("x"), 1, 5),
        (NoAnswer("x"), 1, 5),
        (NoAnswer("x"), 2, 10),
        (NoAnswer("x"), 7, 300),
        (NoAnswer("x"), 10_000, 300),
        (ServiceFault("x", retry_after=30), 1, 30),
        (ServiceFault("x", retry_after=3), 1, 5),
        (ServiceFault("x", retry_after=9999), 1, 300),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, CloudError) else str(value),
)
def test_what_a_failed_login_means(error: CloudError, failures: int, seconds: float | None) -> None:
    """Refused: until a person acts. Locked: as long as the service says. Else: doubling, up to five minutes."""
    pause = pause_after(error, failures=failures, now=NOW)
    assert (None if pause.until is None else (pause.until - NOW).total_seconds()) == seconds


def test_no_secret_is_shown(
    make_keeper: MakeKeeper, stored: Stored, api: FakeOcrApi, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither by what is stored, nor by errors and what is logged of them."""
    api.refuses_login = LoginRefused("No such pair.")
    with pytest.raises(TokenHeld) as held:
        make_keeper().current(stored(), now=NOW)
    seen = f"{stored()!r} {held.value!r} {held.value.__cause__!r} {make_keeper()!r}"
    captured = capsys.readouterr()
    assert "client-secret" not in seen + captured.out + captured.err
    assert "gAAAA" not in seen


def test_a_token_that_a_clock_has_ended_is_renewed(
    make_keeper: MakeKeeper, shelf: TokenShelf, add_credential: Callable[..., int], box: SecretBox
) -> None:
    """Sixty days ahead: another one is minted, nothing is paused. Back again: what is refused is minted anew."""
    pair = add_credential(kind="client_credentials", client_id="id", secret=box.encrypt(SECRET))
    keeper, ahead = make_keeper(), NOW + timedelta(days=60)

    def read() -> CallCredential:
        stored = shelf.read(pair)
        assert stored is not None
        return stored

    tokens = [keeper.current(read(), now=moment) for moment in (NOW, ahead)]
    assert len(set(tokens)) == 2
    assert keeper.current(read(), now=NOW) == tokens[1]  # good for sixty days, as it seems
    tokens.append(keeper.renewed(read(), now=NOW) or "")  # and refused an hour later
    assert len(set(tokens)) == 3
    assert keeper.current(read(), now=NOW) == tokens[2]
    assert keeper.current(read(), now=NOW + timedelta(seconds=120)) not in tokens
    assert read().paused_until is None
