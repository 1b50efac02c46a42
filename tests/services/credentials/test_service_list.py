"""Only the operator's services are called, whatever anybody writes, stores or answers."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from dashboard import bootstrap
from dashboard.bootstrap import Dashboard
from dashboard.errors import InputRefused, NoAnswer, ServiceNotListed
from dashboard.models import SANDBOX_URL, Credential, Operation, ParkReason, State, Task, TaskAddress
from dashboard.models.recognition import RecognitionSettings
from dashboard.models.task_ids import Shape
from dashboard.services.credentials.credential_views import Health
from dashboard.services.credentials.service_list import ServiceList
from dashboard.services.tasks.intake import NewTask
from dashboard.services.upkeep import checkup
from dashboard.settings import load_settings
from dashboard.store.board_filter import BoardFilter
from dashboard.store.service_use import services_in_use
from tests.chaos.waiting import wait_until
from tests.commands import Run
from tests.services.conftest import Desk
from tests.web.serving import V1, client_of

TOKEN = "planted-token-0123456789"
SECRET = "planted-secret-0123456789"
IMAGE = b"GIF89a"
ID = "0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01"
SETTING = "OCR_DASHBOARD_MORE_API_URLS"

LISTED = [
    "https://api.aspose.cloud",
    "http://10.1.2.3:8080/ocr",
    "http://127.0.0.1:8600",
    "https://xn--bcher-kva.example",
]

FOREIGN = [
    "http://169.254.169.254",
    "http://169.254.169.254/latest/meta-data",
    "http://0.0.0.0:8600",
    "http://127.0.0.1",
    "http://127.0.0.1:8601",
    "https://127.0.0.1:8600",
    "http://127.1:8600",
    "http://127.0.0.2:8600",
    "http://2130706433:8600",
    "http://0x7f000001:8600",
    "http://0177.0.0.1:8600",
    "http://127.0.0.1.nip.example:8600",
    "http://localhost:8600",
    "http://localhost:5432",
    "http://[::1]:8600",
    "http://[::]:8600",
    "http://[::ffff:127.0.0.1]:8600",
    "http://[::ffff:169.254.169.254]",
    "http://[::ffff:a9fe:a9fe]",
    "http://[fe80::1%25eth0]:8600",
    "http://2852039166",
    "http://0xa9fea9fe",
    "http://0251.0376.0251.0376",
    "http://10.1.2.3",
    "http://10.1.2.3:8081/ocr",
    "http://10.1.2.3:8080",
    "http://10.1.2.3:8080/ocr/../admin",
    "http://10.1.2.3:8080/ocr/%2e%2e/admin",
    "http://10.1.2.3:8080/ocr/admin",
    "http://10.1.2.3:8080/OCR",
    "https://10.1.2.3:8080/ocr",
    "http://api.aspose.cloud",
    "https://api.aspose.cloud:80",
    "https://api.aspose.cloud:8443",
    "https://api.aspose.cloud.evil.example",
    "https://api.aspose.cloud-evil.example",
    "https://evil.example/api.aspose.cloud",
    "https://evil.example/https://api.aspose.cloud",
    "https://api.aspose.cloud@evil.example",
    "https://api.aspose.cloud:443@evil.example",
    "https://evil@api.aspose.cloud",
    "https://api.aspose.cloud%2eevil.example",
    "https://api.aspose.cloud%00.evil.example",
    "https://api.aspose.cloud\\@evil.example",
    "https://evil.example\\.api.aspose.cloud",
    "https://api.aspose.cloud#@evil.example",
    "https://api.aspose.cloud?@evil.example",
    "https://xapi.aspose.cloud",
    "https://aspose.cloud",
    "https://api.aspose.cloud/inner",
    "https://\uff41pi.aspose.cloud",
    "https://api.a\u017fpose.cloud",
    "https://api\u3002aspose\u3002cloud",
    "https://\u0430pi.aspose.cloud",
    "https://b\u00fcch\u00e9r.example",
    "ftp://api.aspose.cloud",
    "file:///etc/passwd",
    "gopher://127.0.0.1:8600",
    "sandbox://local/",
    "sandbox://169.254.169.254",
    "SANDBOX://LOCAL",
    "//api.aspose.cloud",
    "api.aspose.cloud",
    "javascript:alert(1)",
    "https://",
    "https://:443",
    "https://api.aspose.cloud:0",
    "https://api.aspose.cloud:99999",
    "http://[::1",
    " ",
]


def is_silent(url: str, said: str) -> bool:
    """Whether a sentence repeats nothing of a URL; the one it gives as an example does not count."""
    url = url.strip()
    return not url or url in "https://api.aspose.cloud" or url not in said


@pytest.fixture
def services() -> ServiceList:
    """An operator's list."""
    return ServiceList(LISTED)


