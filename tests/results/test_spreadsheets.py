"""What a spreadsheet makes of a line: no text of a stranger is a formula, and numbers stay numbers."""

import csv
import io

import pytest

from dashboard.results.spreadsheets import csv_line

FORMULA = "cmd|'/c calc'!A0"

HOSTILE = {
    "equals": f"={FORMULA}",
    "plus": f"+{FORMULA}",
    "minus": f"-{FORMULA}",
    "at": "@SUM(1+1)",
    "link": '=HYPERLINK("http://elsewhere.invalid","x")',
    "sum that looks like numbers": "-2+3",
    "number and call": f"+1{FORMULA}",
    "number, then a cell": "-5*A1",
    "number, then a line": "-5\n=1+1",
    "phone number": "+49-30-123456",
    "tab": "\t=1",
    "carriage return": "\r=1",
    "line feed": "\n=1",
    "Windows line end": "\r\n=1",
    "blank": " =1",
    "many blanks": " " * 5_000 + "=1",
    "no-break space": "\u00a0=1",
    "ideographic space": "\u3000=1",
    "thin space": "\u2009+a",
    "line separator": "\u2028=1",
    "next line": "\u0085=1",
    "vertical tab": "\x0b@a",
    "NUL": "\x00=1",
    "byte order mark": "\ufeff=1",
    "zero width space": "\u200b=1",
    "zero width joiner": "\u200d-a",
    "left-to-right mark": "\u200e=1",
    "right-to-left override": "\u202e=1",
    "soft hyphen": "\u00ad=1",
    "variation selector": "\ufe0f=1",
    "Hangul filler": "\u3164=1",
    "braille blank": "\u2800=1",
    "wide equals": "\uff1d1+1",
    "wide plus": "\uff0b1+1",
    "wide minus": "\uff0d1+1",
    "wide at": "\uff20SUM(1)",
    "small equals": "\ufe661+1",
    "small plus": "\ufe621+1",
    "raised minus": "\u207b1+1",
    "minus sign": "\u22121+1",
    "blank, then wide equals": " \uff1d1+1",
    "lone sign": "=",
    "bullet": "- milk",
}

HARMLESS = {
    "empty": "",
    "word": "Invoice",
    "blanks": "   ",
    "line feed and text": "\nInvoice",
    "number": "5",
    "negative": "-5.00",
    "positive": "+3",
    "thousands": "-1,234.50",
    "thousands in German": "-1.234,50",
    "thousands in Swiss": "-1'234.50",
    "thousands in French": "-1\u202f234,50",
    "per cent after a no-break space": "-5\u00a0%",
    "per cent": "-5 %",
    "per cent without a blank": "+12.5%",
    "exponent": "-1e5",
    "negative exponent": "-1.5E-10",
    "fraction": "-.5",
    "number after blanks": "  -5.00",
    "number before a line end": "-5.00\r\n",
    "sign inside": "a=b",
    "address": "sam@example.org",
    "per cent sign first": "%PATH%",
    "pipe first": "|cmd",
    "quoted": '"=1+1"',
    "apostrophe": "'=1+1",
}


def read_back(text: str) -> str:
    """The one cell as a program reads it."""
    rows = list(csv.reader(io.StringIO(csv_line([text]).decode(), newline="")))
    return rows[0][0] if rows and rows[0] else ""


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_what_might_be_a_formula_is_text(text: str) -> None:
    """Whatever unseen stands before the sign, in whichever form it is written."""
    assert read_back(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS.values(), ids=list(HARMLESS))
def test_what_is_none_is_left_alone(text: str) -> None:
    """Numbers are still numbers, and nothing else changes either."""
    assert read_back(text) == text


def test_what_is_no_text_is_written_as_it_is() -> None:
    """Numbers of ours come from us."""
    assert csv_line([-5, None, True, -0.5]) == b"-5,,True,-0.5\r\n"
