"""A server that is killed while scripts send through it: no image twice, and what may have arrived is said to be so."""

import base64
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from sqlmodel import select

from dashboard.models import Batch, Task
from dashboard.store.database import Database
from tests.chaos.processes import Crew, Running
from tests.chaos.test_sending import counting_service, states
from tests.chaos.waiting import wait_until

pytestmark = pytest.mark.chaos

FILES = 90
AT_ONCE = 8


@pytest.fixture
def crew(tmp_path: Path, database_url: str) -> Iterator[Crew]:
    """The processes of a test; none survives it."""
    hired = Crew(tmp_path, database_url)
    yield hired
    hired.close()


class Scripts:
    """Scripts that each send one image once, and remember what they were answered."""

    def __init__(self) -> None:
        self.server: Running | None = None
        self.is_up = threading.Event()
        self.answered: dict[int, str] = {}
        self.unsure: set[int] = set()

    def send(self, number: int) -> None:
        """Wait until somebody listens; a connection that broke is not tried again: it may have arrived."""
        image = base64.b64encode(b"\x89PNG\r\n\x1a\n" + number.to_bytes(4, "big")).decode()
        self.is_up.wait(60)
        url = f"{self.server.url if self.server else ''}/v5.0/ocr/RecognizeImageTrial"
        try:
            answer = requests.post(
                url, json={"image": image, "settings": {}}, headers={"Accept": "text/plain"}, timeout=30
            )
        except requests.RequestException:
            self.unsure.add(number)
            return
        if answer.status_code == 200:
            self.answered[number] = answer.text
        else:
            self.unsure.add(number)


def test_no_post_is_ever_two_tasks(database: Database, crew: Crew) -> None:
    """Killed twice between passing on and answering; the board has each task, or says *perhaps sent*."""
    scripts = Scripts()
    with counting_service(0.3) as (url, taken):
        crew.ask(url, {})
        with ThreadPoolExecutor(AT_ONCE) as pool:
            sent = [pool.submit(scripts.send, number) for number in range(FILES)]
            for enough in (20, 45):
                scripts.server = victim = crew.start("serve")
                scripts.is_up.set()
                wait_until(lambda: len(taken) >= enough, "some are on their way")  # noqa: B023 - called at once
                scripts.is_up.clear()
                victim.kill()
            scripts.server = crew.start("serve")
            scripts.is_up.set()
            for one in sent:
                one.result(90)
        wait_until(lambda: not states(database)["sending"], "nobody is believed to be sending", seconds=60)
        assert max(taken.values()) == 1
    found = states(database)
    with database.reading() as session:
        on_board = set(session.exec(select(Task.task_id)).all())
        batches = session.exec(select(Batch.name)).all()
    assert set(scripts.answered.values()) <= on_board
    assert len(scripts.unsure) <= 2 * AT_ONCE + 2 * AT_ONCE
    # What the service took and nobody was answered about is there one way or the other.
    assert len(taken) <= len(on_board) + found["perhaps_sent"]
    assert found["perhaps_sent"] <= 2 * AT_ONCE
    assert found["waiting"] == 0
    assert len(batches) == 1
