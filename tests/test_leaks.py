"""No secret gets out, whatever is done with it and whatever the service answers."""

import base64
import io
import json
import logging
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from dashboard import bootstrap, logs
from dashboard.bootstrap import Dashboard
from dashboard.errors import InputRefused
from dashboard.models import METADATA, Operation, ParkReason
from dashboard.sandbox import SandboxState, Tempo, samples
from dashboard.services.credentials.credentials import Rules
from dashboard.settings import load_settings
from dashboard.store.board_filter import BoardFilter
from dashboard.ui import routes
from dashboard.wire.contract import Order
from dashboard.wire.endpoints import Endpoint
from tests.commands import Run
from tests.parrot import ANSWERS, Parrot, parroting
from tests.web.serving import V1, client_of

PASTED = "Pl4nted+Pasted/Token-that-is-no_JWT~0123456789abcdefghijklmnop"
PASTED_LATER = "L4ter+Pasted/Token-that-is-no_JWT~0123456789abcdefghijklmnop"
CLIENT_SECRET = "Pl4nted+Client/Secret-0123456789abcdef"
CLIENT_SECRET_LATER = "L4ter+Client/Secret-0123456789abcdef"
REFUSED = "R3fused+Token/with~blanks 0123456789abcdef"
OLD_KEY, NEW_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()
PLANTED = {
    "pasted": PASTED,
    "pasted later": PASTED_LATER,
    "client secret": CLIENT_SECRET,
    "client secret later": CLIENT_SECRET_LATER,
    "refused": REFUSED,
    "old key": OLD_KEY,
    "new key": NEW_KEY,
}
ENTRY = Path(__file__).parents[1] / "dashboard" / "app.py"