@pytest.mark.parametrize("url", FOREIGN)
def test_foreign_services_are_refused(services: ServiceList, url: str) -> None:
    """When they are written, and again when a stored one is about to be called; no sentence repeats them."""
    with pytest.raises(InputRefused) as refused:
        services.checked(url)
    assert is_silent(url, str(refused.value))
    for ask in (services.require, services.resolve):
        with pytest.raises(ServiceNotListed, match=SETTING) as held:
            ask(url)
        assert is_silent(url, str(held.value))


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        *((url, url) for url in LISTED),
        ("HTTPS://API.Aspose.Cloud/", "https://api.aspose.cloud"),
        ("  https://api.aspose.cloud//  ", "https://api.aspose.cloud"),
        ("https://api.aspose.cloud:443", "https://api.aspose.cloud"),
        ("https://api.aspose.cloud:0443/", "https://api.aspose.cloud"),
        ("https://api.aspose.cloud.", "https://api.aspose.cloud"),
        ("https://api.aspose.cloud:", "https://api.aspose.cloud"),
        ("https://api.aspose.cloud/v5.0/ocr/RecognizeImage", "https://api.aspose.cloud"),
        ("http://10.1.2.3:8080/ocr/", "http://10.1.2.3:8080/ocr"),
        ("https://B\u00fccher.example", "https://xn--bcher-kva.example"),
        ("https://bu\u0308cher.example", None),
        (SANDBOX_URL, SANDBOX_URL),
    ],
)
def test_listed_services_are_taken_as_listed(services: ServiceList, written: str, stored: str | None) -> None:
    """In whichever spelling, so that tasks and tokens of one service find each other, and ours is called."""
    assert services.find(written) == stored
    if stored is not None:
        assert (services.checked(written), services.resolve(written)) == (stored, stored)


def test_the_spelling_of_the_operator_counts() -> None:
    """Also where it is not the shortest: rows of before have it."""
    services = ServiceList(["https://ocr.example:443", "https://ocr.example"])
    assert services.checked("https://OCR.example/") == "https://ocr.example:443"


def test_the_sandbox_has_one_name() -> None:
    """Its address of today is another one tomorrow, and may be nobody's when it is off."""
    running: list[str] = []
    services = ServiceList(
        LISTED, sandbox_url=lambda: running[0] if running else None, resolve_sandbox=lambda _: "there"
    )
    with pytest.raises(InputRefused):
        services.checked("http://127.0.0.1:40123")
    running.append("http://127.0.0.1:40123")

    assert services.checked("http://127.0.0.1:40123/") == SANDBOX_URL
    assert services.resolve(SANDBOX_URL) == "there"
    with pytest.raises(InputRefused):
        services.checked("http://127.0.0.1:40124")


class _Inside(BaseHTTPRequestHandler):
    """A server inside the network that nobody should have asked."""

    asked: list[str] = []  # noqa: RUF012 - read by the tests

    def do_GET(self) -> None:
        """Note it and tell a secret."""
        type(self).asked.append(self.path)
        self.send_response(401)
        self.end_headers()
        self.wfile.write(b"AKIA-OF-THE-INSIDE")

    do_POST = do_DELETE = do_GET  # noqa: N815 - the names that http.server looks for

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def inside() -> Iterator[str]:
    """Its address."""
    _Inside.asked = []
    server = HTTPServer(("127.0.0.1", 0), _Inside)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Dashboard]:
    """A dashboard with a list; it polls when it is told to."""
    built = opened(tmp_path)
    yield built
    built.stop()


