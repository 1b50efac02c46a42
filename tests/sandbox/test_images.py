"""What an uploaded file is."""

import struct

import pytest

from dashboard.models import Operation
from dashboard.sandbox.images import Picture, identify, refusal
from dashboard.sandbox.samples import invoice, latin


@pytest.mark.parametrize(
    ("data", "picture"),
    [
        pytest.param(latin().image, Picture("PNG", 1284, 1818), id="png"),
        pytest.param(invoice().image, Picture("JPEG", 882, 1199), id="jpeg"),
        pytest.param(b"GIF89a\x03\x00\x02\x00", Picture("GIF", 3, 2), id="gif"),
        pytest.param(b"BM" + bytes(16) + struct.pack("<ii", 3, -2), Picture("BMP", 3, 2), id="top-down bmp"),
        pytest.param(b"II*\0rest", Picture("TIFF"), id="tiff"),
        pytest.param(b"<?xml?><svg/>", Picture("SVG"), id="svg"),
        pytest.param(b"%PDF-1.7", Picture("PDF"), id="pdf"),
        pytest.param(b"AT&TFORM", Picture("DjVu"), id="djvu"),
        pytest.param(b"", None, id="empty"),
        pytest.param(b"hello", None, id="text"),
        pytest.param(latin().image[:20], None, id="png cut off"),
        pytest.param(b"\xff\xd8\xff\xe0\x00\x10", None, id="jpeg cut off"),
        pytest.param(b"\xff\xd8\xff\xe0\x00\x00" * 9, None, id="jpeg segment without length"),
    ],
)
def test_a_file_is_known_by_its_first_bytes(data: bytes, picture: Picture | None) -> None:
    """Format and size; None for what the service could not read."""
    assert identify(data) == picture


@pytest.mark.parametrize(
    ("operation", "kind", "reads"),
    [
        (Operation.RECOGNIZE_IMAGE, "PNG", True),
        (Operation.RECOGNIZE_IMAGE, "PDF", False),
        (Operation.RECOGNIZE_PDF, "PDF", True),
        (Operation.RECOGNIZE_PDF, "PNG", False),
        (Operation.DJVU_TO_PDF, "DjVu", True),
        (Operation.DESKEW_IMAGE, "SVG", True),
    ],
)
def test_each_operation_reads_its_formats(operation: Operation, kind: str, reads: bool) -> None:  # noqa: FBT001 - a table of cases
    """PDF and DjVu have endpoints of their own."""
    assert (refusal(operation, Picture(kind)) == "") is reads
