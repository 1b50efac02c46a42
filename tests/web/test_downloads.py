"""Text and parts of a result as files."""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from dashboard.bootstrap import Dashboard
from dashboard.models import Action, RawPart, Role
from dashboard.web.api import build_api
from tests.web.serving import V1, part, register

Finish = Callable[..., int]

DISPOSITION = re.compile(
    r"(?P<kind>inline|attachment); filename=\"(?P<plain>[ -!#-\[\]-~]+)\"; filename\*=UTF-8''(?P<encoded>[\w.%~-]+)",
    re.ASCII,
)
HOSTILE = "<html><body><script>alert(document.domain)</script></body></html>"


class TestText:
    """``GET /api/v1/tasks/{id}/text``."""

    def test_while_open(self, client: TestClient, finish: Finish) -> None:
        """409 with the state."""
        (pending,) = register(client, "open-0001")
        processing = finish("open-0002", state="processing")
        for ref, state in ((pending, "pending"), (processing, "processing")):
            answer = client.get(f"{V1}/tasks/{ref}/text")
            assert answer.status_code == 409
            assert answer.json() == {"detail": f"The task is still {state}.", "state": state}

    def test_the_text(self, client: TestClient, finish: Finish) -> None:
        """Comes as UTF-8 whatever the service sent, with a name for saving it."""
        ref = finish("done-0001", part("Text", "Größe 5 ✓".encode("utf-16")), label="Lieferschein")
        answer = client.get(f"{V1}/tasks/{ref}/text")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.content.decode() == "Größe 5 ✓"
        assert answer.headers["content-disposition"].startswith("inline; ")
        assert answer.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize("state", ["failed", "expired", "not_found", "data_lost", "cancelled"])
    def test_without_a_result(self, client: TestClient, finish: Finish, state: str) -> None:
        """404 with the state in words."""
        answer = client.get(f"{V1}/tasks/{finish('lost-0001', state=state)}/text")
        assert answer.status_code == 404
        assert state.replace("_", " ") in answer.json()["detail"]

    def test_a_result_without_text(self, client: TestClient, finish: Finish) -> None:
        """404 too: a picture has no text."""
        ref = finish("done-0001", part("Png", b"\x89PNG\r\n\x1a\n"))
        assert client.get(f"{V1}/tasks/{ref}/text").status_code == 404


class TestParts:
    """``GET /api/v1/tasks/{id}/parts/{n}``."""

    @pytest.mark.parametrize(
        ("raw", "media_type", "ending"),
        [
            (part("Text", "Größe"), "text/plain; charset=utf-8", ".txt"),
            (part("Text", b"\xef\xbb\xbfGr\xc3\xb6\xc3\x9fe"), "text/plain; charset=utf-8", ".txt"),
            (part("Text", "Größe".encode("utf-16")), "text/plain; charset=utf-16", ".txt"),
            (part("Text", b"Gr\xf6\xdfe"), "text/plain; charset=windows-1252", ".txt"),
            (part("Csv", "a;b\n1;2\n"), "text/csv; charset=utf-8", ".csv"),
            (part("Text", '{"total": 5}'), "application/json", ".json"),
            (part("Hocr", HOSTILE), "text/html; charset=utf-8", ".html"),
            (part("Pdf", b"%PDF-1.7\n"), "application/pdf", ".pdf"),
            (part("Png", b"\x89PNG\r\n\x1a\n"), "image/png", ".png"),
            (part(None, b"\0\1\2\3\xff\xfe"), "application/octet-stream", ".bin"),
        ],
        ids=[
            "text",
            "byte order mark",
            "UTF-16",
            "Windows-1252",
            "csv",
            "json",
            "html",
            "pdf",
            "png",
            "other",
        ],
    )
    def test_bytes(
        self, client: TestClient, finish: Finish, raw: RawPart, media_type: str, ending: str
    ) -> None:
        """Are exactly what the service sent, under their true type, to be saved rather than opened."""
        answer = client.get(f"{V1}/tasks/{finish('done-0001', raw)}/parts/0")
        assert answer.status_code == 200
        assert answer.content == base64.b64decode(raw.data or "")
        assert answer.headers["content-type"] == media_type
        disposition = answer.headers["content-disposition"]
        assert disposition.startswith("attachment; ")
        assert f'{ending}"' in disposition

    @pytest.mark.parametrize(
        "label",
        [
            "Lieferschein Größe 5",
            "請求書 2026",
            'a"; filename="evil.exe',
            "a\r\nSet-Cookie: x=1",
            "../../etc/passwd",
            "📄 scan.pdf",
            "100%",
            "",
        ],
        ids=["umlauts", "Chinese", "quotes", "line break", "path", "emoji", "percent", "none"],
    )
    def test_file_names(self, client: TestClient, finish: Finish, label: str) -> None:
        """Old and new clients both get a name; nothing in a label breaks out of the header."""
        ref = finish("done-0001", part("Text", "x"), part("Pdf", b"%PDF-"), label=label)
        for below, ending in (("text", ".txt"), ("parts/0", ".txt"), ("parts/1", ".pdf")):
            answer = client.get(f"{V1}/tasks/{ref}/{below}")
            found = DISPOSITION.fullmatch(answer.headers["content-disposition"])
            assert found is not None
            assert found["kind"] == ("inline" if below == "text" else "attachment")
            name = unquote(found["encoded"])
            assert name.endswith(ending)
            assert found["plain"].endswith(ending)
            assert name == Path(name).name
            assert "set-cookie" not in answer.headers

    def test_hostile_pages_do_not_run(self, client: TestClient, finish: Finish) -> None:
        """A page read from an image is saved, never sniffed, and could do nothing if it were opened."""
        svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
        ref = finish("done-0001", part("Hocr", HOSTILE), part("Other", svg), part("Text", HOSTILE))
        for below in ("parts/0", "parts/1", "parts/2", "text"):
            headers = client.get(f"{V1}/tasks/{ref}/{below}").headers
            assert headers["content-security-policy"] == "sandbox; default-src 'none'"
            assert headers["x-content-type-options"] == "nosniff"
            expected = "inline" if below == "text" else "attachment"
            assert headers["content-disposition"].startswith(expected)
        assert client.get(f"{V1}/tasks/{ref}/text").headers["content-type"] == "text/plain; charset=utf-8"

    @pytest.mark.parametrize(
        ("position", "status"),
        [("1", 404), ("1000000", 404), ("-1", 422), ("2147483648", 422), ("9" * 30, 422), ("one", 422)],
        ids=["next", "far", "negative", "more than a column holds", "endless", "a word"],
    )
    def test_parts_there_are_not(
        self, client: TestClient, finish: Finish, position: str, status: int
    ) -> None:
        """Are refused with a sentence."""
        ref = finish("done-0001", part("Text", "x"))
        answer = client.get(f"{V1}/tasks/{ref}/parts/{position}")
        assert answer.status_code == status
        assert answer.json()["detail"]