def opened(tmp_path: Path, *more: str) -> Dashboard:
    """A dashboard in this folder whose operator lists a few services, and these."""
    first, *others = LISTED
    return bootstrap.build(
        load_settings(
            data_dir=tmp_path / "data", poller="off", api_url=first, more_api_urls=",".join((*others, *more))
        )
    )


class TestWaysIn:
    """Nothing of a foreign service is stored, wherever it is named."""

    def test_tokens(self, app: Dashboard) -> None:
        """Pasted ones and pairs."""
        pair = {"client_id": "planted-id", "client_secret": SECRET}
        for url in FOREIGN:
            for secret in ({"access_token": TOKEN}, pair):
                with pytest.raises(InputRefused) as refused:
                    app.team.credentials.add(label="a", api_url=url, **secret)
                assert "planted" not in str(refused.value)
        assert app.team.credentials.all() == []

    def test_tasks(self, app: Dashboard) -> None:
        """Each is rejected with a reason, whatever it asks to be called with."""
        done = app.team.intake.register(
            [NewTask(task_id=f"task-{n:04}", api_url=url) for n, url in enumerate(FOREIGN)]
        )
        assert (done.registered, done.known) == ({}, {})
        assert len(done.rejected) == len(FOREIGN)
        assert all(is_silent(url, reason) for (_, reason), url in zip(done.rejected, FOREIGN, strict=True))

    def test_tasks_of_a_token_from_before(self, app: Dashboard, inside: str) -> None:
        """Their service is the token's."""
        old = call_credential(app, inside)
        ((_, reason),) = app.team.intake.register([NewTask(task_id=ID, credential_id=old)]).rejected
        assert SETTING in reason

    def test_the_api(self, app: Dashboard) -> None:
        """422 with a sentence; tasks cannot name a service there at all."""
        with client_of(app) as client:
            for url in FOREIGN:
                body = {"label": "a", "access_token": TOKEN, "api_url": url}
                answer = client.post(f"{V1}/credentials", json=body)
                assert answer.status_code == 422, url
                assert is_silent(url, answer.text)
            entry = {"task_id": ID, "api_url": "http://169.254.169.254"}
            assert len(client.post(f"{V1}/tasks", json={"tasks": [entry]}).json()["rejected"]) == 1
            assert client.get(f"{V1}/credentials").json()["total"] == 0

    def test_the_command_line(self, run: Run) -> None:
        """Exit code 1 and one sentence."""
        foreign = [url for url in FOREIGN if "127.0.0.1:9" not in url]
        for url in foreign[::4]:
            code, said = run("token", "add", f"--api-url={url}", stdin=TOKEN)
            assert (code, "Traceback" in said) == (1, False), url
            assert "ervice" in said
        assert "No token is registered" in run("token", "list")[1]

    @pytest.mark.parametrize("path", ["/v5.0/ocr/RecognizeImage", "/v5.0/ocr/Utilities/GetTaskStatus"])
    def test_pasted_requests(self, app: Dashboard, path: str) -> None:
        """On the Add page: whoever they name, it is not taken for ours."""
        for url in FOREIGN:
            if url.strip() in ("", "https://") or set("?#(") & set(url):
                continue  # no request of a service begins so
            for text in (
                f"{url}{path}?id={ID}",
                f"curl -X GET '{url}{path}?id={ID}'",
                f"<a href={url}{path}?id={ID}>",
            ):
                if url.removeprefix("//") == "api.aspose.cloud":
                    continue  # https goes without saying
                preview = app.team.intake.preview(text)
                assert [line.shape for line in preview.malformed] == [Shape.MALFORMED], text
                assert preview.new == preview.unusual == ()

    @pytest.mark.parametrize("filling", ["a", "/", "//", "https:", "=", "a=", ":", "a:/"])
    def test_a_long_line_takes_no_time(self, app: Dashboard, filling: str) -> None:
        """Whatever stands before the path of a request, two hundred times."""
        line = f"{(filling * 4000)[:3900]}/v5.0/ocr/RecognizeImage?id={ID}\n"
        began = time.thread_time()
        app.team.intake.preview(line * 200)
        assert time.thread_time() - began < 1

    @pytest.mark.parametrize(
        ("before", "service"),
        [
            ("https://api.aspose.cloud", "https://api.aspose.cloud"),
            ("HTTPS://API.ASPOSE.CLOUD:443", "https://api.aspose.cloud"),
            ("//api.aspose.cloud", "https://api.aspose.cloud"),
            ("api.aspose.cloud", "https://api.aspose.cloud"),
            ('curl "http://10.1.2.3:8080/ocr', "http://10.1.2.3:8080/ocr"),
            ("url=http://127.0.0.1:8600", "http://127.0.0.1:8600"),
            ("GET ", None),
            ("", None),
            ("path=", None),
        ],
    )
    def test_pasted_requests_of_listed_services(
        self, app: Dashboard, before: str, service: str | None
    ) -> None:
        """They bring their service along; a bare path goes to the one that is chosen."""
        (line,) = app.team.intake.preview(f"{before}/v5.0/ocr/RecognizePdf?id={ID}").new
        assert (line.task_id, line.operation, line.api_url) == (ID, Operation.RECOGNIZE_PDF, service)

    def test_the_same_id_at_two_services(self, app: Dashboard) -> None:
        """Is two tasks, and known where it is known."""
        task_ref = app.team.intake.register([NewTask(task_id=ID, api_url=LISTED[2])]).registered[ID]
        here = f"{ID}\n{LISTED[0]}/v5.0/ocr/RecognizeImage?id={ID}\n"
        preview = app.team.intake.preview(f"{here}{LISTED[2]}/v5.0/ocr/RecognizeImage?id={ID}")
        assert ([line.number for line in preview.new], preview.repeated) == ([1], 1)
        assert [(line.number, known) for line, known in preview.known] == [(3, task_ref)]

    def test_listed_ones(self, app: Dashboard) -> None:
        """Are taken, in the operator's spelling, and offered by the pages."""
        view, _ = app.team.credentials.add(
            label="", access_token=TOKEN, api_url="HTTP://10.1.2.3:8080/ocr/v5.0"
        )
        done = app.team.intake.register([NewTask(task_id=ID, api_url="http://10.1.2.3:08080/ocr/")])
        task = app.team.tasks.detail(done.registered[ID]).task
        assert (view.api_url, task.api_url, task.credential_id) == (LISTED[1], LISTED[1], view.id)
        assert app.api_urls == LISTED


