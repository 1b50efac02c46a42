"""Files as the body of a call, read while it is sent: however large they are, a piece is in memory."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dashboard.errors import InputRefused

_PIECE = 256 * 1024


class FilesForm:
    """A multipart form with files; it can be read again, for another try.

    Args:
        paths: of the files.
        fields: the others; what is no text is sent as JSON.
    """

    def __init__(self, paths: Sequence[Path], fields: Mapping[str, object]) -> None:
        self._paths = paths
        self._fields = fields
        self._boundary = secrets.token_hex(16)
        for path in paths:
            try:
                path.open("rb").close()
            except OSError as error:
                raise InputRefused(f"{path} cannot be read: {error.strerror}.") from None

    @property
    def content_type(self) -> str:
        """For the header of that name."""
        return f"multipart/form-data; boundary={self._boundary}"

    def __iter__(self) -> Iterator[bytes]:
        """The body, piece by piece."""
        for name, value in self._fields.items():
            text = value if isinstance(value, str) else json.dumps(value)
            yield self._head(f'name="{name}"') + text.encode() + b"\r\n"
        for path in self._paths:
            yield self._head(f'name="file"; filename="{_quoted(path.name)}"', "application/octet-stream")
            with path.open("rb") as file:
                while piece := file.read(_PIECE):
                    yield piece
            yield b"\r\n"
        yield f"--{self._boundary}--\r\n".encode()

    def _head(self, disposition: str, content_type: str = "text/plain; charset=utf-8") -> bytes:
        lines = (
            f"--{self._boundary}",
            f"Content-Disposition: form-data; {disposition}",
            f"Content-Type: {content_type}",
            "",
            "",
        )
        return "\r\n".join(lines).encode()


def _quoted(name: str) -> str:
    """A name as browsers write it into a form; what is no Unicode of it is replaced."""
    plain = name.encode("utf-8", "replace").decode()
    return plain.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
