"""Results as files over the API: one in a format, many as a ZIP that holds what was stored, byte for byte."""

import csv
import hashlib
import html
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from dashboard.bootstrap import Dashboard
from dashboard.models import Action
from tests.web.serving import V1, part, register

Finish = Callable[..., int]
TRIAL = "Invoice number ***** was paid on Monday by the old customer from Berlin"


@pytest.mark.parametrize(
    ("query", "expected", "media_type"),
    [
        ("", TRIAL.encode(), "text/plain"),
        ("?masks=word&crlf=true", TRIAL.replace("*****", "[masked]").encode(), "text/plain"),
        (
            "?bom=true&masks=marked",
            b"\xef\xbb\xbf" + TRIAL.replace("*****", "⟦*****⟧").encode(),
            "text/plain",
        ),
    ],
)
def test_one_text_as_wanted(
    client: TestClient, finish: Finish, query: str, expected: bytes, media_type: str
) -> None:
    """With line ends, byte order mark and masked words as asked for."""
    ref = finish("done-0001", part("Text", TRIAL), trial=True, label="May")

    answer = client.get(f"{V1}/tasks/{ref}/export{query}")

    assert answer.status_code == 200
    assert answer.content == expected
    assert answer.headers["content-type"].startswith(media_type)
    assert "May-done-000.txt" in answer.headers["content-disposition"]


def test_one_as_markdown_and_json(client: TestClient, finish: Finish) -> None:
    """Markdown marks masked words by itself; JSON says where they are."""
    ref = finish("done-0001", part("Text", TRIAL), trial=True, label="May")

    markdown = client.get(f"{V1}/tasks/{ref}/export?format=md").text
    found = client.get(f"{V1}/tasks/{ref}/export?format=json").json()

    assert "<mark>\\*\\*\\*\\*\\*</mark>" in markdown
    assert found["text"] == TRIAL
    assert [TRIAL[mask["start"] : mask["end"]] for mask in found["masks"]] == ["*****"]
    assert (found["task"], found["trial"], found["masked words"]) == ("done-0001", True, 1)


def test_regular_results_have_no_masks(client: TestClient, finish: Finish) -> None:
    """Asterisks of a regular task are the document's own."""
    ref = finish("done-0001", part("Text", TRIAL))
    assert client.get(f"{V1}/tasks/{ref}/export?masks=word").text == TRIAL


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("tasks/{open}/export", 409),
        ("tasks/{picture}/export", 404),
        ("tasks/999/export", 404),
        ("tasks/{done}/export?format=docx", 422),
        ("tasks/{done}/export?masks=none", 422),
        ("export?ids=1,x", 422),
        ("export?ids=99999999999", 422),
        ("export?state=finished", 422),
    ],
)
def test_what_cannot_be_exported_is_said(client: TestClient, finish: Finish, path: str, status: int) -> None:
    """In a sentence, never a 500."""
    (pending,) = register(client, "open-0001")
    refs = {
        "open": pending,
        "done": finish("done-0001", part("Text", "x")),
        "picture": finish("done-0002", part("Png", b"\x89PNG\r\n\x1a\n")),
    }
    answer = client.get(f"{V1}/{path.format(**refs)}")

    assert answer.status_code in (status, 400) if status == 422 else answer.status_code == status
    assert answer.json()["detail"]


def test_many_round_trip(client: TestClient, finish: Finish, dashboard: Dashboard) -> None:
    """Unzipped, every hash is right and every byte is the stored one; names are readable and unique."""
    hostile = b"\x00\xff\x1b[31m =cmd()|'/C calc'!A0 \xed\xa0\x80"
    refs = [
        finish("same-prefix-1", part("Text", TRIAL), trial=True, label="../../May: <1>?"),
        finish("same-prefix-2", part("Text", "zweite Größe"), label="../../May: <1>?"),
        finish("raw-1", part("Weird", hostile), part("Png", b"\x89PNG\r\n\x1a\n"), label="=HYPERLINK(1)"),
    ]
    register(client, "open-0001")

    answer = client.get(f"{V1}/export?ids={','.join(map(str, refs))},424242&masks=word")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))

    assert answer.headers["content-type"] == "application/zip"
    assert archive.testzip() is None
    content = {name: archive.read(name) for name in archive.namelist()}
    assert len(content) == len(archive.namelist()), "every name once"
    assert not [name for name in content if ".." in name or name.startswith("/") or "\\" in name]
    rows = list(csv.DictReader(io.StringIO(content["manifest.csv"].decode("utf-8-sig"))))
    lines = [line.split("  ", 1) for line in content["SHA256SUMS"].decode().splitlines()]
    sums = {name: digest for digest, name in lines}
    listed = {row["file"]: row for row in rows}
    assert set(listed) == set(sums) == set(content) - {"manifest.csv", "SHA256SUMS", "index.html"}
    for name, digest in sums.items():
        assert hashlib.sha256(content[name]).hexdigest() == digest == listed[name]["sha256"]
        assert int(listed[name]["bytes"]) == len(content[name])
    texts = {row["task ID"]: content[name] for name, row in listed.items() if name.startswith("texts/")}
    assert texts["same-prefix-1"] == TRIAL.replace("*****", "[masked]").encode()
    assert texts["same-prefix-2"].decode() == "zweite Größe"
    parts = [content[name] for name, row in listed.items() if row["id"] == str(refs[2]) and "parts/" in name]
    assert parts == [hostile, b"\x89PNG\r\n\x1a\n"]
    assert {row["label"] for row in rows if row["id"] == str(refs[2])} == {"'=HYPERLINK(1)"}
    assert [row["masked words"] for row in rows if row["id"] == str(refs[0])] == ["1", "1"]
    entry = dashboard.team.members.audit_log()[0]
    assert (entry.action, entry.subject) == (Action.RESULT_DOWNLOADED.value, "4 results")