def call_credential(app: Dashboard, url: str, *, pair: bool = False) -> int:
    """A token that was stored before there was a list."""
    secret = {"client_id": "planted-id", "client_secret": SECRET} if pair else {"access_token": TOKEN}
    view, _ = app.team.credentials.add(label="Old", **secret)
    with app.database.writing() as session:
        session.get_one(Credential, view.id).api_url = url
    return view.id


def stored_task(app: Dashboard, url: str, **given: Any) -> int:  # noqa: ANN401 - columns of the table
    """A task that was."""
    now = app.clock()
    values: dict[str, Any] = {
        "team_id": app.team.team_id,
        "api_url": url,
        "task_id": ID,
        "operation": "RecognizeImage",
        "registered_at": now,
        "expires_at": now + timedelta(hours=20),
        "next_poll_at": now,
    }
    with app.database.writing() as session:
        task = Task(**{**values, **given})
        session.add(task)
        session.flush()
        assert task.id is not None
        return task.id


KINDS = ["trial", "no token", "pasted", "pair", "pasted, status first"]


def stored(app: Dashboard, url: str, kind: str) -> tuple[int, int | None]:
    """A task of one kind and its token, at a service."""
    if kind in ("trial", "no token"):
        return stored_task(app, url, trial=kind == "trial"), None
    token = call_credential(app, url, pair=kind == "pair")
    with app.database.writing() as session:
        session.get_one(Credential, token).status_first = "status" in kind
    return stored_task(app, url, credential_id=token), token


