"""Whatever arrives, a call ends as an answer or as one of our errors."""

import io
import json
from typing import Any

import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from dashboard.cloud.client import CloudClient
from dashboard.errors import CloudError
from dashboard.models import Answer, Operation, State, TaskAddress
from dashboard.models.recognition import RecognitionSettings

ADDRESS = TaskAddress(
    api_url="http://ocr.test", operation=Operation.RECOGNIZE_IMAGE, trial=False, task_id="task-0001"
)
NEVER = {State.EXPIRED, State.CANCELLED}

statuses = st.sampled_from([200, 200, 200, 204, 301, 307, 400, 401, 404, 429, 500, 503]) | st.integers(
    100, 999
)
header_text = st.text(st.characters(max_codepoint=255), max_size=40)
headers = st.dictionaries(
    st.sampled_from(["Location", "Retry-After", "Content-Length", "Content-Type"]), header_text
)
words = st.sampled_from(
    ["Pending", "Completed", "Error", "NotExist", "Ok", "NotReady", "NoAnyResultData", "ResultDataLost"]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20) | words,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["type", "data", "messages", "x"]), inner)
    ),
    max_leaves=12,
)
envelopes = st.dictionaries(
    st.sampled_from(
        ["id", "taskStatus", "TASKSTATUS", "responseStatusCode", "results", "error", "errors", "_"]
    ),
    json_values,
)
bodies = st.binary(max_size=300) | envelopes.map(lambda value: json.dumps(value).encode())


class Canned(BaseAdapter):
    """Answers every request with the same status, headers and body."""

    def __init__(self, status: int, given_headers: dict[str, str], body: bytes) -> None:
        super().__init__()
        self._answer = (status, given_headers, body)

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:  # type: ignore[override]  # noqa: ANN401 - requests' many parameters are of no interest
        """Answer without a network."""
        response = requests.Response()
        response.status_code, given_headers, body = self._answer
        response.headers = CaseInsensitiveDict(given_headers)
        response.raw = io.BytesIO(body)
        response.request = request
        return response

    def close(self) -> None:
        """Nothing is open."""


def check(answer: Answer) -> None:
    """What an answer says can be stored and shown."""
    assert answer.state not in NEVER
    assert len(answer.envelope) <= 20_000
    shown = (
        *answer.notices,
        *answer.remarks,
        answer.task_status,
        answer.response_status_code,
        answer.envelope,
    )
    for text in (*shown, *(part.type for part in answer.raw_parts)):
        assert "\0" not in (text or "")
        (text or "").encode()
    for part in answer.raw_parts:
        (part.data or "").encode()


@settings(max_examples=300, deadline=None)
@given(status=statuses, given_headers=headers, body=bodies)
def test_any_answer_ends_in_a_known_way(status: int, given_headers: dict[str, str], body: bytes) -> None:
    """Arbitrary statuses, headers and bodies raise nothing but CloudError, in all four calls."""
    session = requests.Session()
    session.mount("http://", Canned(status, given_headers, body))
    client = CloudClient(session)
    for ask in (client.fetch, client.status):
        try:
            check(ask(ADDRESS, access_token="planted"))
        except CloudError as error:
            str(error).encode()
            assert len(str(error)) <= 500  # noqa: PT017 - either outcome is fine
    try:
        client.cancel(ADDRESS, access_token="planted")
        task_id = client.submit(
            api_url=ADDRESS.api_url,
            operation=ADDRESS.operation,
            trial=False,
            image=b"x",
            settings=RecognitionSettings(),
            access_token="planted",
        )
    except CloudError:
        pass
    else:
        assert task_id.isascii()
        assert 4 <= len(task_id) <= 200
    client.close()