def forms_of(secret: str) -> dict[str, bytes]:
    """How a secret may look; only its first two thirds, so that one cut at its end is found as well."""
    core = secret[: len(secret) * 2 // 3]
    forms = {
        "plain": core,
        "URL": quote(core, safe=""),
        "form": quote(core, safe="").replace("%20", "+"),
        "URL in lower case": quote(core, safe="").replace("%2B", "%2b").replace("%2F", "%2f"),
        "JSON": json.dumps(core)[1:-1].replace("/", "\\/"),
        "JSON of .NET": core.replace("+", "\\u002B"),
        "HTML": escape(core).replace("+", "&#x2B;"),
        "hexadecimal": core.encode().hex(),
    }
    for shift in range(3):  # Base64 looks different at each place among three bytes
        encoded = base64.b64encode(b"\0" * shift + core.encode())
        inner = encoded[(shift * 8 + 5) // 6 : -4].decode()
        forms[f"Base64 +{shift}"] = inner
        forms[f"URL-safe Base64 +{shift}"] = inner.replace("+", "-").replace("/", "_")
    return {name: form.encode() for name, form in forms.items()}


def leaks(said: Mapping[str, str | bytes], secrets: Mapping[str, str]) -> list[str]:
    """Which secret was found where, and in which form."""
    found = []
    for place, content in said.items():
        raw = content if isinstance(content, bytes) else content.encode(errors="replace")
        found += [
            f"{name} as {form} in {place}"
            for name, secret in secrets.items()
            for form, needle in forms_of(secret).items()
            if needle in raw
        ]
    return found


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("form", forms_of(PASTED))
def test_this_test_finds_leaks(name: str, form: str) -> None:
    """In every form of every secret, wherever it begins; and nothing where there is nothing."""
    planted = forms_of(PLANTED[name])[form]
    said: dict[str, str | bytes] = {"clean": "nothing here", "leak": b"before\xff" + planted + b" after"}
    assert f"{name} as {form} in leak" in leaks(said, PLANTED)
    assert not [found for found in leaks(said, PLANTED) if found.endswith("in clean")]


@pytest.mark.parametrize("prefix", ["", "a", "ab", "Bearer "])
def test_this_test_finds_what_was_encoded_with_other_words(prefix: str) -> None:
    """Base64 of a header or a pair looks different from Base64 of the secret alone."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        said = {"header": encode(f"{prefix}{PASTED} and more".encode())}
        assert any("Base64" in found for found in leaks(said, {"pasted": PASTED}))


@dataclass
class Haul:
    """Everything that was said anywhere."""

    said: dict[str, str | bytes] = field(default_factory=dict)

    def add(self, place: str, content: str | bytes) -> None:
        """Keep what a place said, every time it says something."""
        self.said[f"{place} ({len(self.said)})"] = content


@pytest.fixture
def log_streams() -> Iterator[dict[str, io.StringIO]]:
    """Everything that is logged at debug level, as text and as JSON."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    streams = {"text": io.StringIO(), "json": io.StringIO()}
    logs.configure(level="debug", stream=streams["text"])
    (as_text,) = root.handlers
    logs.configure(level="debug", as_json=True, stream=streams["json"])
    root.addHandler(as_text)
    # As somebody would who looks for trouble in the connections.
    for name in ("urllib3", "uvicorn"):
        logging.getLogger(name).setLevel("DEBUG")
    yield streams
    root.handlers[:], root.level = before
    for name in ("urllib3", "uvicorn"):
        logging.getLogger(name).setLevel("WARNING")


@dataclass
class Stage:
    """One installation, the service behind it, and what both said."""

    dashboard: Dashboard
    client: TestClient
    state: SandboxState
    parrot: Parrot
    haul: Haul

    def api(self, method: str, path: str, body: object = None) -> None:
        """Ask the HTTP API and keep its answer."""
        answer = self.client.request(method, path, json=body)
        self.haul.add(f"{method} {path}", answer.text + str(answer.headers))

    def task(self) -> str:
        """A finished task at the service."""
        endpoint = Endpoint(Operation.RECOGNIZE_IMAGE, trial=False)
        return self.state.submit(
            endpoint, Order(content=samples.latin().image, result_types=("Text",)), tempo=Tempo(0, 0)
        ).task_id

    def register(self, credential_id: int) -> int:
        """Have one more task depend on a token."""
        entry = {"task_id": self.task(), "credential": credential_id}
        answer = self.client.post(f"{V1}/tasks", json={"tasks": [entry]}).json()
        return int(answer["registered"][0]["id"])

    def poll(self) -> None:
        """One turn of the poller by hand: ask about all that is due, and write what came of it."""
        self.dashboard.poller.run_once(wait_seconds=30)

    def look_around(self) -> None:
        """Keep what every route and every page says now."""
        refs = [row.id for row in self.dashboard.team.board.look(BoardFilter()).rows]
        paths = ["/healthz", "/readyz", "/metrics", f"{V1}/tasks", f"{V1}/credentials", "/api/openapi.json"]
        for ref in refs:
            paths += [f"{V1}/tasks/{ref}", f"{V1}/tasks/{ref}/text", f"{V1}/tasks/{ref}/parts/0"]
        for path in paths:
            self.api("GET", path)
        page = AppTest.from_file(str(ENTRY), default_timeout=30).run()
        self.haul.add("board", shown_by(page))
        for route in (routes.ADD, routes.TOKENS):
            self.haul.add(str(route), shown_by(page.switch_page(str(route)).run()))
        for ref in refs:
            page.query_params["id"] = str(ref)
            self.haul.add("task page", shown_by(page.switch_page(str(routes.TASK)).run()))


def shown_by(page: AppTest) -> str:
    """All that a page sends to the browser, errors included; not what a person typed into a field."""
    return "\n".join(repr(getattr(node, "proto", "")) for node in page if node.type != "text_input")


@pytest.fixture
def stage(
    run: Run,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    log_streams: dict[str, io.StringIO],
) -> Iterator[Stage]:
    """An installation on either database, with a sandbox that can repeat what it is sent."""
    assert log_streams
    state = SandboxState()
    with parroting(state, monkeypatch) as (server, parrot):
        monkeypatch.setenv("OCR_DASHBOARD_DATABASE_URL", database_url)
        monkeypatch.setenv("OCR_DASHBOARD_API_URL", server.url)
        monkeypatch.setenv("OCR_DASHBOARD_SECRET_KEYS", OLD_KEY)
        monkeypatch.setenv("OCR_DASHBOARD_POLLER", "off")
        assert run is not None
        built = bootstrap.build(load_settings())
        bootstrap.use(built)
        with client_of(built) as client:
            yield Stage(built, client, state, parrot, Haul())
        bootstrap.use(None)
        built.stop()


def dump(dashboard: Dashboard) -> dict[str, str | bytes]:
    """Everything that is stored: all rows of all tables, and the files of SQLite as they are."""
    said: dict[str, str | bytes] = {}
    with dashboard.database.reading() as session:
        for table in METADATA.sorted_tables:
            rows = session.connection().execute(table.select()).mappings().all()
            said[f"table {table.name}"] = "\n".join(str(dict(row)) for row in rows)
        version = session.connection().execute(text("SELECT * FROM alembic_version")).all()
        said["table alembic_version"] = str(version)
    if dashboard.database.is_sqlite:
        file = Path(str(dashboard.database.url.database))
        for path in file.parent.glob(f"{file.name}*"):
            said[path.name] = path.read_bytes()
    return said


def commands(run: Run, haul: Haul, folder: Path) -> None:
    """What the command line says about tokens, keys and the whole installation."""
    for arguments in (
        ["doctor"],
        ["secrets", "status"],
        ["token", "list"],
        ["token", "list", "--json"],
        ["token", "add", "--api-url", f"https://u:{quote(CLIENT_SECRET_LATER, safe='')}@ocr.example"],
    ):
        haul.add(" ".join(arguments[:2]), run(*arguments, stdin=REFUSED)[1])
    bundle = folder / "bundle.zip"
    haul.add("support", run("support", str(bundle), "--force")[1])
    with zipfile.ZipFile(bundle) as opened:
        for name in opened.namelist():
            haul.add(f"bundle/{name}", opened.read(name))


def refused_requests(stage: Stage) -> None:
    """Registrations that are refused, one for each way."""
    for body in (
        {"access_token": REFUSED},
        {"access_token": [REFUSED]},
        {"access_token": PASTED_LATER, "client_id": "x", "client_secret": CLIENT_SECRET_LATER},
        {"client_secret": CLIENT_SECRET_LATER},
        {"client_id": "x", "client_secret": {"value": CLIENT_SECRET_LATER}},
        {"access_token": PASTED_LATER, PASTED_LATER: 1},
        {"access_token": PASTED_LATER, "api_url": f"https://{quote(PASTED_LATER, safe='')}@ocr.example"},
        [PASTED_LATER],
        PASTED_LATER,
    ):
        stage.api("POST", f"{V1}/credentials", body)


def attempted(action: Callable[[], object]) -> str:
    """What a service says, be it a value or a refusal."""
    try:
        return str(action())
    except InputRefused as refused:
        return str(refused)


@pytest.mark.usefixtures("scanned_once")
def test_no_secret_gets_out(
    stage: Stage, run: Run, log_streams: dict[str, io.StringIO], tmp_path: Path
) -> None:
    """Plant secrets, use them in every way, hear what every place says, and look for them."""
    haul, dashboard, parrot = stage.haul, stage.dashboard, stage.parrot
    stage.api("POST", f"{V1}/credentials", {"label": "Pasted", "access_token": PASTED})
    client_body = {"label": "Client", "client_id": "app", "client_secret": CLIENT_SECRET}
    stage.api("POST", f"{V1}/credentials", client_body)
    stage.api("POST", f"{V1}/credentials", client_body)
    refused_requests(stage)
    client, pasted = (view.id for view in dashboard.team.credentials.all())

    done = stage.register(client)
    rejected = stage.register(pasted)
    stage.poll()
    assert dashboard.team.tasks.detail(done).state.has_result
    assert dashboard.team.tasks.detail(rejected).parked is ParkReason.TOKEN_REJECTED
    stage.look_around()

    for answer in ANSWERS:
        parrot.answer = answer
        for credential_id in (client, pasted):
            ref = stage.register(credential_id)
            haul.add("test", attempted(lambda it=credential_id: dashboard.team.token_test.run(it)))  # type: ignore[misc]
            dashboard.team.tasks.check_now([ref])
            stage.poll()
            haul.add("cancel", str(dashboard.team.tasks.cancel([ref])))
        stage.look_around()
        parrot.answer = None
        # A fresh start for the next one: no pause left, and a token of the sandbox's own.
        for credential_id, secret in (
            (client, {"client_id": "app", "client_secret": CLIENT_SECRET}),
            (pasted, {"access_token": PASTED}),
        ):
            dashboard.team.credentials.replace(credential_id, **secret)
        haul.add("test", attempted(lambda: dashboard.team.token_test.run(client)))
        stage.poll()
    assert set(parrot.repeated) == set(ANSWERS)

    dashboard.team.credentials.replace(pasted, access_token=PASTED_LATER)
    dashboard.team.credentials.replace(client, client_id="app", client_secret=CLIENT_SECRET_LATER)
    dashboard.team.credentials.set_rules(client, Rules(daily_budget=1))
    stage.poll()
    for place, content in dump(dashboard).items():
        haul.add(place, content)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    commands(run, haul, tmp_path)
    haul.add("secrets rotate", run("secrets", "rotate", secret_keys=f"{NEW_KEY},{OLD_KEY}")[1])
    haul.add("token test", run("token", "test", str(pasted), "--yes")[1])
    haul.add("token remove", run("token", "remove", str(pasted), "--yes")[1])
    haul.add("wrong key", run("secrets", "status", secret_keys=Fernet.generate_key().decode())[1])
    haul.add("no key", run("doctor", secret_keys=REFUSED)[1])
    root.handlers[:], root.level = handlers, level
    stage.look_around()
    for place, content in dump(dashboard).items():
        haul.add(place, content)
    for name, stream in log_streams.items():
        haul.add(f"log as {name}", stream.getvalue())

    words = "\n".join(
        it.decode(errors="replace") if isinstance(it, bytes) else it for it in haul.said.values()
    )
    for expected in ("task.polled", "token.minted", "Pasted", "HTTP 401", "[hidden]", "Encrypted anew: "):
        assert expected in words
    minted = {f"minted {number}": token for number, token in enumerate(parrot.minted)}
    assert len(minted) >= len(ANSWERS)
    # A token's header is the same for all; what makes it usable comes after it.
    secrets = PLANTED | {name: token.partition(".")[2] for name, token in minted.items()}
    found = leaks(haul.said, secrets)
    assert not found, "\n".join(found)
