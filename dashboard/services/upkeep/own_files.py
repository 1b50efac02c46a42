"""What lies in the data folder is ours alone."""

from pathlib import Path

from dashboard import private_files
from dashboard.logs import get_logger

log = get_logger(__name__)


def close_to_others(data_dir: Path) -> None:
    """Let nobody but us read what earlier versions or somebody's hands have left open; PostgreSQL leaves little."""
    private_files.close_folder(data_dir)
    for path in private_files.close_files(data_dir):
        log.warning("file.closed", path=str(path), reason="others could read it until now")
    for path, reason in private_files.still_exposed(data_dir):
        log.warning("file.exposed", path=str(path), reason=reason or "its permissions cannot be changed")
