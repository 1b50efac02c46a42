"""Times as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.ui import times

NOON = datetime(2026, 5, 1, 12, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        pytest.param("Europe/Berlin", "2026-05-01 14:05:09", id="the viewer's"),
        pytest.param("Asia/Kathmandu", "2026-05-01 17:50:09", id="odd offset"),
        pytest.param("UTC", "2026-05-01 12:05:09 UTC", id="UTC is said"),
        pytest.param(None, "2026-05-01 12:05:09 UTC", id="unknown"),
        pytest.param("", "2026-05-01 12:05:09 UTC", id="empty"),
        pytest.param("Mars/Olympus", "2026-05-01 12:05:09 UTC", id="no such zone"),
        pytest.param("../../etc/passwd", "2026-05-01 12:05:09 UTC", id="path"),
        pytest.param("/etc/passwd", "2026-05-01 12:05:09 UTC", id="absolute path"),
        pytest.param("America", "2026-05-01 12:05:09 UTC", id="folder of zones"),
        pytest.param("zone.tab", "2026-05-01 12:05:09 UTC", id="a file that is no zone"),
        pytest.param("x" * 5000, "2026-05-01 12:05:09 UTC", id="endless"),
        pytest.param("Europe/\x00", "2026-05-01 12:05:09 UTC", id="NUL"),
    ],
)
def test_a_time_in_the_viewers_zone(zone: str | None, shown: str) -> None:
    """The browser names the zone, and may name anything."""
    assert times.local(NOON, zone) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (604_800, "7 days"),
        (604_799, "7 days"),
        (601_200, "6 days 23 h"),
        (172_801, "2 days 1 h"),
        (172_800, "48:00:00"),
        (86_400, "24:00:00"),
        (3600, "1:00:00"),
        (3599.01, "1:00:00"),
        (3599, "59:59"),
        (61, "1:01"),
        (0.2, "0:01"),
        (0, "0:00"),
        (-5, "0:00"),
    ],
)
def test_time_left(seconds: float, shown: str) -> None:
    """Rounded up: nothing is over before it is."""
    assert times.left(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (7200, "2 h"),
        (7199, "1 h 59 min"),
        (4320, "1 h 12 min"),
        (3661, "1 h 1 min"),
        (3659, "1 h"),
        (3599, "59 min"),
        (60, "1 min"),
        (59.9, "less than a minute"),
        (0, "less than a minute"),
        (-9, "less than a minute"),
    ],
)
def test_time_left_in_words(seconds: float, shown: str) -> None:
    """Rounded down: nobody is promised a minute that there is not."""
    assert times.in_words(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-3, "0 s ago"),
        (0, "0 s ago"),
        (59.9, "59 s ago"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (172_799, "47 h ago"),
        (172_800, "2 days ago"),
    ],
)
def test_time_gone(seconds: float, shown: str) -> None:
    """In the largest unit that says enough."""
    assert times.ago(seconds) == shown


@pytest.mark.parametrize(
    ("hours", "urgency"), [(24, "none"), (4, "none"), (3.9, "some"), (1, "some"), (0.9, "high"), (-1, "high")]
)
def test_a_countdown_knows_its_urgency(hours: float, urgency: str) -> None:
    """For the ticker and for the eye; the text is right before the ticker has started."""
    until = NOON + timedelta(hours=hours)
    ticking = times.ticking_left(until, NOON)

    assert f'data-expires="{until.timestamp():.0f}"' in ticking
    assert f'data-urgency="{urgency}"' in ticking
    assert ticking.endswith(f">{times.left(hours * 3600)}</time>")


def test_an_age_ticks() -> None:
    """With the moment it counts from."""
    ticking = times.ticking_ago(NOON - timedelta(seconds=90), NOON)

    assert "1 min ago" in ticking
    assert f'data-since="{NOON.timestamp() - 90:.0f}"' in ticking


@pytest.mark.parametrize(
    ("hours", "revoked", "said"),
    [
        pytest.param(None, False, "", id="works for ever"),
        pytest.param(None, True, "revoked", id="was revoked"),
        pytest.param(1, True, "revoked", id="was revoked before its time"),
        pytest.param(-1, True, "revoked", id="its time is over as well"),
        pytest.param(0, False, "expired", id="ends now"),
        pytest.param(-1, False, "expired", id="its time is over"),
    ],
)
def test_the_end_of_a_link(hours: int | None, revoked: bool, said: str) -> None:  # noqa: FBT001 - a table
    """What somebody did comes before what time did."""
    expires_at = None if hours is None else NOON + timedelta(hours=hours)
    assert times.ending(expires_at, NOON, revoked=revoked) == said


def test_a_link_that_ends_counts_down() -> None:
    """As everything does whose time is short."""
    counting = times.ticking_left(NOON + timedelta(hours=1), NOON)
    assert times.ending(NOON + timedelta(hours=1), NOON, revoked=False) == f"ends in {counting}"
