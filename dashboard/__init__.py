"""OCR Dashboard: the team's memory for Aspose.OCR Cloud results."""

from importlib.metadata import version

__version__ = version("ocr-dashboard")
