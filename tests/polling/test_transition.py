"""What an answer means for a task: the tables of fact sheet 4, row by row."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dashboard.models import Answer, ParkReason, RawPart, State
from dashboard.polling.schedule import LAST_POLL_MARGIN_SECONDS, OVERDUE_DELAY_SECONDS, VERDICT_DELAY_SECONDS
from dashboard.polling.transition import CONFIRMATIONS, DOUBT_DELAY_SECONDS, STILL_KNOWN
from dashboard.testing import (
    completed,
    completed_without_data,
    failed,
    not_found,
    pending,
    processing,
)
from tests.polling.hearing import NOW, MakeClaim, hear, seconds

DAY = timedelta(hours=24).total_seconds()


def unsettled(state: State, **given: Any) -> Answer:  # noqa: ANN401 - fields of the value
    """An answer that contradicts itself or uses words nobody knows."""
    return replace(pending(), state=state, settled=False, **given)


@pytest.mark.parametrize(
    ("said", "state"),
    [
        pytest.param(pending(), State.PENDING, id="Pending"),
        pytest.param(processing(), State.PROCESSING, id="Processing"),
        pytest.param(unsettled(State.PROCESSING), State.PROCESSING, id="words nobody knows"),
        pytest.param(completed("All men."), State.COMPLETED, id="Completed"),
        pytest.param(
            completed("All men.", notices=("low contrast",)),
            State.COMPLETED_WITH_NOTICES,
            id="Completed with messages",
        ),
        pytest.param(completed(""), State.COMPLETED_EMPTY, id="empty text"),
        pytest.param(completed(" \r\n\t"), State.COMPLETED_EMPTY, id="blank text"),
        pytest.param(completed(" ", notices=("faint",)), State.COMPLETED_EMPTY, id="blank with messages"),
        pytest.param(completed("", "x"), State.COMPLETED, id="one of two regions has text"),
        pytest.param(completed_without_data(), State.PROCESSING, id="Completed without data, first time"),
        pytest.param(
            replace(completed_without_data(), settled=True),
            State.COMPLETED_EMPTY,
            id="Completed with NoAnyResultData",
        ),
        pytest.param(failed("bad image"), State.FAILED, id="Error"),
        pytest.param(replace(failed(), state=State.DATA_LOST), State.DATA_LOST, id="ResultDataLost"),
        pytest.param(
            replace(completed("x"), state=State.PARTIAL), State.PARTIAL, id="PartiallyNotFound with data"
        ),
        pytest.param(not_found(), State.PENDING, id="NotExist, first time"),
    ],
)
def test_an_answer_becomes_a_state(make_claim: MakeClaim, said: Answer, state: State) -> None:
    """Final words end the task, open words and doubtful ones keep it open."""
    change = hear(make_claim(), said)

    assert change.values["state"] == state.value
    assert (change.next_delay_seconds is None) is not state.is_open
    assert ("completed_at" in change.values) is not state.is_open
    assert change.attempt is not None
    assert change.attempt.result == (said.state.value if state.is_open else state.value)


def test_what_the_service_said_is_kept(make_claim: MakeClaim) -> None:
    """Statuses, notices and remarks are stored as received; a parked task is unparked."""
    claim = make_claim(parked=ParkReason.UNREACHABLE, parked_since=NOW, errors=4)
    change = hear(claim, replace(completed("x", notices=("one", "two")), remarks=("odd",), envelope="{}"))

    assert change.values["task_status"] == "Completed"
    assert change.values["response_status_code"] == "Ok"
    assert change.values["notices"] == ["one", "two"]
    assert change.values["remarks"] == ["odd"]
    assert change.values["envelope"] == "{}"
    assert (change.values["parked"], change.values["parked_since"], change.values["parked_detail"]) == (
        None,
        None,
        None,
    )
    assert change.values["errors"] == 0
    assert change.attempt is not None
    assert change.attempt.detail == "one; two"
    assert change.visible


@pytest.mark.parametrize(
    ("submitted", "after", "doubts", "state"),
    [
        pytest.param(0.0, 3.0, 0, State.PENDING, id="own submission: first"),
        pytest.param(0.0, 29.0, 9, State.PENDING, id="own submission: within 30 s, however often"),
        pytest.param(0.0, 30.0, 1, State.PENDING, id="own submission: after 30 s, second time"),
        pytest.param(0.0, 30.0, 2, State.NOT_FOUND, id="own submission: after 30 s, third time"),
        pytest.param(120.0, 60.0, 9, State.PENDING, id="submitted in the future by somebody's clock"),
        pytest.param(None, 0.0, 0, State.PENDING, id="unknown submission: at once"),
        pytest.param(None, 9.9, 5, State.PENDING, id="unknown submission: within 10 s"),
        pytest.param(None, 10.5, 1, State.PENDING, id="unknown submission: second time"),
        pytest.param(None, 10.5, 2, State.NOT_FOUND, id="unknown submission: third time, over 10 s"),
        pytest.param(None, 3600.0, 0, State.PENDING, id="much later, and still asked three times"),
        pytest.param(None, 3600.0, 2, State.NOT_FOUND, id="much later, third time"),
    ],
)
def test_not_found_has_a_grace(
    make_claim: MakeClaim, submitted: float | None, after: float, doubts: int, state: State
) -> None:
    """NotExist is believed after three answers, and not within 30 s of the submission (fact sheet 4.5)."""
    submitted_at = None if submitted is None else NOW + seconds(submitted)
    claim = make_claim(submitted_at=submitted_at, doubts=doubts)
    change = hear(claim, not_found(), after=after)

    assert change.values["state"] == state.value
    assert change.values["doubts"] == (doubts + 1 if state.is_open else 0)


def test_not_found_is_confirmed_over_ten_seconds(make_claim: MakeClaim) -> None:
    """An ID that was pasted at once and is not known is given up after 10 s and at most five calls."""
    claim, after, calls = make_claim(), 0.0, 0
    while True:
        change = hear(claim, not_found(), after=after)
        calls += 1
        if change.next_delay_seconds is None:
            break
        after += change.next_delay_seconds
        claim = replace(claim, doubts=change.values["doubts"], state=State(change.values["state"]))

    assert change.values["state"] == State.NOT_FOUND.value
    assert 10 <= after < 12
    assert CONFIRMATIONS <= calls <= 5


@pytest.mark.parametrize(
    ("seen", "after", "state"),
    [
        pytest.param(True, 3600.0, State.EXPIRED, id="seen, then gone"),
        pytest.param(False, 3600.0, State.NOT_FOUND, id="never seen"),
        pytest.param(False, 86_400.0, State.EXPIRED, id="never seen, and its time is over"),
    ],
)
def test_gone_is_not_the_same_as_never_there(
    make_claim: MakeClaim, *, seen: bool, after: float, state: State
) -> None:
    """A task the service has known, or whose 24 hours are over, is expired and not unknown."""
    claim = make_claim(seen_at=NOW if seen else None, doubts=2)

    assert hear(claim, not_found(), after=after).values["state"] == state.value


@pytest.mark.parametrize("doubts", [0, 3, 40])
def test_a_gateways_page_is_no_verdict(make_claim: MakeClaim, doubts: int) -> None:
    """A 404 with a web page is asked about until the deadline, not believed after three times."""
    page = replace(not_found(), settled=False, http_status=404)

    assert hear(make_claim(doubts=doubts), page, after=7200).values["state"] == "pending"
    assert hear(make_claim(doubts=doubts), page, after=DAY).values["state"] == "expired"


def test_not_found_keeps_the_known_state_until_it_is_believed(make_claim: MakeClaim) -> None:
    """A task that was processing is still called so while its absence is in doubt."""
    change = hear(make_claim(state=State.PROCESSING, seen_at=NOW), not_found())

    assert change.values["state"] == "processing"
    assert not change.visible
    assert change.next_delay_seconds == DOUBT_DELAY_SECONDS
    assert change.attempt is not None
    assert change.attempt.result == "not_found"


@pytest.mark.parametrize(
    ("doubts", "state"),
    [(0, "processing"), (1, "processing"), (2, "processing"), (3, "completed_empty")],
)
def test_completed_without_data_is_asked_about_three_times(
    make_claim: MakeClaim, doubts: int, state: str
) -> None:
    """Then it is believed to be empty (fact sheet 4.2)."""
    change = hear(make_claim(seen_at=NOW, doubts=doubts), completed_without_data())

    assert change.values["state"] == state
    assert change.next_delay_seconds == (DOUBT_DELAY_SECONDS if state == "processing" else None)


def test_doubts_about_its_existence_do_not_confirm_that_it_is_empty(make_claim: MakeClaim) -> None:
    """NotExist three times within the grace and then Completed without data: that is asked about anew."""
    change = hear(make_claim(doubts=3), completed_without_data())

    assert change.values["state"] == "processing"
    assert change.values["doubts"] == 1


@pytest.mark.parametrize(("doubts", "state"), [(2, "processing"), (3, "failed")])
def test_a_failure_in_doubt_is_believed_in_the_end(make_claim: MakeClaim, doubts: int, state: str) -> None:
    """Error together with a word that does not fit is asked about three times as well."""
    change = hear(make_claim(doubts=doubts), unsettled(State.FAILED))

    assert change.values["state"] == state


def test_completed_without_data_is_believed_at_the_deadline(make_claim: MakeClaim) -> None:
    """After the 24 hours there is nothing to wait for."""
    assert hear(make_claim(), completed_without_data(), after=DAY + 1).values["state"] == "completed_empty"


@pytest.mark.parametrize("doubts", [0, 4, 400])
def test_unknown_words_are_polled_until_the_deadline(make_claim: MakeClaim, doubts: int) -> None:
    """Words outside the documented ones never end a task by themselves (fact sheet 4.4)."""
    answer = unsettled(State.PROCESSING, task_status="Transmogrifying")

    change = hear(make_claim(doubts=doubts), answer, after=7200)
    assert change.values["state"] == "processing"
    assert change.values["task_status"] == "Transmogrifying"
    assert change.next_delay_seconds is not None
    assert change.next_delay_seconds > 100

    assert hear(make_claim(doubts=doubts), answer, after=DAY + 1).values["state"] == "expired"


def test_what_the_service_still_knows_is_never_expired(make_claim: MakeClaim) -> None:
    """Whatever our clock says: it is asked on, ever more rarely, and the task says why."""
    for after, least, most in (
        (DAY + 1, 800, 1000),
        (2 * DAY + 1, OVERDUE_DELAY_SECONDS, OVERDUE_DELAY_SECONDS),
    ):
        change = hear(make_claim(seen_at=NOW), processing(), after=after)
        assert change.values["state"] == "processing"
        assert change.values["remarks"] == [STILL_KNOWN]
        assert least <= (change.next_delay_seconds or 0) <= most


class TestParts:
    """Which data are kept, and what never replaces them."""

    def test_partial_keeps_what_there_was(self, make_claim: MakeClaim) -> None:
        """Some of the result is missing, the rest is stored."""
        change = hear(make_claim(), replace(completed("first"), state=State.PARTIAL))

        assert change.values["state"] == "partial"
        assert [part.text for part in change.parts or ()] == ["first"]

    def test_data_with_unknown_words_are_kept_at_once(self, make_claim: MakeClaim) -> None:
        """They may not be sent again; the task goes on being asked about."""
        answer = replace(completed("early"), state=State.PROCESSING, settled=False)
        change = hear(make_claim(), answer)

        assert change.values["state"] == "processing"
        assert [part.text for part in change.parts or ()] == ["early"]
        assert change.next_delay_seconds is not None

    @pytest.mark.parametrize("state", [State.PROCESSING, State.NOT_FOUND])
    def test_data_at_the_deadline_are_partial(self, make_claim: MakeClaim, state: State) -> None:
        """Whatever word came with them, something of the result is here."""
        change = hear(make_claim(), replace(completed("late"), state=state, settled=False), after=DAY + 1)

        assert change.values["state"] == "partial"
        assert [part.text for part in change.parts or ()] == ["late"]

    @pytest.mark.parametrize("entries", [(), (RawPart(None, None),)], ids=["null", "null entry"])
    def test_an_answer_without_data_never_wipes_out_earlier_data(
        self, make_claim: MakeClaim, entries: tuple[RawPart, ...]
    ) -> None:
        """A doubted answer may have brought them; the service then forgot."""
        change = hear(make_claim(seen_at=NOW, doubts=3), replace(completed_without_data(), raw_parts=entries))

        assert change.values["state"] == "completed_empty"
        assert change.parts is None

    def test_an_empty_text_is_stored_as_one(self, make_claim: MakeClaim) -> None:
        """The service said plainly that the text is empty: that is a result."""
        parts = hear(make_claim(), completed("")).parts

        assert parts is not None
        assert [part.text for part in parts] == [""]


class TestSeen:
    """When the service has confirmed that it knows the ID."""

    @pytest.mark.parametrize(
        ("said", "seen"),
        [
            pytest.param(pending(), True, id="open"),
            pytest.param(completed("x"), True, id="completed"),
            pytest.param(failed(), True, id="failed"),
            pytest.param(not_found(), False, id="not found"),
            pytest.param(unsettled(State.PROCESSING), False, id="words nobody knows: may mean not found"),
            pytest.param(completed_without_data(), True, id="completed without data: only known ones can be"),
            pytest.param(
                replace(completed("x"), state=State.PROCESSING, settled=False), True, id="data prove it"
            ),
        ],
    )
    def test_what_proves_it(self, make_claim: MakeClaim, said: Answer, *, seen: bool) -> None:
        """Any word that only a known task can get, and any data."""
        assert ("seen_at" in hear(make_claim(), said).values) is seen

    def test_the_first_time_is_kept(self, make_claim: MakeClaim) -> None:
        """Later answers do not move it."""
        assert "seen_at" not in hear(make_claim(seen_at=NOW), pending()).values


class TestNextPoll:
    """When an open task is asked about again."""

    def test_the_delay_grows_with_the_age(self, make_claim: MakeClaim) -> None:
        """Counted from the submission where it is known, else from the registration."""
        young = hear(make_claim(), pending(), after=10).next_delay_seconds or 0
        old = hear(make_claim(submitted_at=NOW - seconds(3600)), pending(), after=10).next_delay_seconds or 0

        assert 1.5 < young < 2.5
        assert 90 < old < 140

    def test_the_last_poll_comes_before_the_expiry(self, make_claim: MakeClaim) -> None:
        """No delay reaches over the last two minutes."""
        delay = hear(make_claim(), pending(), after=DAY - 300).next_delay_seconds

        assert delay == pytest.approx(300 - LAST_POLL_MARGIN_SECONDS)

    def test_the_verdict_comes_right_after_the_expiry(self, make_claim: MakeClaim) -> None:
        """The service is asked once more when its time is over."""
        delay = hear(make_claim(), pending(), after=DAY - 60).next_delay_seconds

        assert delay == pytest.approx(60 + VERDICT_DELAY_SECONDS)

    def test_a_doubt_is_looked_into_soon(self, make_claim: MakeClaim) -> None:
        """However old the task is."""
        assert (
            hear(make_claim(), completed_without_data(), after=40_000).next_delay_seconds
            == DOUBT_DELAY_SECONDS
        )

    def test_nothing_new_is_not_visible(self, make_claim: MakeClaim) -> None:
        """Screens need not be drawn again for a poll that brought no news."""
        assert not hear(make_claim(), pending()).visible
        assert hear(make_claim(), processing()).visible
