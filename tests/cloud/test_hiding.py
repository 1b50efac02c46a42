"""A service that repeats our secret: it is taken out of the answer before anything reads it."""

import base64
import html
import json
import re
import time
from collections.abc import Callable
from urllib.parse import quote, urlencode

import pytest

from dashboard.cloud.login import hide
from dashboard.cloud.transport import Reply

SECRETS = {
    "opaque": "Pl4nted+Client/Secret=&<'\"\\-0123",
    "JSON Web Token": "eyJhbGciOiJSUzI1NiJ9.cGxhbnRlZC1zZWNyZXQ.c2ln-bmF0_dXJl",
    "letters": "plantedplanted",
    "signs": "+/+/+/+/+/",
    "percent": "planted%2B+planted",
}


def _unicode(sign: str) -> str:
    return "".join(c if c.isalnum() else f"\\u{ord(c):04X}" for c in sign)


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in JSON": lambda secret: json.dumps(secret)[1:-1],
    "in JSON with slashes escaped": lambda secret: json.dumps(secret)[1:-1].replace("/", "\\/"),
    "in JSON as .NET writes it": _unicode,
    "in JSON with small digits": lambda secret: re.sub(r"u00..", lambda it: it[0].lower(), _unicode(secret)),
    "in a URL": lambda secret: quote(secret, safe=""),
    "in a form": lambda secret: urlencode({"": secret})[1:],
    "in HTML": html.escape,
    "in HTML by number": lambda secret: "".join(c if c.isalnum() else f"&#x{ord(c):X};" for c in secret),
    "in HTML by decimal number": lambda secret: "".join(c if c.isalnum() else f"&#{ord(c)};" for c in secret),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_every_form_is_hidden(secret: str, form: Callable[[str], str]) -> None:
    """Each time it is repeated; what stands around it stays."""
    body = f"The token {form(secret)} is unknown: {form(secret)}.".encode()
    assert hide(Reply(401, {}, body), secret).body == b"The token [hidden] is unknown: [hidden]."


@pytest.mark.parametrize("secret", [None, "", "short"], ids=str)
def test_ordinary_words_are_left_alone(secret: str | None) -> None:
    """What is too short for a secret would hide them."""
    reply = Reply(200, {}, b"a short answer")
    assert hide(reply, secret) is reply


def test_a_large_answer_costs_little() -> None:
    """A result of 20 MB is looked through once, and not at all twice."""
    secret = SECRETS["JSON Web Token"]
    reply = Reply(200, {}, base64.b64encode(bytes(range(256)) * 60_000))
    began = time.process_time()
    assert hide(reply, secret) is reply
    assert time.process_time() - began < 0.5
