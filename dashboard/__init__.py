"""OCR Dashboard: the team's memory for Aspose.OCR Cloud results."""

from typing import Any

__version__: str


def __getattr__(name: str) -> Any:  # noqa: ANN401 - as Python wants it
    # When it is asked for: the command line must be deaf to Ctrl+C before it imports anything that takes time.
    if name == "__version__":
        from importlib.metadata import version

        return version("ocr-dashboard")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