def test_a_list_for_windows(client: TestClient, finish: Finish) -> None:
    """Excel reads it as UTF-8, like every CSV of ours."""
    ref = finish("a-1", part("Text", "x"), label="Größe")
    archive = zipfile.ZipFile(io.BytesIO(client.get(f"{V1}/export?ids={ref}").content))
    for data in (
        archive.read("manifest.csv"),
        client.get(f"{V1}/export?ids={ref}&format=csv").content,
        client.get(f"{V1}/team/audit.csv").content,
    ):
        assert data.startswith(b"\xef\xbb\xbf")
        assert data.count(b"\xef\xbb\xbf") == 1


def test_files_have_the_date_of_their_result(client: TestClient, finish: Finish) -> None:
    """In UTC, and as an instant for programs that know their zone; what was made for the export is from now."""
    stored = datetime(2026, 5, 1, 14, 5, 8, tzinfo=UTC)
    refs = [
        finish("a-1", part("Text", "x"), completed_at=stored),
        finish("a-2", part("Text", "x"), completed_at=datetime(1970, 1, 1, tzinfo=UTC)),
    ]
    archive = zipfile.ZipFile(io.BytesIO(client.get(f"{V1}/export?ids={','.join(map(str, refs))}").content))
    assert archive.testzip() is None
    old, new = (
        [one for one in archive.infolist() if f"/{ref} " in one.filename] for ref in (refs[1], refs[0])
    )
    assert [one.date_time for one in new] == [(2026, 5, 1, 14, 5, 8)] * 2
    assert all(b"UT\5\0\1" + int(stored.timestamp()).to_bytes(4, "little") in one.extra for one in new)
    assert [one.date_time[0] for one in old] == [1980, 1980]
    made = [archive.getinfo(name) for name in ("manifest.csv", "SHA256SUMS", "index.html")]
    assert {one.date_time[0] for one in made} == {datetime.now(UTC).year}


def test_the_offline_page_leads_to_the_files(client: TestClient, finish: Finish) -> None:
    """To each of them beside it, whatever it is called; and says when as people do."""
    ref = finish(
        "a-1",
        part("Text", "x"),
        part("Png", b"\x89PNG\r\n\x1a\n"),
        label="50 & more <b> #1 'q' ü javascript:x",
        completed_at=datetime(2026, 5, 1, 14, 5, 9, tzinfo=UTC),
    )
    archive = zipfile.ZipFile(io.BytesIO(client.get(f"{V1}/export?ids={ref}").content))
    page = archive.read("index.html").decode()
    links = [html.unescape(link) for link in re.findall(r'<a href="([^"]*)">', page)]
    assert all(link.startswith("./") for link in links)
    assert {unquote(link.removeprefix("./")) for link in links} == {
        name for name in archive.namelist() if "/" in name
    }
    assert '<time datetime="2026-05-01T14:05:09+00:00">1 May 2026, 14:05 UTC</time>' in page
    assert "<b>" not in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x" * 32_767, ""),
        ("x" * 32_768, "text has 32,768 characters; Excel holds 32,767 in a cell."),
        ("\U0001f600" * 20_000, "text has 40,000 characters; Excel holds 32,767 in a cell."),
    ],
)
def test_cells_that_excel_cannot_hold(client: TestClient, finish: Finish, text: str, said: str) -> None:
    """Are said before the text, which is there as a whole."""
    ref = finish("a-1", part("Text", text))
    sheet = client.get(f"{V1}/export?ids={ref}&format=csv").content.decode("utf-8-sig")
    csv.field_size_limit(1_000_000)
    (row,) = csv.DictReader(io.StringIO(sheet))
    assert (row["remarks"], row["text"]) == (said, text)
    assert list(row)[-2:] == ["remarks", "text"]


