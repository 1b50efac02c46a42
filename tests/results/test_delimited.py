"""Tables as people have them: the delimiter is the one that makes rows, whatever else stands in the cells."""

import time

import pytest

from dashboard.results.delimited import rows_of
from dashboard.results.sheets import read_table
from dashboard.results.sniffing import CSV

LEDGER = "2026-01-02;Miete;-850,00\n2026-01-03;Gehalt;2.400,00\n2026-01-05;Strom;-72,50\n"
LEDGER_ROWS = [
    ["2026-01-02", "Miete", "-850,00"],
    ["2026-01-03", "Gehalt", "2.400,00"],
    ["2026-01-05", "Strom", "-72,50"],
]

DECIMAL_COMMAS = {
    "one row": ("Betrag;1,50", [["Betrag", "1,50"]]),
    "ledger without a header": (LEDGER, LEDGER_ROWS),
    "ledger with Windows line ends": (LEDGER.replace("\n", "\r\n"), LEDGER_ROWS),
    "ledger with the line ends of old Macs": (LEDGER.replace("\n", "\r"), LEDGER_ROWS),
    "ledger with blank lines": (
        LEDGER.strip().replace("\n", "\n\n"),
        [LEDGER_ROWS[0], [], LEDGER_ROWS[1], [], LEDGER_ROWS[2]],
    ),
    "tabs": ("Brot\t1,20\nMilch\t0,99", [["Brot", "1,20"], ["Milch", "0,99"]]),
    "pipes": ("Brot|1,20\nMilch|0,99", [["Brot", "1,20"], ["Milch", "0,99"]]),
    "euros": ("Brot;1,20 €\nMilch;0,99 €", [["Brot", "1,20 €"], ["Milch", "0,99 €"]]),
    "euros before": ("Brot;EUR 1,20\nMilch;€ 0,99", [["Brot", "EUR 1,20"], ["Milch", "€ 0,99"]]),
    "no cents": ("Brot;7,-\nMilch;8,--\nWein;9,—", [["Brot", "7,-"], ["Milch", "8,--"], ["Wein", "9,—"]]),
    "in brackets": ("a;(12,00)\nb;(1,50)", [["a", "(12,00)"], ["b", "(1,50)"]]),
    "sign behind": ("a;12,00-\nb;1,50-", [["a", "12,00-"], ["b", "1,50-"]]),
    "per cent": ("a;12,5 %\nb;1,5%", [["a", "12,5 %"], ["b", "1,5%"]]),
    "two numbers": ("1,5;2,5\n3,5;4,5", [["1,5", "2,5"], ["3,5", "4,5"]]),
    "three numbers": ("1,5;2,5;3,5\n4,5;5,5;6,5", [["1,5", "2,5", "3,5"], ["4,5", "5,5", "6,5"]]),
    "points between thousands": ("a;1.234.567,89\nb;2.345,00", [["a", "1.234.567,89"], ["b", "2.345,00"]]),
    "blanks between thousands": ("a;1 234,50\nb;2\u202f345,00", [["a", "1 234,50"], ["b", "2\u202f345,00"]]),
    "commas between thousands": (
        "a;1,234,567.00\nb;2,345,678.50",
        [["a", "1,234,567.00"], ["b", "2,345,678.50"]],
    ),
    "a comma in a name as well": (
        "Müller, Hans;1,50\nMeier, Eva;2,50",
        [["Müller, Hans", "1,50"], ["Meier, Eva", "2,50"]],
    ),
    "exponents": ("a;1,5e-3\nb;2,5E+10", [["a", "1,5e-3"], ["b", "2,5E+10"]]),
    "units": ("a;1,5 kg\nb;20,0 kWh", [["a", "1,5 kg"], ["b", "20,0 kWh"]]),
}

QUOTES = {
    "commas inside": ('"a, b",1\n"c, d",2', [["a, b", "1"], ["c, d", "2"]]),
    "more commas inside than between": (
        '"a, b";"c, d, e"\n"f, g";"h, i, j"',
        [["a, b", "c, d, e"], ["f, g", "h, i, j"]],
    ),
    "semicolons inside": ('"a; b; c",1\n"d; e; f",2', [["a; b; c", "1"], ["d; e; f", "2"]]),
    "tabs inside": ('"a\tb\tc",1\n"d\te\tf",2', [["a\tb\tc", "1"], ["d\te\tf", "2"]]),
    "decimal commas inside": ('"1,50","2,50"\n"3,50","4,50"', [["1,50", "2,50"], ["3,50", "4,50"]]),
    "line ends inside": ('"a\nb, c",1\n"d\ne, f",2', [["a\nb, c", "1"], ["d\ne, f", "2"]]),
    "quotes inside": ('"say ""hi, you""",1\n"x",2', [['say "hi, you"', "1"], ["x", "2"]]),
    "one column": ('"a, b"\n"c, d, e"\n"f"', [["a, b"], ["c, d, e"], ["f"]]),
    "a blank before": ('a, "b, c", d\ne, "f, g", h', [["a", "b, c", "d"], ["e", "f, g", "h"]]),
    "inches": (
        'Screen 15" wide;12,50\nScreen 17" wide;13,50',
        [['Screen 15" wide', "12,50"], ['Screen 17" wide', "13,50"]],
    ),
    "never closed": (
        'Name;Price\n"15 inches;3\n7;8\n9;1',
        [["Name", "Price"], ['"15 inches', "3"], ["7", "8"], ["9", "1"]],
    ),
    "never closed, in the first row": ('"15 inches;3\n7;8', [['"15 inches', "3"], ["7", "8"]]),
    "two that are never closed": ('"15 inches;3\n"17 inches;4', [['"15 inches', "3"], ['"17 inches', "4"]]),
    "closed too early": ('"Hello" she said,5\nfoo,6', [["Hello she said", "5"], ["foo", "6"]]),
    "cut within a cell": ('"a";"b, c"\n"d";"e\nf', [["a", "b, c"], ["d", "e\nf"]]),
    "never closed in a column of lines": ('"one, or\ntwo\nthree', [['"one, or'], ["two"], ["three"]]),
}