class TestTheLog:
    """Whoever takes a result away over the API stands in the log of the team."""

    @pytest.mark.parametrize(
        "below", ["text", "parts/0", "export", "export?format=json&corrected=true", "support.zip"]
    )
    def test_every_way_out(
        self, client: TestClient, dashboard: Dashboard, finish: Finish, below: str
    ) -> None:
        """With the task, once."""
        ref = finish("done-0001", part("Text", "x"))
        assert client.get(f"{V1}/tasks/{ref}/{below}").status_code == 200
        assert self.taken(dashboard) == ["done-0001"]

    @pytest.mark.parametrize(
        ("where", "lines"), [("image", 0), ("audio", 0), ("document", 1), ("empty", 1), (None, 1)]
    )
    def test_pictures_on_a_page(
        self, client: TestClient, dashboard: Dashboard, finish: Finish, where: str | None, lines: int
    ) -> None:
        """Are looked at, as browsers say themselves."""
        ref = finish("done-0001", part("Png", b"\x89PNG\r\n\x1a\n"))
        said = {"Sec-Fetch-Dest": where} if where else {}
        assert client.get(f"{V1}/tasks/{ref}/parts/0", headers=said).status_code == 200
        assert len(self.taken(dashboard)) == lines

    def test_a_script_shows_nothing(self, dashboard: Dashboard, finish: Finish) -> None:
        """Whatever it says of itself, it takes what it asks for."""
        finish("done-0001", part("Png", b"\x89PNG\r\n\x1a\n"))
        holder = dashboard.access.key_holder(dashboard.team.members.make_key(label="ci", role=Role.VIEWER))
        assert holder is not None
        with TestClient(build_api(lambda: dashboard.seen_by(*holder))) as script:
            said = {"Sec-Fetch-Dest": "image"}
            assert script.get("/v1/tasks/done-0001/parts/0", headers=said).status_code == 200
        assert self.taken(dashboard) == ["done-0001"]

    def test_refused(self, client: TestClient, dashboard: Dashboard, finish: Finish) -> None:
        """Nothing was taken."""
        (waiting,) = register(client, "open-0001")
        picture = finish("done-0001", part("Png", b"\x89PNG\r\n\x1a\n"))
        assert client.get(f"{V1}/tasks/{waiting}/text").status_code == 409
        assert client.get(f"{V1}/tasks/{picture}/text").status_code == 404
        assert client.get(f"{V1}/tasks/{picture}/parts/1").status_code == 404
        assert self.taken(dashboard) == []

    @staticmethod
    def taken(dashboard: Dashboard) -> list[str]:
        """What was taken away."""
        return [entry.subject for entry in dashboard.team.members.audit_log(action=Action.RESULT_DOWNLOADED)]
