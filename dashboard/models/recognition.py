"""What to recognise and how: the settings of every operation that reads an image (fact sheet 3.1)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from dashboard.errors import InputRefused
from dashboard.models.languages import SPELL_CHECKED, find_language
from dashboard.models.words import Operation


class DsrMode(StrEnum):
    """How text blocks are found on the page."""

    REGIONS = "Regions"
    DSR_NO_FILTER = "DsrNoFilter"
    DSR_AND_FILTER = "DsrAndFilter"
    NO_DSR_NO_FILTER = "NoDsrNoFilter"
    TEXT_DETECTOR = "TextDetector"
    DSR_PLUS_DETECTOR = "DsrPlusDetector"
    POLYGONAL_TEXT_DETECTOR = "PolygonalTextDetector"  # the docs' "CraftPoly" is refused (fact sheet D8)
    LINE_DETECTOR = "LineDetector"


class DsrConfidence(StrEnum):
    """How sure the service must be that a block is text; Default is Mid."""

    DEFAULT = "Default"
    LOW = "Low"
    LOW_MID = "LowMid"
    MID = "Mid"
    MID_HIGH = "MidHigh"
    HIGH = "High"
    ULTRA = "Ultra"
    ALL = "All"


class ResultType(StrEnum):
    """What to get back; the combined ones bring several parts."""

    TEXT = "Text"
    PDF = "Pdf"
    HOCR = "Hocr"
    JSON = "JSON"
    TEXT_AND_PDF = "TextAndPdf"
    TEXT_AND_HOCR = "TextAndHocr"
    PDF_AND_HOCR = "PdfAndHocr"
    TEXT_AND_PDF_AND_HOCR = "TextAndPdfAndHocr"
    IMAGE_PNG = "ImagePNG"


class TableResultType(StrEnum):
    """What to get back from RecognizeTable; the other operations ignore it."""

    TEXT = "Text"
    EXCEL = "Excel"
    CSV = "Csv"
    CSV_AND_EXCEL = "CsvAndExcel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One rectangle to read, in pixels of the image; ``order`` is its place in the output."""

    left: int
    top: int
    right: int
    bottom: int
    order: int

    def as_json(self) -> dict[str, object]:
        """The service's spelling of it."""
        corners = {
            "topLeftX": self.left,
            "topLeftY": self.top,
            "bottomRightX": self.right,
            "bottomRightY": self.bottom,
        }
        return {"rect": corners, "order": self.order}

    def stored(self) -> dict[str, int]:
        """The same as JSON, for a column."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognitionSettings:
    """How the service should read an image; the defaults are the documented ones (fact sheet 3.1).

    Attributes:
        language: as the service spells it (3.4).
        rotate: degrees, applied before recognition; 0 is not sent (fact sheet D6).
        regions: required by RecognizeRegions, not sent anywhere else.
    """

    language: str = "English"
    make_skew_correct: bool = True
    rotate: int = 0
    make_binarization: bool = False
    make_contrast_correction: bool = True
    make_upsampling: bool = False
    make_spell_check: bool = False
    dsr_mode: DsrMode = DsrMode.REGIONS
    dsr_confidence: DsrConfidence = DsrConfidence.DEFAULT
    result_type: ResultType = ResultType.TEXT
    result_type_table: TableResultType = TableResultType.TEXT
    regions: tuple[Region, ...] = ()

    @classmethod
    def defaults_for(cls, operation: Operation) -> Self:
        """The defaults of one operation: labels and invoices are not deskewed."""
        if operation in _NOT_DESKEWED:
            return replace(cls(), make_skew_correct=False)
        return cls()

    def stored(self) -> dict[str, object]:
        """The same as JSON, for a column; :meth:`read` reads it."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {
            name: value.value if isinstance(value, StrEnum) else value for name, value in values.items()
        } | {"regions": [region.stored() for region in self.regions]}

    @classmethod
    def read(cls, given: Mapping[str, object], *, operation: Operation) -> Self:
        """Settings as people, scripts and columns give them; what is not given is the operation's own default.

        Raises:
            InputRefused: naming what is not known, or no such value.
        """
        values = {name: _READ[name](name, value) for name, value in given.items() if name in _READ}
        if unknown := sorted(set(given) - set(_READ)):
            raise InputRefused(f"There is no setting {unknown[0]!r}. The settings are {', '.join(_READ)}.")
        settings = replace(cls.defaults_for(operation), **values)  # type: ignore[arg-type]  # each was read by its name
        settings.check(operation)
        return settings

    def check(self, operation: Operation) -> None:
        """Refuse what the service is known not to do; raises InputRefused."""
        if self.make_spell_check and self.language not in SPELL_CHECKED:
            raise InputRefused(
                f"There is no spell check for {self.language}. Turn it off, or choose another language."
            )
        if operation is Operation.RECOGNIZE_REGIONS and not self.regions:
            raise InputRefused("Reading regions needs at least one rectangle.")


_NOT_DESKEWED = frozenset({Operation.RECOGNIZE_LABEL, Operation.RECOGNIZE_INVOICE})


def _word(words: type[StrEnum]) -> Callable[[str, object], StrEnum]:
    def read(name: str, value: object) -> StrEnum:
        known = {word.value.casefold(): word for word in words}
        word = known.get(value.casefold()) if isinstance(value, str) else None
        if word is None:
            raise InputRefused(f"{name} is one of {', '.join(it.value for it in words)}.")
        return word

    return read


def _switch(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InputRefused(f"{name} is true or false.")
    return value


def _degrees(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -MOST_DEGREES <= value <= MOST_DEGREES:
        raise InputRefused(f"{name} is a whole number of degrees, from -{MOST_DEGREES} to {MOST_DEGREES}.")
    return value


def _language(name: str, value: object) -> str:
    found = find_language(value) if isinstance(value, str) else None
    if found is None:
        raise InputRefused(f"{name} is one of the languages of the service, for example English or German.")
    return found.code


def _regions(name: str, value: object) -> tuple[Region, ...]:
    if not isinstance(value, list | tuple) or len(value) > MOST_REGIONS:
        raise InputRefused(f"{name} is a list of at most {MOST_REGIONS} rectangles.")
    return tuple(_region(name, one, order) for order, one in enumerate(value))


def _region(name: str, value: object, order: int) -> Region:
    corners = dict(value) if isinstance(value, Mapping) else {}
    corners = {"order": order, **corners}
    numbers = {key: it for key, it in corners.items() if isinstance(it, int) and not isinstance(it, bool)}
    if set(corners) != set(Region.__slots__) or len(numbers) != len(corners):
        raise InputRefused(f"A rectangle of {name} has left, top, right and bottom, in pixels.")
    region = Region(**numbers)
    if not (
        0 <= region.left < region.right <= MOST_PIXELS and 0 <= region.top < region.bottom <= MOST_PIXELS
    ):
        raise InputRefused(f"A rectangle of {name} begins at its left and its top, in pixels from 0.")
    return region


MOST_DEGREES = 360
MOST_REGIONS = 200
MOST_PIXELS = 2**31 - 1
"""What the service's numbers hold."""

_READ: Mapping[str, Callable[[str, object], object]] = {
    "language": _language,
    "make_skew_correct": _switch,
    "rotate": _degrees,
    "make_binarization": _switch,
    "make_contrast_correction": _switch,
    "make_upsampling": _switch,
    "make_spell_check": _switch,
    "dsr_mode": _word(DsrMode),
    "dsr_confidence": _word(DsrConfidence),
    "result_type": _word(ResultType),
    "result_type_table": _word(TableResultType),
    "regions": _regions,
}
