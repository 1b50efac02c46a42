"""``ocr-dashboard``, also as ``python -m dashboard``."""

import signal


def main() -> None:
    """Run the command line. Ctrl+C ends it without a traceback, also while it is being loaded and at its very end."""
    was_usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if was_usual:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from dashboard.cli import main as run

    if was_usual:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        run()
    finally:
        if was_usual:
            signal.signal(signal.SIGINT, signal.SIG_DFL)


if __name__ == "__main__":
    main()
