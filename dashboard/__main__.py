"""``python -m dashboard`` is ``ocr-dashboard``."""

from dashboard.cli import main

if __name__ == "__main__":
    main()
