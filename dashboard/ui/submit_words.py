"""How the settings of the service are said to people, and rectangles as somebody types them. Pure."""

import re
from collections.abc import Sequence

from dashboard.errors import InputRefused
from dashboard.models.recognition import (
    MOST_REGIONS,
    DsrConfidence,
    DsrMode,
    Region,
    ResultType,
    TableResultType,
)

RESULT_TYPES = {
    ResultType.TEXT: "Text",
    ResultType.PDF: "PDF with text in it",
    ResultType.HOCR: "hOCR: words with their places",
    ResultType.JSON: "JSON",
    ResultType.TEXT_AND_PDF: "Text and PDF",
    ResultType.TEXT_AND_HOCR: "Text and hOCR",
    ResultType.PDF_AND_HOCR: "PDF and hOCR",
    ResultType.TEXT_AND_PDF_AND_HOCR: "Text, PDF and hOCR",
    ResultType.IMAGE_PNG: "Picture (PNG)",
}
TABLE_RESULT_TYPES = {
    TableResultType.TEXT: "Text",
    TableResultType.CSV: "CSV",
    TableResultType.EXCEL: "Excel",
    TableResultType.CSV_AND_EXCEL: "CSV and Excel",
}
MODES = {
    DsrMode.REGIONS: "Regions (usual)",
    DsrMode.DSR_NO_FILTER: "Blocks, unfiltered",
    DsrMode.DSR_AND_FILTER: "Blocks, filtered",
    DsrMode.NO_DSR_NO_FILTER: "The whole page as one block",
    DsrMode.TEXT_DETECTOR: "Text detector: text within pictures",
    DsrMode.DSR_PLUS_DETECTOR: "Blocks and text detector",
    DsrMode.POLYGONAL_TEXT_DETECTOR: "Polygons: curved text",
    DsrMode.LINE_DETECTOR: "Lines",
}
CONFIDENCES = {
    DsrConfidence.DEFAULT: "Usual (middle)",
    DsrConfidence.LOW: "Low",
    DsrConfidence.LOW_MID: "Low to middle",
    DsrConfidence.MID: "Middle",
    DsrConfidence.MID_HIGH: "Middle to high",
    DsrConfidence.HIGH: "High",
    DsrConfidence.ULTRA: "Very high",
    DsrConfidence.ALL: "All of them",
}
SWITCHES = (
    ("make_skew_correct", ("Straighten", "Turns a page that lies askew by up to 15 degrees.")),
    ("make_contrast_correction", ("Improve the contrast", "Helps with faint print and grey paper.")),
    ("make_binarization", ("Black and white", "Turns the picture black and white before it is read.")),
    ("make_upsampling", ("Enlarge", "Helps with small print and low resolution.")),
)

_BETWEEN = re.compile(r"[\s,;x×]+")  # noqa: RUF001 - people copy sizes with it


def regions_of(text: str) -> tuple[Region, ...]:
    """Rectangles as typed, one a line; raises InputRefused naming the first line that is none."""
    regions: list[Region] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = [word for word in _BETWEEN.split(line.strip()) if word]
        if not words:
            continue
        corners = [int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 9]  # noqa: PLR2004 - pixels
        if len(words) != 4 or len(corners) != 4 or corners[0] >= corners[2] or corners[1] >= corners[3]:  # noqa: PLR2004 - corners
            raise InputRefused(
                f"Line {number} of the rectangles is none: write left, top, right, bottom, such as 120 80 900 240."
            )
        left, top, right, bottom = corners
        regions.append(Region(left=left, top=top, right=right, bottom=bottom, order=len(regions)))
    if len(regions) > MOST_REGIONS:
        raise InputRefused(f"Up to {MOST_REGIONS} rectangles can be read at once.")
    return tuple(regions)


def regions_text(regions: Sequence[Region]) -> str:
    """The same as typed."""
    return "\n".join(f"{one.left} {one.top} {one.right} {one.bottom}" for one in regions)