class TestCalls:
    """What is stored is looked at again when a call is about to be made."""

    def test_no_call_is_made(self, app: Dashboard, inside: str) -> None:
        """Of any kind, before anything leaves this machine."""
        address = TaskAddress(api_url=inside, operation=Operation.RECOGNIZE_IMAGE, trial=True, task_id=ID)
        with pytest.raises(ServiceNotListed):
            app.cloud.fetch(address, access_token=None)
        with pytest.raises(ServiceNotListed):
            app.cloud.status(address, access_token=None)
        with pytest.raises(ServiceNotListed):
            app.cloud.cancel(address, access_token=None)
        with pytest.raises(ServiceNotListed):
            app.cloud.login(api_url=inside, client_id="a", client_secret=SECRET)
        with pytest.raises(ServiceNotListed):
            app.cloud.submit(
                api_url=inside,
                operation=Operation.RECOGNIZE_IMAGE,
                trial=False,
                image=IMAGE,
                settings=RecognitionSettings(),
                access_token=TOKEN,
            )
        assert _Inside.asked == []

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_stored_task_waits(self, app: Dashboard, inside: str, kind: str) -> None:
        """It does not fail, says why it waits, costs nothing; when it is listed, it goes on."""
        task_ref, token = stored(app, inside, kind)
        app.poller.start()
        wait_until(lambda: app.team.tasks.detail(task_ref).parked is not None, "it is parked")
        app.poller.stop()
        found = app.team.tasks.detail(task_ref)

        assert (found.state, found.parked) == (State.PENDING, ParkReason.SERVICE_NOT_LISTED)
        assert SETTING in (found.parked_detail or "")
        assert (found.attempts, found.calls, found.task.polls) == ([], 0, 0)
        assert _Inside.asked == []
        (trouble,) = app.team.board.look(BoardFilter(), per_page=1).trouble
        assert (trouble.reason, trouble.api_url, trouble.tasks) == (ParkReason.SERVICE_NOT_LISTED, inside, 1)
        if token is not None:
            view = app.team.credentials.get(token)
            assert (view.health, view.meter.month, view.paused_until) == (Health.NOT_LISTED, 0, None)
            assert SETTING in view.advice

    @pytest.mark.parametrize("kind", KINDS)
    def test_it_goes_on_when_it_is_listed(self, tmp_path: Path, inside: str, kind: str) -> None:
        """After a start with the setting, at its next turn; with a token only that is missing, it says that."""
        before = opened(tmp_path)
        task_ref, _ = stored(before, inside, kind)
        before.poller.start()
        wait_until(lambda: before.team.tasks.detail(task_ref).parked is not None, "it is parked")
        before.stop()
        after = opened(tmp_path, inside)
        after.team.tasks.check_now([task_ref])
        after.poller.start()
        wait_until(
            lambda: after.team.tasks.detail(task_ref).parked is not ParkReason.SERVICE_NOT_LISTED,
            "it went on",
        )
        after.stop()

        assert bool(_Inside.asked) is (kind != "no token")
        said = str(after.team.tasks.detail(task_ref).attempts) + str(after.team.credentials.all())
        assert "INSIDE" not in said  # it is no OCR service's problem document

    @pytest.mark.parametrize("pair", [False, True], ids=["pasted", "pair"])
    def test_a_stored_token_is_not_tried(self, app: Dashboard, inside: str, *, pair: bool) -> None:
        """By hand either; nothing is counted, and it counts as no refusal."""
        token = call_credential(app, inside, pair=pair)
        verdict = app.team.token_test.run(token)
        assert not verdict.works
        assert SETTING in verdict.sentence
        view = app.team.credentials.get(token)
        assert (view.meter.month, view.next_login_at, dict(view.meter.by_kind)) == (0, None, {})
        with app.database.reading() as session:
            row = session.get_one(Credential, token)
        assert (row.login_failed_at, row.pause_reason) == (None, None)
        assert _Inside.asked == []

    def test_a_stored_task_is_not_cancelled_there(self, app: Dashboard, inside: str) -> None:
        """It stays open, with the reason."""
        task_ref = stored_task(app, inside, credential_id=call_credential(app, inside))
        cancelled, (problem,) = app.team.tasks.cancel([task_ref])
        assert cancelled == 0
        assert SETTING in problem
        assert app.team.tasks.detail(task_ref).state is State.PENDING
        assert app.team.credentials.all()[0].meter.month == 0
        assert _Inside.asked == []

    def test_its_image_is_not_sent_there(self, app: Dashboard, inside: str) -> None:
        """Nor counted as sent."""
        token = call_credential(app, inside)
        task_ref = stored_task(app, inside, trial=True)
        app.team.sources.add(task_ref, name="a.gif", data=IMAGE)
        with pytest.raises(ServiceNotListed):
            app.team.regular_run.send(task_ref, credential_id=token)
        assert app.team.credentials.get(token).meter.month == 0
        assert _Inside.asked == []

    def test_the_sandbox_is_listed_by_itself(self, app: Dashboard) -> None:
        """While it is off, tasks wait for it as before."""
        address = TaskAddress(
            api_url=SANDBOX_URL, operation=Operation.RECOGNIZE_IMAGE, trial=True, task_id=ID
        )
        with pytest.raises(NoAnswer, match="not running"):
            app.cloud.fetch(address, access_token=None)
        url = app.sandbox.start()
        app.cloud.fetch(address, access_token=None)
        assert app.team.credentials.add(label="", access_token=TOKEN, api_url=url)[0].api_url == SANDBOX_URL

    def test_every_client_of_the_service_has_a_list(self) -> None:
        """A new one could forget it."""
        root = Path(bootstrap.__file__).parent
        for file in root.rglob("*.py"):
            for call in file.read_text(encoding="utf-8").split("CloudClient(")[1:]:
                assert "resolve=" in call.partition(")\n")[0], file


