"""The answer arrives, and its results, their data or their text are odd (fact sheet 3.3; D10, D11)."""

import base64
from collections.abc import Callable
from typing import Any

from dashboard.sandbox.faults.fault import Envelope, twist


def _with_data(envelope: Envelope, change: Callable[[str], Any]) -> Envelope:
    results = envelope["results"] or []
    return envelope | {"results": [part | {"data": change(part["data"])} for part in results]}


def _with_text(envelope: Envelope, change: Callable[[str], bytes]) -> Envelope:
    def changed(part: dict[str, str]) -> dict[str, str]:
        if part["type"] != "Text":
            return part
        text = base64.b64decode(part["data"]).decode()
        return part | {"data": base64.b64encode(change(text)).decode()}

    return envelope | {"results": [changed(part) for part in envelope["results"] or []]}


@twist()
def results_null(envelope: Envelope) -> Envelope:
    """Completed and Ok, with null for the results."""
    return envelope | {"results": None}


@twist()
def results_empty(envelope: Envelope) -> Envelope:
    """Completed and Ok, with an empty list of results."""
    return envelope | {"results": []}


@twist()
def results_object(envelope: Envelope) -> Envelope:
    """One object where a list of results belongs."""
    return envelope | {"results": (envelope["results"] or [None])[0]}


@twist()
def results_reversed(envelope: Envelope) -> Envelope:
    """The parts in another order; none is documented."""
    return envelope | {"results": (envelope["results"] or [])[::-1]}


@twist()
def entry_null(envelope: Envelope) -> Envelope:
    """A null entry before the first result."""
    return envelope | {"results": [None, *(envelope["results"] or [])]}


@twist()
def type_null(envelope: Envelope) -> Envelope:
    """Results without a type."""
    return envelope | {"results": [part | {"type": None} for part in envelope["results"] or []]}


@twist()
def data_null(envelope: Envelope) -> Envelope:
    """Results without data."""
    return _with_data(envelope, lambda _: None)


@twist()
def data_empty(envelope: Envelope) -> Envelope:
    """Results with an empty string for data: an empty text."""
    return _with_data(envelope, lambda _: "")


@twist()
def data_plain(envelope: Envelope) -> Envelope:
    """Text that is not Base64 (fact sheet D11)."""
    return _with_data(envelope, lambda data: base64.b64decode(data).decode("utf-8", "replace"))


@twist()
def data_url_safe(envelope: Envelope) -> Envelope:
    """Base64 in the alphabet for addresses."""
    return _with_data(envelope, lambda data: data.replace("+", "-").replace("/", "_"))


@twist()
def data_unpadded(envelope: Envelope) -> Envelope:
    """Base64 without the equals signs at its end."""
    return _with_data(envelope, lambda data: data.rstrip("="))


@twist()
def data_wrapped(envelope: Envelope) -> Envelope:
    """Base64 in lines of 76 characters."""
    return _with_data(envelope, lambda data: "\r\n".join(data[n : n + 76] for n in range(0, len(data), 76)))


@twist()
def text_not_utf8(envelope: Envelope) -> Envelope:
    """Text in Windows-1252, with a letter that is not valid UTF-8 there."""
    return _with_text(envelope, lambda text: f"Café. {text}".encode("cp1252", "replace"))


@twist()
def text_with_bom(envelope: Envelope) -> Envelope:
    """Text that begins with a byte order mark."""
    return _with_text(envelope, lambda text: text.encode("utf-8-sig"))


@twist()
def text_with_crlf(envelope: Envelope) -> Envelope:
    """Text with Windows line ends."""
    return _with_text(envelope, lambda text: text.replace("\n", "\r\n").encode())


@twist()
def text_hostile(envelope: Envelope) -> Envelope:
    """Text that would run as a script, load an image and start a formula where it is shown carelessly."""
    attack = '=HYPERLINK("https://elsewhere.invalid")\n<script>alert(1)</script>\n![x](https://elsewhere.invalid/x.png)\n'
    return _with_text(envelope, lambda text: f"{attack}\x00\u202e{text}".encode())


@twist()
def json_object(envelope: Envelope) -> Envelope:
    """A Json result that is an object instead of an array (fact sheet D10)."""

    def changed(part: dict[str, str]) -> dict[str, str]:
        if part["type"] != "Json":
            return part
        wrapped = b'{"blocks": ' + base64.b64decode(part["data"]) + b"}"
        return part | {"data": base64.b64encode(wrapped).decode()}

    return envelope | {"results": [changed(part) for part in envelope["results"] or []]}
