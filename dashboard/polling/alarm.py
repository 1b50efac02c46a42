"""When the loop has its next turn: at a moment it has set itself, or sooner when something happens."""

import math
import threading
import time


class Alarm:
    """One sleeper, and any number of others that may wake it; however often it is rung, it wakes once."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._rings_at = math.inf
        self._is_over = False

    def ring(self) -> None:
        """Wake the sleeper, or have its next sleep be none."""
        self.within(-math.inf)

    def within(self, seconds: float) -> None:
        """Have it wake in so many seconds, unless it does sooner anyway."""
        with self._changed:
            rings_at = time.monotonic() + seconds
            if rings_at < self._rings_at:
                self._rings_at = rings_at
                self._changed.notify_all()

    def sleep(self, *, least: float) -> None:
        """Until it rings, but so many seconds at least: a storm of rings is one waking."""
        earliest = time.monotonic() + least
        with self._changed:
            while not self._is_over:
                left = max(self._rings_at, earliest) - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(None if left == math.inf else left)
            self._rings_at = math.inf

    def begin(self) -> None:
        """Let there be sleep again."""
        self._is_over = False

    def end(self) -> None:
        """Let there be no sleep any more."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
