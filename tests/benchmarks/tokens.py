"""What a minted token costs a poll, against a pasted one: ``python tests/benchmarks/tokens.py``.

A minted token is in the row that the claim reads anyway, so that all there is to do is to decrypt it, as with a
pasted one. Measured without a network: what a service takes to answer would hide everything else.
"""

import random
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import update

from dashboard import logs
from dashboard.bootstrap import Dashboard
from dashboard.models import Claim, Task
from dashboard.polling.asking import Asker
from dashboard.polling.token_keeper import TokenKeeper, carried_on
from dashboard.polling.transition import decide
from dashboard.results.decoding import decode_parts
from dashboard.services.tasks.intake import NewTask
from dashboard.store.database_clock import db_now
from dashboard.store.minting import TokenShelf
from dashboard.store.poll_ledger import DatabaseLedger
from dashboard.store.secrecy import SecretBox, load_keys
from dashboard.testing import FakeOcrApi

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import building, medians_ms, show
from tests.postgres import running_server, why_not

KINDS = ("pasted", "minted")
SECRETS = {
    "pasted": {"access_token": "of-no-use-to-anybody"},
    "minted": {"client_id": "nobody", "client_secret": "of-no-use-to-anybody"},
}


class Bench:
    """One due task in a database of its own, and everything a poll goes through but the network."""

    def __init__(self, app: Dashboard, kind: str) -> None:
        app.team.credentials.add(label=kind, **SECRETS[kind])
        app.team.intake.register([NewTask(task_id="00000000-0000-4000-8000-000000000001")])
        self.api = FakeOcrApi()
        box = SecretBox(load_keys(app.settings.data_dir, None))
        self._keeper = TokenKeeper(api=self.api, box=box, shelf=TokenShelf(app.database))
        self._asker = Asker(api=self.api, tokens=self._keeper, decode=decode_parts)
        self._ledger = DatabaseLedger(app.database, index=app.indexing.put_new)
        self._database = app.database
        self._rng = random.Random(1)  # noqa: S311 - jitter, not cryptography
        self._claim = self.poll()  # mints, where that is needed
        self.make_due()
        self._claim = self.poll()  # has the minted one

    def poll(self) -> Claim:
        """From claiming the task to having stored what came of it."""
        started = time.monotonic()
        [claim] = self._ledger.claim(limit=16, lease_seconds=75, fence=uuid.uuid4().hex)
        now = carried_on(claim.claimed_at, started)
        report = self._asker.ask(claim, now=now)
        self._ledger.record([decide(claim, report, now=now(), cost=0.2, rng=self._rng)])
        return claim

    def make_due(self) -> None:
        """Have the task polled again."""
        with self._database.writing() as session:
            session.exec(update(Task).values(next_poll_at=db_now()))

    def look_up(self) -> None:
        """Only what the keeper does for a call."""
        if self._claim.credential is not None:
            self._keeper.current(self._claim.credential, now=self._claim.claimed_at)


def main() -> None:
    """Measure both kinds in turns, on both databases."""
    logs.configure(level="error")
    rows = []
    with ExitStack() as stack:
        urls: dict[str, Sequence[str | None]] = {"SQLite": (None, None)}
        if reason := why_not():
            print(f"without PostgreSQL: {reason}")
        else:
            server = stack.enter_context(running_server())
            urls["PostgreSQL"] = [server.create(kind) for kind in KINDS]
        for name, of_kinds in urls.items():
            benches = []
            for kind, url in zip(KINDS, of_kinds, strict=True):
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                benches.append(Bench(stack.enter_context(building(folder, database_url=url)), kind))
            dues = [bench.make_due for bench in benches]
            polls = medians_ms([bench.poll for bench in benches], times=400, before=dues)
            look_ups = medians_ms([bench.look_up for bench in benches], times=4000)
            for what, (pasted, minted) in {"poll": polls, "token alone": look_ups}.items():
                rows.append((name, what, f"{pasted:.3f}", f"{minted:.3f}", f"{minted / pasted:.2f}"))
            if len(benches[1].api.logins) != 1:
                sys.exit(f"Measured {len(benches[1].api.logins)} logins; there should be one.")
    show(
        "Tokens: one poll without the network, milliseconds (median)",
        ["database", "what", *KINDS, "ratio"],
        rows,
        {
            "poll": "claim, token, answer of a fake service, decision, stored outcome",
            "token alone": "what the keeper does for one call when nothing is to be renewed",
        },
    )


if __name__ == "__main__":
    main()
