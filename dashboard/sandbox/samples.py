"""The samples that come with the sandbox: real pictures with their true text."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

_FOLDER = files("dashboard.sandbox") / "samples"

Box = tuple[int, int, int, int]
"""A rectangle in pixels: x1, y1, x2, y2."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a word is on a picture, and how sure its reader was, in percent."""

    box: Box
    sure: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One shipped picture and what is really on it.

    Attributes:
        trial_text: what evaluation mode made of it, where that was published.
        table: its table, header first.
        invoice: the fields of ``RecognizeAndParseInvoice``.
        boxes: where its blocks of text are.
        size: of the picture, in pixels: width, height.
        places: where each word of its text stands, in their order; found by Tesseract.
        fonts: its fonts, best match first.
    """

    name: str
    image: bytes = field(repr=False)
    text: str = field(repr=False)
    trial_text: str | None = field(default=None, repr=False)
    table: tuple[tuple[str, ...], ...] = ()
    invoice: Mapping[str, Any] = field(default_factory=dict)
    boxes: tuple[Box, ...] = ()
    size: tuple[int, int] = (0, 0)
    places: tuple[Place, ...] = ()
    fonts: tuple[str, ...] = ("arial", "helvetica", "liberation sans")

    @property
    def sha256(self) -> str:
        """Digest of the picture, by which it is recognised."""
        return hashlib.sha256(self.image).hexdigest()


@cache
def latin() -> Sample:
    """A page of pseudo-Latin; its regular and evaluation texts are the service's own (fact sheet 6)."""
    return Sample(
        name="latin.png",
        image=(_FOLDER / "latin.png").read_bytes(),
        text=_read("latin.regular.txt"),
        trial_text=_read("latin.trial.txt"),
        boxes=((183, 126, 1186, 378), (183, 461, 1190, 623), (183, 709, 1190, 872)),
        size=(1284, 1818),
        places=_places("latin.words.csv"),
    )


@cache
def invoice() -> Sample:
    """A scanned proforma invoice with a table of two rows."""
    return Sample(
        name="invoice_english_01.jpg",
        image=(_FOLDER / "invoice_english_01.jpg").read_bytes(),
        text=_read("invoice_english_01.txt"),
        table=tuple(tuple(row) for row in csv.reader(io.StringIO(_read("invoice_english_01.csv")))),
        invoice=json.loads(_read("invoice_english_01.json")),
        boxes=((304, 2, 579, 30), (4, 34, 440, 186), (4, 187, 440, 320), (4, 405, 879, 800)),
        size=(882, 1199),
        places=_places("invoice_english_01.words.csv"),
    )


@cache
def by_digest() -> Mapping[str, Sample]:
    """All samples by the digest of their picture."""
    return {sample.sha256: sample for sample in (latin(), invoice())}


def _places(name: str) -> tuple[Place, ...]:
    rows = csv.reader(io.StringIO(_read(name)))
    return tuple(
        Place((int(left), int(top), int(right), int(bottom)), int(sure))
        for _, left, top, right, bottom, sure in rows
    )


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
