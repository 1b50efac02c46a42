"""What time the services say it is."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.cloud.client import CloudClient
from dashboard.cloud.problem import retry_after
from dashboard.cloud.service_clocks import RECENT_SECONDS, ServiceClocks, date_of
from dashboard.errors import RateLimited
from tests.cloud.wire import Serve, at, http

SAID = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
DATE = "Fri, 01 May 2026 12:00:00 GMT"
URL = "https://ocr.example"


class Elapsed:
    """Seconds that only grow, by hand."""

    def __init__(self) -> None:
        self.seconds = 7.0

    def __call__(self) -> float:
        """How many there are."""
        return self.seconds


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"Date": DATE}, SAID, id="as it is sent"),
        pytest.param({"date": f" {DATE} "}, SAID, id="in small letters"),
        pytest.param({"Date": DATE, "Age": "90"}, SAID + timedelta(seconds=90), id="a copy that was kept"),
        pytest.param({"Date": DATE, "Age": "-1"}, SAID, id="a nonsensical age"),
        pytest.param({"Date": "Fri, 01 May 2026 12:00:00 -0000"}, SAID, id="of an unknown place"),
        pytest.param({"Date": "Fri, 01 May 2026 14:00:00 +0200"}, SAID, id="of another zone"),
        pytest.param({"Date": "yesterday"}, None, id="words"),
        pytest.param({"Date": "Fri, 99 May 99999 12:00:00 GMT"}, None, id="no date there is"),
        pytest.param({"Date": ""}, None, id="empty"),
        pytest.param({}, None, id="none"),
    ],
)
def test_dates(headers: Mapping[str, str], expected: datetime | None) -> None:
    """Aware, or None; never an error."""
    assert date_of(headers) == expected


def test_the_last_word_is_carried_on() -> None:
    """By a clock that nobody sets, whatever ours does meanwhile; a word that is none changes nothing."""
    elapsed, ours = Elapsed(), [SAID + timedelta(seconds=2)]
    clocks = ServiceClocks(lambda: ours[0], elapsed=elapsed)
    assert clocks.time_of(URL) is None
    assert clocks.ahead() == {}
    clocks.hear(URL, {"Date": DATE})
    assert clocks.ahead() == {URL: 2.0}
    ours[0] += timedelta(days=60)
    elapsed.seconds += 30.0
    clocks.hear(URL, {})
    assert clocks.time_of(URL) == SAID + timedelta(seconds=30)
    assert clocks.ahead() == {URL: 2.0}  # of when it was heard
    clocks.hear(URL, {"Date": DATE})
    assert clocks.ahead() == {URL: timedelta(days=60, seconds=2).total_seconds()}
    assert clocks.time_of("https://other.example") is None
    elapsed.seconds += RECENT_SECONDS + 1.0
    assert clocks.ahead() == {}


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "429 Too Many Requests"])
def test_every_answer_is_heard(serve: Serve, status: str) -> None:
    """Also one that is an error."""
    body = b'{"taskStatus":"Pending","responseStatusCode":"NotReady"}'
    url = serve(lambda conn, _: conn.sendall(http(body, status, f"Date: {DATE}")))
    client = CloudClient(clock=lambda: SAID + timedelta(hours=3))
    try:
        client.fetch(at(url, trial=True), access_token=None)
    except RateLimited:
        pass
    finally:
        client.close()
    assert client.clocks.ahead() == {url: 3 * 3600.0}


def test_a_date_to_wait_for_is_counted_by_the_clock_of_who_says_it(serve: Serve) -> None:
    """Three hours ahead, ours would take a minute for nothing, and three hours behind for a quarter of a day."""
    until = "Fri, 01 May 2026 12:01:00 GMT"
    url = serve(
        lambda conn, _: conn.sendall(
            http(b"", "429 Too Many Requests", f"Date: {DATE}", f"Retry-After: {until}")
        )
    )
    for hours in (3, -3):
        client = CloudClient(clock=lambda hours=hours: SAID + timedelta(hours=hours))  # type: ignore[misc]  # bound
        with pytest.raises(RateLimited) as refused:
            client.fetch(at(url, trial=True), access_token=None)
        client.close()
        assert refused.value.retry_after == 60.0
    assert retry_after({"Retry-After": until}, now=SAID) == 60.0
