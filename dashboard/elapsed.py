"""How much time has passed, whatever is done to the clock. Never say what time it is with this."""

import time

_BOOT = getattr(time, "CLOCK_BOOTTIME", None)


def elapsed() -> float:
    """Seconds that only grow; also while the machine sleeps, where the system tells (Linux)."""
    return time.monotonic() if _BOOT is None else time.clock_gettime(_BOOT)
