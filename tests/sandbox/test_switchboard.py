"""Switching faults on and off, over real HTTP."""

from collections.abc import Callable

import pytest
import requests

from dashboard.sandbox import SandboxServer
from dashboard.sandbox.faults import CATALOGUE, Call

Ask = Callable[..., requests.Response]


def test_a_lost_answer_still_made_a_task(sandbox: SandboxServer, switch_on: Ask, call: Ask) -> None:
    """The image was taken: sending it again would make a second task."""
    before = len(sandbox.state._tasks)
    switch_on(fault="answer_lost", times=1)
    with pytest.raises(requests.RequestException):
        call(Call.SUBMIT, "")
    assert len(sandbox.state._tasks) == before + 1


def test_a_refused_submission_makes_no_task(sandbox: SandboxServer, switch_on: Ask, call: Ask) -> None:
    """A fault that strikes instead of the service leaves nothing behind."""
    before = len(sandbox.state._tasks)
    switch_on(fault="bad_gateway", times=1)
    assert call(Call.SUBMIT, "").status_code == 502
    assert len(sandbox.state._tasks) == before


def test_a_fault_strikes_only_what_it_is_meant_for(
    sandbox: SandboxServer, done: Callable[[str], str], switch_on: Ask, call: Ask
) -> None:
    """Operation and task narrow it; without times it stays until it is cleared."""
    one, other = done("Text"), done("Text")
    switch_on(fault="forbidden", task_id=one)
    switch_on(fault="throttled", operation="utilities/gettaskstatus")
    calls = [(Call.FETCH, one), (Call.FETCH, one), (Call.FETCH, other), (Call.STATUS, other)]
    assert [call(*asked).status_code for asked in calls] == [403, 403, 200, 429]
    cleared = requests.delete(f"{sandbox.url}/sandbox/faults", timeout=5).json()
    assert cleared["active"] == []
    assert call(Call.FETCH, one).status_code == 200


def test_a_fault_of_finished_tasks_waits_for_one(
    submit: Callable[..., str], advance: Callable[[float], None], switch_on: Ask, call: Ask
) -> None:
    """Asking about a pending task does not use it up."""
    task_id = submit()
    switch_on(fault="results_null", times=1)
    assert call(Call.FETCH, task_id).json()["taskStatus"] == "Pending"
    advance(10)
    assert call(Call.FETCH, task_id).json()["results"] is None
    assert call(Call.FETCH, task_id).json()["results"]


def test_the_list_tells_every_fault_in_a_sentence(sandbox: SandboxServer) -> None:
    """GET lists names, sentences and the calls they strike."""
    listed = requests.get(f"{sandbox.url}/sandbox/faults", timeout=5).json()["faults"]
    assert [fault["fault"] for fault in listed] == list(CATALOGUE)
    assert all(fault["does"].endswith(".") and fault["calls"] for fault in listed)


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        pytest.param({"fault": "no_such"}, "fault", id="unknown fault"),
        pytest.param({}, "fault", id="no fault"),
        pytest.param({"fault": ["throttled"]}, "fault", id="fault is a list"),
        pytest.param({"fault": "throttled", "times": 0}, "times", id="no times at all"),
        pytest.param({"fault": "throttled", "times": True}, "times", id="times is a truth value"),
        pytest.param({"fault": "throttled", "operation": 5}, "operation", id="operation is a number"),
        pytest.param({"fault": "throttled", "task": "x"}, "task", id="unknown key"),
    ],
)
def test_a_wrong_wish_is_refused_by_name(
    wish: dict[str, object], named: str, sandbox: SandboxServer, switch_on: Ask
) -> None:
    """400 says which key, and nothing is switched on."""
    answer = switch_on(**wish)
    assert answer.status_code == 400
    assert named in answer.json()["error"]
    assert sandbox.state.faults.active() == []


def test_a_wish_that_is_no_object_is_refused(sandbox: SandboxServer) -> None:
    """Whatever it is instead."""
    for raw in (b"", b"[]", b"\xff"):
        answer = requests.post(f"{sandbox.url}/sandbox/faults", data=raw, timeout=5)
        assert answer.status_code == 400