def test_the_deadline_passes(app: Dashboard, inside: str) -> None:
    """A day later the service has forgotten it for certain, and it says so with the reason."""
    now = app.clock()
    app.timekeeper.look()  # the clock is relied on
    waiting = stored_task(app, inside, trial=True, expires_at=now - timedelta(hours=1))
    over = stored_task(app, inside, trial=True, task_id="over-0001", expires_at=now - timedelta(hours=25))
    app.poller.start()
    wait_until(lambda: not app.team.tasks.detail(over).state.is_open, "it is over")
    wait_until(lambda: app.team.tasks.detail(waiting).parked is not None, "the other one is parked")
    app.poller.stop()
    assert app.team.tasks.detail(waiting).state is State.PENDING
    found = app.team.tasks.detail(over)
    assert (found.state, found.attempts) == (State.EXPIRED, [])
    assert SETTING in str(found.task.remarks)
    assert _Inside.asked == []


def test_the_doctor(app: Dashboard, tmp_path: Path, inside: str) -> None:
    """Says which services may be called, and what waits for others."""
    stored_task(app, inside, credential_id=call_credential(app, inside))
    settings = load_settings(data_dir=tmp_path / "data", api_url=inside, more_api_urls="http://127.0.0.1:9")
    found = list(checkup.examine(lambda: settings))
    (said,) = (it for it in found if it.subject == "settings")
    assert said.sentence.endswith(f"services that may be called: {inside}, http://127.0.0.1:9")
    assert [it.ok for it in found if it.subject == "service"] == [False, False]
    assert not [it for it in found if it.subject == "services"]
    assert "INSIDE" not in str(found)

    settings = load_settings(data_dir=tmp_path / "data", api_url="http://127.0.0.1:9")
    (waiting,) = (it for it in checkup.examine(lambda: settings) if it.subject == "services")
    assert not waiting.ok
    assert f"{inside} is not listed, so 1 token and 1 open task wait" in waiting.sentence
    assert SETTING in waiting.sentence


def test_over_both_databases(desk: Desk) -> None:
    """The ways in of the services, where PostgreSQL keeps them."""
    for url in FOREIGN[::8]:
        with pytest.raises(InputRefused):
            desk.credentials.add(label="", access_token=TOKEN, api_url=url)
        assert desk.intake.register([NewTask(task_id=ID, api_url=url)]).registered == {}
    with desk.database.reading() as session:
        assert services_in_use(session) == {}
    desk.credentials.add(label="", access_token=TOKEN)
    desk.intake.register([NewTask(task_id=ID), NewTask(task_id=ID, trial=True, api_url=SANDBOX_URL)])
    with desk.database.reading() as session:
        assert services_in_use(session) == {"https://ocr.example": (1, 1), SANDBOX_URL: (0, 1)}
