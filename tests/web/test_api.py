"""The API's other routes: listing, showing, and what it says when something is wrong."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dashboard.bootstrap import Dashboard
from dashboard.models import RawPart
from tests.web.serving import V1, part, register

Finish = Callable[..., int]


class TestList:
    """``GET /api/v1/tasks``."""

    def test_pages_newest_first(self, client_on_either: TestClient) -> None:
        """Pages do not overlap, count all, and are empty beyond the last one."""
        ids = register(client_on_either, *(f"page-{number:04}" for number in range(5)))
        pages = [
            client_on_either.get(f"{V1}/tasks", params={"page": page, "per_page": 2}).json()
            for page in (1, 2, 3, 4, 1_000_000)
        ]
        assert [[item["id"] for item in page["items"]] for page in pages] == [
            [ids[4], ids[3]],
            [ids[2], ids[1]],
            [ids[0]],
            [],
            [],
        ]
        assert {page["total"] for page in pages} == {5}

    @pytest.mark.parametrize(
        ("state", "expected"),
        [
            ("", ["done-0001", "open-0001", "lost-0001"]),
            ("pending", ["open-0001"]),
            ("completed", ["done-0001"]),
            ("pending,expired", ["open-0001", "lost-0001"]),
            (" Pending , EXPIRED ,", ["open-0001", "lost-0001"]),
            ("failed", []),
        ],
        ids=["all", "one", "another", "two", "as people type", "none"],
    )
    def test_filter_by_state(
        self, client: TestClient, finish: Finish, state: str, expected: list[str]
    ) -> None:
        """One state or several, in any case."""
        finish("lost-0001", state="expired")
        register(client, "open-0001")
        finish("done-0001")
        answer = client.get(f"{V1}/tasks", params={"state": state}).json()
        assert [item["task_id"] for item in answer["items"]] == expected
        assert answer["total"] == len(expected)

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("größe", {"q-000001"}),
            ("Q-0000", {"q-000001", "q-000002"}),
            ("  100%  ", {"q-000002"}),
            ("%", {"q-000002"}),
            ("_", set()),
            ("a\0b", set()),
            ("' OR 1=1 --", set()),
        ],
        ids=["label", "id", "trimmed", "percent sign", "underscore", "NUL", "SQL"],
    )
    def test_search(self, client_on_either: TestClient, query: str, expected: set[str]) -> None:
        """A piece of the label or the ID, in any case, taken literally."""
        register(client_on_either, "q-000001", label="Lieferschein Größe 5")
        register(client_on_either, "q-000002", label="100% Baumwolle")
        answer = client_on_either.get(f"{V1}/tasks", params={"q": query})
        assert answer.status_code == 200, answer.text
        assert {item["task_id"] for item in answer.json()["items"]} == expected

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ("state=lost", "unknown state; use some of pending, processing"),
            ("state=%00", "unknown state"),
            ("page=0", "page: "),
            ("page=-1", "page: "),
            ("page=two", "page: "),
            ("page=99999999999999999999", "page: "),
            ("per_page=0", "per_page: "),
            ("per_page=501", "per_page: "),
            ("q=" + "a" * 201, "q: "),
            ("at_risk=soon", "at_risk: "),
        ],
        ids=lambda value: str(value)[:12],
    )
    def test_bad_queries(self, worn_client: TestClient, query: str, words: str) -> None:
        """Are refused with a sentence that names the parameter."""
        answer = worn_client.get(f"{V1}/tasks?{query}")
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith(words)

    @pytest.mark.parametrize("query", ["q=%ff", "q=%ed%a0%80", "utm=1", "state=,,"])
    def test_odd_queries(self, worn_client: TestClient, query: str) -> None:
        """Bytes that are no UTF-8, strange parameters and empty states do no harm."""
        assert worn_client.get(f"{V1}/tasks?{query}").status_code == 200


class TestOneTask:
    """``GET /api/v1/tasks/{id}`` and what lies below."""

    def test_a_finished_task(self, client: TestClient, finish: Finish) -> None:
        """Tells its parts without their bytes, its notices, and its attempts."""
        ref = finish("done-0001", part("Text", "Total: *** EUR"), trial=True, notices=["Low contrast"])
        found = client.get(f"{V1}/tasks/{ref}").json()
        assert (found["state"], found["trial"], found["parked"]) == ("completed", True, None)
        assert found["parts"] == [
            {
                "position": 0,
                "type": "Text",
                "media_type": "text/plain",
                "size": 14,
                "masked_words": 1,
                "words": 3,
                "remarks": [],
            }
        ]
        assert (found["notices"], found["attempts"], found["calls"]) == (["Low contrast"], [], 0)

    @pytest.mark.parametrize(
        ("data", "remark"),
        [
            (b"Gr\xf6\xdfe", "not UTF-8, read as Windows-1252"),
            ("ab".encode("utf-16-le"), "no byte order mark, read as UTF-16-LE"),
            ("größer größer".encode() + b"\xff", "some bytes are not UTF-8, replaced"),
            (b"a\x00bcdefghijklmnopqrstuvw", "unprintable characters replaced"),
        ],
    )
    def test_what_had_to_be_guessed(
        self, client: TestClient, finish: Finish, data: bytes, remark: str
    ) -> None:
        """Encodings and replaced characters are told as on the page, of the part they are in."""
        ref = finish(
            "done-0001", part("Text", "plain"), part("Text", data), remarks=["results is not a list"]
        )
        found = client.get(f"{V1}/tasks/{ref}").json()
        assert [one["remarks"] for one in found["parts"]] == [[], [remark]]
        assert found["remarks"] == ["results is not a list"]

    def test_null_entries_are_no_parts(self, client: TestClient, finish: Finish) -> None:
        """And the others are found where they stand among the entries."""
        ref = finish(
            "done-0001", RawPart(None, None), part("Text", "one"), RawPart(None, None), part(None, "two")
        )
        found = client.get(f"{V1}/tasks/{ref}").json()
        assert ([one["position"] for one in found["parts"]], found["parts_total"]) == ([1, 3], 2)
        texts = [client.get(f"{V1}/tasks/{ref}/parts/{one['position']}").text for one in found["parts"]]
        assert texts == ["one", "two"]
        assert client.get(f"{V1}/tasks/{ref}/parts/0").status_code == 404

    def test_attempts(self, client: TestClient, dashboard: Dashboard) -> None:
        """A call that was made for the task is told, with what came of it."""
        (ref,) = register(client, "poll-0001", trial=True)
        dashboard.poller.run_once(wait_seconds=10)  # by hand: no waiting for the schedule
        (attempt,) = client.get(f"{V1}/tasks/{ref}").json()["attempts"]
        assert (attempt["kind"], attempt["result"], attempt["http_status"]) == ("poll", "no answer", None)
        assert client.get(f"{V1}/tasks/{ref}").json()["parked"] is None

    def test_the_service_id_works_too(self, client: TestClient, finish: Finish) -> None:
        """Wherever it is unambiguous; otherwise the answer says so."""
        ref = finish("7ac9b7f0-0001", part("Text", "one"))
        assert client.get(f"{V1}/tasks/7ac9b7f0-0001").json()["id"] == ref
        assert client.get(f"{V1}/tasks/7ac9b7f0-0001/text").text == "one"
        assert client.get(f"{V1}/tasks/7ac9b7f0-0001/parts/0").text == "one"
        finish("7ac9b7f0-0001", api_url="https://other.example")
        answer = client.get(f"{V1}/tasks/7ac9b7f0-0001")
        assert answer.status_code == 404
        assert answer.json()["detail"].startswith("Several services have a task with this ID.")

    def test_our_id_wins_over_a_service_id_of_digits(self, client: TestClient, finish: Finish) -> None:
        """Until there is no such task of ours."""
        first = finish("12345678")
        second = finish(str(first))
        assert client.get(f"{V1}/tasks/{first}").json()["task_id"] == "12345678"
        assert client.get(f"{V1}/tasks/12345678").json()["id"] == first
        assert client.get(f"{V1}/tasks/{second}").json()["task_id"] == str(first)

    @pytest.mark.parametrize(
        "reference",
        ["4711", "0", "-1", "1.0", "٣", "9" * 40, "a" * 5000, "%00", "%ff", "%ed%a0%80", "'", "<script>"],
        ids=lambda value: str(value)[:12],
    )
    @pytest.mark.parametrize("below", ["", "/text", "/parts/0"])
    def test_unknown_tasks(self, worn_client: TestClient, reference: str, below: str) -> None:
        """404 with a sentence that does not repeat what was asked for."""
        answer = worn_client.get(f"{V1}/tasks/{reference}{below}")
        assert answer.status_code == 404
        assert answer.json() == {"detail": "There is no such task here. It may have been deleted."}


class TestTrouble:
    """Errors that are not the client's."""

    def test_a_database_that_is_away(self, client: TestClient, dashboard: Dashboard) -> None:
        """503 with a sentence on every route, and all is well when it is back."""
        (ref,) = register(client, "open-0001")
        file = Path(str(dashboard.database.url.database))
        dashboard.database.close()
        away = file.rename(file.with_suffix(".away"))
        file.mkdir()
        answers = [
            client.get(f"{V1}/tasks"),
            client.get(f"{V1}/tasks/{ref}"),
            client.get(f"{V1}/tasks/{ref}/text"),
            client.get(f"{V1}/tasks/{ref}/parts/0"),
            client.post(f"{V1}/tasks", json={"tasks": [{"task_id": "open-0002"}]}),
            client.post(f"{V1}/credentials", json={"access_token": "some-token-0001"}),
        ]
        for answer in answers:
            assert answer.status_code == 503, answer.text
            assert answer.json()["detail"].startswith("The database file cannot be opened")
        file.rmdir()
        away.rename(file)
        assert client.get(f"{V1}/tasks/{ref}").status_code == 200

    def test_our_own_mistakes(
        self, client: TestClient, log_text: io.StringIO, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """500 with a sentence; the log has the rest."""
        monkeypatch.setattr("dashboard.web.waiting.full_item", None)
        (ref,) = register(client, "open-0001")
        answer = client.get(f"{V1}/tasks/{ref}")
        assert answer.status_code == 500
        assert answer.json() == {"detail": "Something went wrong here; the server's log says what."}
        assert "event=api.failed" in log_text.getvalue()
        assert "NoneType" in log_text.getvalue()

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/api/", 404),
            ("GET", "/api/v1", 404),
            ("GET", "/api/v2/tasks", 404),
            ("GET", "/api/redoc", 404),
            ("PUT", "/api/v1/tasks", 405),
            ("PUT", "/api/v1/tasks/1", 405),
            ("DELETE", "/api/v1/credentials", 405),
        ],
    )
    def test_routes_there_are_not(self, worn_client: TestClient, method: str, path: str, status: int) -> None:
        """Are answered as JSON, like everything below ``/api``."""
        answer = worn_client.request(method, path)
        assert answer.status_code == status
        assert set(answer.json()) == {"detail"}

    def test_the_schema(self, worn_client: TestClient) -> None:
        """Describes every route and names no host to load anything from."""
        answer = worn_client.get("/api/openapi.json")
        assert set(json.loads(answer.text)["paths"]) == {
            "/v1/tasks",
            "/v1/tasks/{reference}",
            "/v1/tasks/{reference}/check",
            "/v1/tasks/{reference}/cancel",
            "/v1/tasks/{reference}/tags",
            "/v1/submissions",
            "/v1/batches/{batch_id}",
            "/v1/batches/{batch_id}/pause",
            "/v1/batches/{batch_id}/resume",
            "/v1/batches/{batch_id}/cancel",
            "/v1/shares",
            "/v1/shares/{share_id}",
            "/v1/tasks/{reference}/text",
            "/v1/tasks/{reference}/parts/{position}",
            "/v1/credentials",
            "/v1/tasks/{reference}/export",
            "/v1/export",
            "/v1/team/export",
            "/v1/tasks/{reference}/source",
            "/v1/tasks/{reference}/source/pages/{number}",
            "/v1/sources/{source_id}/thumbnail",
            "/v1/tasks/{reference}/support.zip",
            "/v1/team/audit.csv",
        }
        assert "://" not in answer.text
