"""File names for every system, and a task's text as a whole."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.results.files import combined_text, file_name, part_at

ID = "0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01"


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        pytest.param("Invoice May", "Invoice May-0f3c5a7e.txt", id="label"),
        pytest.param("", f"{ID}.txt", id="no label"),
        pytest.param("scan.png", "scan-0f3c5a7e.txt", id="picture ending left out"),
        pytest.param("v1.2", "v1.2-0f3c5a7e.txt", id="other dots stay"),
        pytest.param("Rechnung für Müller 日本 🙂", "Rechnung für Müller 日本 🙂-0f3c5a7e.txt", id="unicode"),
        pytest.param("Mu\u0308ller", "Müller-0f3c5a7e.txt", id="composed form"),
        pytest.param("../../etc/passwd", "etc_passwd-0f3c5a7e.txt", id="parent folders"),
        pytest.param("C:\\Windows\\x", "C_Windows_x-0f3c5a7e.txt", id="Windows path"),
        pytest.param('a<b>c:d"e|f?g*h', "a_b_c_d_e_f_g_h-0f3c5a7e.txt", id="forbidden characters"),
        pytest.param("a\0b\nc\td\x1be", "ab c de-0f3c5a7e.txt", id="control characters"),
        pytest.param("x\u202egpj.exe", "xgpj.exe-0f3c5a7e.txt", id="bidi override"),
        pytest.param("a\ud800b", "ab-0f3c5a7e.txt", id="lone surrogate"),
        pytest.param("-rf", "rf-0f3c5a7e.txt", id="leading dash"),
        pytest.param(".hidden", "hidden-0f3c5a7e.txt", id="leading dot"),
        pytest.param("  wide   open  ", "wide open-0f3c5a7e.txt", id="spaces"),
        pytest.param("...", f"{ID}.txt", id="nothing left"),
        pytest.param("con.2024", "_con.2024-0f3c5a7e.txt", id="reserved first part"),
        pytest.param("con", "con-0f3c5a7e.txt", id="no longer reserved with the ID"),
    ],
)
def test_names_are_readable_and_safe(label: str, expected: str) -> None:
    """The label is kept as far as it can stand in a file name, followed by the start of the ID."""
    assert file_name(label, ID, extension=".txt") == expected


@pytest.mark.parametrize("reserved", ["CON", "nul", "Com1", "LPT9", "com\u00b9", "CONIN$", "aux "])
def test_device_names_are_never_produced(reserved: str) -> None:
    """Windows opens a device for these names, whatever their ending."""
    assert file_name("", reserved, extension=".txt").startswith("_")


def test_parts_are_numbered() -> None:
    """One file per part: the part's number is in the name."""
    assert file_name("Scan", ID, extension=".pdf", part=2) == "Scan-0f3c5a7e-part 2.pdf"
    assert file_name("", ID, extension=".pdf", part=2) == f"{ID}-part 2.pdf"


def test_a_name_is_found_for_nothing() -> None:
    """Without label and ID there is still a name."""
    assert file_name("", "", extension=".txt") == "result.txt"
    assert file_name("Scan", "///", extension=".txt") == "Scan.txt"


@given(st.text(max_size=400), st.text(max_size=80), st.none() | st.integers(1, 999))
def test_any_name_is_safe_everywhere(label: str, task_id: str, part: int | None) -> None:
    """No input makes a name that a system refuses, hides or misreads."""
    name = file_name(label, task_id, extension=".xlsx", part=part)

    assert name.endswith(".xlsx")
    assert len(name.encode()) <= 160
    assert not re.search(r'[<>:"/\\|?*%\x00-\x1f\x7f]', name)
    assert name[0] not in " .-~"
    assert name == unicodedata.normalize("NFC", name)
    assert not any(
        unicodedata.bidirectional(c) in {"RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI"} for c in name
    )
    assert name.split(".", maxsplit=1)[0].strip().lower() not in {"con", "prn", "aux", "nul", "com1", "lpt1"}


PLAIN, HTML, CSV, PDF = "text/plain", "text/html", "text/csv", "application/pdf"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param([], "", id="nothing"),
        pytest.param([(PDF, None)], "", id="binary only"),
        pytest.param([(PLAIN, "one\r\n")], "one\r\n", id="one text, untouched"),
        pytest.param([(PLAIN, "one\n"), (PLAIN, "two")], "one\n\ntwo", id="regions"),
        pytest.param([(PLAIN, "one"), (PLAIN, ""), (PLAIN, "two")], "one\n\ntwo", id="an empty region"),
        pytest.param([(PDF, None), (HTML, "<p>x"), (PLAIN, "x")], "x", id="plain text wins"),
        pytest.param([(HTML, "<p>x"), (PDF, None)], "x", id="other text when there is no plain one"),
        pytest.param([(PLAIN, ""), (CSV, "1,2")], "1,2", id="empty plain text does not win"),
    ],
)
def test_a_task_has_one_text(parts: list[tuple[str, str | None]], expected: str) -> None:
    """Text parts are joined in order; repetitions in other formats are left out."""
    assert combined_text(parts) == expected


@pytest.mark.parametrize(
    ("parts", "offset", "place"),
    [
        ([("text/plain", "abc")], 1, 0),
        ([("application/pdf", None), ("text/plain", "abc")], 2, 1),
        ([("text/plain", "abc\n"), ("text/html", "<p>"), ("text/plain", "\ndef")], 2, 0),
        ([("text/plain", "abc\n"), ("text/html", "<p>"), ("text/plain", "\ndef")], 5, 2),
        ([("text/html", "<p>"), ("application/json", "{}")], 5, 1),
    ],
)
def test_the_part_of_a_character(parts: list[tuple[str, str | None]], offset: int, place: int) -> None:
    """Whoever judges a character of the whole text means one of its parts."""
    assert part_at(parts, offset) == place


def test_no_part_beyond_the_end() -> None:
    """A character that is not there is in no part."""
    with pytest.raises(ValueError, match="no character 99"):
        part_at([("text/plain", "abc")], 99)