def test_many_by_filter(client: TestClient, finish: Finish) -> None:
    """Without IDs: whatever the board would show, as far as something is stored."""
    finish("a-1", part("Text", "one"), label="Invoice 1")
    finish("a-2", part("Text", "two"), label="Letter", state="partial")
    finish("a-3", state="failed", label="Invoice 3")

    def ids(query: str) -> set[str]:
        archive = zipfile.ZipFile(io.BytesIO(client.get(f"{V1}/export{query}").content))
        rows = csv.DictReader(io.StringIO(archive.read("manifest.csv").decode("utf-8-sig")))
        return {row["task ID"] for row in rows}

    assert ids("") == {"a-1", "a-2"}
    assert ids("?q=invoice") == {"a-1"}
    assert ids("?state=partial") == {"a-2"}
    assert ids("?state=failed") == set()


@pytest.mark.parametrize(
    ("board", "expected"),
    [
        ("", {"MAY", "JUNE"}),
        ("state=done", {"MAY", "JUNE"}),
        ("q=jun", {"JUNE"}),
        ("state=failed", set()),
        ("operation=RecognizePdf", set()),
        ("since=2000-01-01&until=2000-01-01", set()),
        ("state=nonsense&page=9&sort=label", {"MAY", "JUNE"}),
    ],
)
def test_many_by_the_address_of_a_board(
    client: TestClient, finish: Finish, board: str, expected: set[str]
) -> None:
    """What all that match are: as the board reads its address, whatever page and order it has."""
    finish("done-0001", part("Text", "MAY"), label="May")
    finish("done-0002", part("Text", "JUNE"), label="June")
    asked = {"board": board, "format": "jsonl", "zone": "Europe/Berlin"}

    answer = client.get(f"{V1}/export", params=asked)

    assert {json.loads(line)["text"] for line in answer.text.splitlines()} == expected


def test_the_offline_page_holds_every_result_inert(client: TestClient, finish: Finish) -> None:
    """Hostile text and labels are words on it; the only script is ours, by hash."""
    ref = finish(
        "x-1",
        part("Text", "</pre></article><script>alert(1)</script><img src=x onerror=alert(1)>"),
        label="<svg onload=alert(1)>",
    )
    archive = zipfile.ZipFile(io.BytesIO(client.get(f"{V1}/export?ids={ref}").content))
    page = archive.read("index.html").decode()

    assert page.count("<script") == page.count("</script>") == 1
    assert "<img" not in page
    assert "<svg" not in page
    assert "script-src 'sha256-" in page
    assert "&lt;script&gt;alert(1)" in page
    assert json.dumps("http")[1:-1] not in page.replace("http-equiv", "")


def test_many_as_one_flat_file(client: TestClient, finish: Finish) -> None:
    """One text with headings, a spreadsheet that runs nothing, JSON objects that bring everything back."""
    refs = [
        finish("a-1", part("Text", TRIAL), trial=True, label="=cmd()"),
        finish("a-2", part("Text", 'zwei\nZeilen, "quoted" é'), label="Letter"),
        finish("a-3", part("Png", b"\x89PNG\r\n\x1a\n"), label="Picture"),
    ]
    asked = f"{V1}/export?ids={','.join(map(str, refs))}"

    text = client.get(f"{asked}&format=txt&masks=word").text
    sheet = client.get(f"{asked}&format=csv")
    lines = client.get(f"{asked}&format=jsonl").content.splitlines()

    assert text.index("a-1") < text.index("[masked]") < text.index("a-2") < text.index("zwei\nZeilen")
    assert "(no text)" in text
    rows = list(csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert sheet.content.startswith(b"\xef\xbb\xbf")
    assert [row["text"] for row in rows] == [TRIAL, 'zwei\nZeilen, "quoted" é', ""]
    assert [row["label"] for row in rows] == ["'=cmd()", "Letter", "Picture"]
    assert [row["trial"] for row in rows] == ["yes", "no", "no"]
    found = [json.loads(line) for line in lines]
    assert [it["text"] for it in found] == [TRIAL, 'zwei\nZeilen, "quoted" é', None]
    assert [it["label"] for it in found] == ["=cmd()", "Letter", "Picture"]
    assert [len(it["masks"]) for it in found] == [1, 0, 0]
    assert client.get(f"{asked}&format=docx").status_code in (400, 422)


def test_an_export_of_a_search_says_what_it_has_not_looked_at(
    client: TestClient, dashboard: Dashboard, finish: Finish
) -> None:
    """While results of before are being indexed; only where it was searched for."""
    finish("done-0001", part("Text", "old text"))
    dashboard.indexing.catching_up._count()
    assert client.get(f"{V1}/export?library=find%3Dold").headers["x-not-searchable-yet"] == "1"
    assert "x-not-searchable-yet" not in client.get(f"{V1}/export").headers
    dashboard.indexing.catch_up()
    assert "x-not-searchable-yet" not in client.get(f"{V1}/export?library=find%3Dold").headers