REGULAR = {
    "keywords": ("name,keywords\nfoo,a;b\nbar,c;d", [["name", "keywords"], ["foo", "a;b"], ["bar", "c;d"]]),
    "more columns": ("a,b|c,d\ne,f|g,h", [["a", "b|c", "d"], ["e", "f|g", "h"]]),
    "coordinates below a header": ("id,place\n1,2|3\n4,5|6", [["id", "place"], ["1", "2|3"], ["4", "5|6"]]),
    "points for decimals": ("a,1.50\nb,2.50", [["a", "1.50"], ["b", "2.50"]]),
    "dates with points": ("26.11.2026,1\n27.11.2026,2", [["26.11.2026", "1"], ["27.11.2026", "2"]]),
    "times": ("10:30,12:45\n11:30,13:45", [["10:30", "12:45"], ["11:30", "13:45"]]),
    "a title": (
        "Report 2026\n\nName,Amount\nA,1\nB,2",
        [["Report 2026"], [], ["Name", "Amount"], ["A", "1"], ["B", "2"]],
    ),
    "a long heading": (
        "One\nTwo\nThree\nFour\na;b\nc;d",
        [["One"], ["Two"], ["Three"], ["Four"], ["a", "b"], ["c", "d"]],
    ),
    "prose in lines": (
        "Dear Sam,\nwe met\nin May\nin Rome\nand so on",
        [["Dear Sam,"], ["we met"], ["in May"], ["in Rome"], ["and so on"]],
    ),
    "names": ("Müller, Hans;Berlin\nMeier, Eva;Bonn", [["Müller, Hans", "Berlin"], ["Meier, Eva", "Bonn"]]),
    "a number of columns": ("0,1\nName,Price", [["0", "1"], ["Name", "Price"]]),
    "empty cells": ("a;;1\n;b;\n;;2", [["a", "", "1"], ["", "b", ""], ["", "", "2"]]),
    "nothing between": ("one\ntwo", [["one"], ["two"]]),
    "nothing": ("", []),
}

SAID = {
    "semicolon": ("sep=;\na,b;c", [["a,b", "c"]]),
    "comma": ("sep=,\na;b,c;d", [["a;b", "c;d"]]),
    "tab": ("sep=\t\r\na,b\tc", [["a,b", "c"]]),
    "another": ("SEP=^\na,b^c", [["a,b", "c"]]),
    "in quotes": ('"sep=;"\na,b;c', [["a,b", "c"]]),
    "padded": ("sep=;;;\na,b;c;d", [["a,b", "c", "d"]]),
    "nothing else": ("sep=;", []),
    "a word": ("sep=x\naxb", [["sep=x"], ["axb"]]),
    "later": ("a;b\nsep=;\nc;d", [["a", "b"], ["sep=", ""], ["c", "d"]]),
}

CASES = {
    f"{kind}, {name}": case
    for kind, cases in (
        ("decimal commas", DECIMAL_COMMAS),
        ("quotes", QUOTES),
        ("regular", REGULAR),
        ("said", SAID),
    )
    for name, case in cases.items()
}


@pytest.mark.parametrize(("text", "rows"), CASES.values(), ids=list(CASES))
def test_the_delimiter_is_the_one_that_makes_rows(text: str, rows: list[list[str]]) -> None:
    """Quotes count, rows are regular, and numbers are not torn."""
    assert list(rows_of(text)) == rows


def test_as_a_file() -> None:
    """The table that is shown has the same cells, with a byte order mark before the word on its delimiter as well."""
    (sheet,) = read_table("\ufeffsep=;\r\nBetrag;1,50\r\n".encode(), CSV.media_type)
    assert sheet.rows == [["Betrag", "1,50"]]


def test_a_long_table_is_judged_by_its_beginning() -> None:
    """A sample that ends within a cell in quotes, and a quote that is never closed far behind it."""
    long = '"x, y";"1,50\n2,50"\n' * 5_000
    assert list(rows_of(long)) == [["x, y", "1,50\n2,50"]] * 5_000
    stray = "Brot;1,20\n" * 3_000 + '"15 inches;2,50\n' + "Milch;0,99\n" * 100
    rows = list(rows_of(stray))
    assert (len(rows), rows[3_000], rows[-1]) == (3_101, ['"15 inches', "2,50"], ["Milch", "0,99"])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('"' * 1_000_000, id="quotes"),
        pytest.param(";" * 1_000_000, id="delimiters"),
        pytest.param("1" * 1_000_000 + ";1,1", id="digits"),
        pytest.param("1,111" * 200_000 + ";", id="groups"),
        pytest.param(("1 111" * 3_000 + ";\n") * 60, id="blanks"),
        pytest.param('a;"\n' * 250_000, id="lines with quotes"),
        pytest.param("\n" * 1_000_000, id="line ends"),
        pytest.param("sep=" + ";" * 1_000_000, id="word on the delimiter"),
    ],
)
def test_hostile_texts_take_no_time(text: str) -> None:
    """Whatever is repeated."""
    began = time.process_time()
    read_table(text.encode(), CSV.media_type)
    assert time.process_time() - began < 3
