"""What a process that opens somebody's file may use of the machine; it has no need of anything else of ours."""

import contextlib


def limit(*, most_bytes: int, most_seconds: int) -> None:
    """Bound the address space and the processor time of this process; no more than a wish on Windows."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # not on Windows

        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
        resource.setrlimit(resource.RLIMIT_CPU, (most_seconds, most_seconds))
