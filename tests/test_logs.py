"""Logs: one line per event, and no secret in it."""

import io
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator

import pytest
import structlog
from streamlit.config import get_config_options
from streamlit.logger import update_formatter
from uvicorn.logging import AccessFormatter

from dashboard import logs

JWT = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJjbGllbnRfaWQiOiJwbGFudGVkIn0.c2lnbmF0dXJl"
LINK = "odl_planted0123456789abcdef"
SHARE = "ods_planted0123456789abcdef"
Lines = Callable[[], list[str]]


def fail(message: str) -> None:
    """Raise."""
    raise RuntimeError(message)


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    """Logging is global: other tests get it back as it was."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    yield
    root.handlers[:], root.level = before[0], before[1]
    logging.setLogRecordFactory(logging.LogRecord)
    structlog.reset_defaults()


@pytest.fixture(params=[False, True], ids=["text", "json"])
def lines(request: pytest.FixtureRequest) -> Lines:
    """Configures logging, and gives back what was written; the test runs once for each format."""
    stream = io.StringIO()
    logs.configure(level="debug", as_json=request.param, stream=stream)

    def written() -> list[str]:
        found = stream.getvalue().split("\n")
        assert found.pop() == ""
        if request.param:
            for line in found:
                assert isinstance(json.loads(line), dict)
        return found

    return written


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(JWT, id="JSON Web Token"),
        pytest.param(f"token was {JWT}, sorry", id="in a sentence"),
        pytest.param(JWT[:40], id="cut"),
        pytest.param("Authorization: Bearer planted0123456789abcdef", id="header"),
        pytest.param("bearer planted0123456789abcdef", id="bearer"),
        pytest.param("client_secret=planted0123&grant_type=x", id="form"),
        pytest.param('{"access_token":"planted0123"}', id="JSON"),
        pytest.param("postgresql://user:planted0123@host/name", id="database URL"),
        pytest.param("password: planted0123", id="password"),
        pytest.param({"Authorization": "planted0123"}, id="headers as a mapping"),
        pytest.param({"a": [{"client_secret": "planted0123"}]}, id="deep inside"),
        pytest.param((f"Bearer {JWT}",), id="tuple"),
        pytest.param(ValueError(f"refused {JWT}"), id="exception"),
        pytest.param(JWT.encode(), id="bytes"),
    ],
)
def test_no_secret_is_logged(lines: Lines, value: object) -> None:
    """By our loggers and by anybody else's, as event, value or argument."""
    logs.get_logger("ours").warning("happened", value=value)
    logging.getLogger("foreign").warning("happened %s", value)
    logging.getLogger("foreign").warning("happened %(value)s", {"value": value})
    logs.get_logger("ours").warning(str(value))
    text = "\n".join(lines())

    assert "planted" not in text
    assert JWT[:30] not in text
    assert "happened" in text
    assert "[hidden]" in text


@pytest.mark.usefixtures("lines")
@pytest.mark.parametrize("path", [f"/join/{LINK}", "/sso/callback?code=planted&state=x", f"/s/{SHARE}.txt"])
def test_no_secret_passes_a_handler_of_somebody_else(path: str) -> None:
    """Servers and Streamlit attach their own and pass nothing on; uvicorn takes the arguments apart."""
    stream = io.StringIO()
    foreign = logging.getLogger("planted.access")
    foreign.propagate, foreign.handlers[:] = False, [logging.StreamHandler(stream)]
    foreign.handlers[0].setFormatter(AccessFormatter("%(request_line)s %(status_code)s", use_colors=False))
    foreign.warning('%s - "%s %s HTTP/%s" %d', "127.0.0.1:1", "GET", path, "1.1", 200)
    foreign.handlers[0].setFormatter(logging.Formatter("%(message)s"))
    try:
        fail(f"refused {path}")
    except RuntimeError:
        foreign.exception("it broke")

    written = stream.getvalue()
    assert "planted" not in written
    assert "200" in written.splitlines()[0]
    assert "RuntimeError: refused" in written
    assert written.count("[hidden]") == 2


@pytest.mark.parametrize(
    "name",
    [
        "token",
        "access_token",
        "secret",
        "client_secret",
        "password",
        "Authorization",
        "api_key",
        "secret_keys",
    ],
)
def test_named_values_are_hidden(lines: Lines, name: str) -> None:
    """Whatever they hold: the name tells."""
    logs.get_logger("ours").info("happened", **{name: "short"})

    assert "short" not in lines()[0]
    assert "[hidden]" in lines()[0]


def test_a_traceback_is_cleaned_and_stays_on_one_line(lines: Lines) -> None:
    """Ours and foreign ones."""
    for log in (logs.get_logger("ours"), logging.getLogger("foreign")):
        try:
            fail(f"refused\nBearer {JWT}")
        except RuntimeError:
            log.exception("it broke")
    written = lines()

    assert len(written) == 2
    assert all("RuntimeError" in line and "Traceback" in line for line in written)
    assert JWT[:30] not in "".join(written)


def test_an_error_without_being_handled_is_logged_with_its_traceback(lines: Lines) -> None:
    """``exc_info=error``, as the poller logs what a thread raised."""
    try:
        fail(JWT)
    except RuntimeError as caught:
        error = caught
    logs.get_logger("ours").error("it broke", exc_info=error)

    assert "Traceback" in lines()[0]
    assert JWT[:30] not in lines()[0]


@pytest.mark.parametrize(
    "hostile",
    [
        "first\nlevel=error event=forged",
        "a\r\nb",
        "a\rb",
        "\x1b[2J",
        "a\u2028b",
        "a\x85b",
        "a\x00b",
        "\x0b\x0c",
    ],
)
def test_an_event_is_one_line_whatever_is_in_it(lines: Lines, hostile: str) -> None:
    """A stranger's text can neither add a line nor command a terminal."""
    logs.get_logger("ours").info("happened", label=hostile)
    logging.getLogger("foreign").info(hostile)
    written = lines()

    assert len(written) == 2
    assert all(line.isprintable() for line in written)
    assert len("\n".join(written).splitlines()) == 2


def test_values_are_written_plainly(lines: Lines) -> None:
    """Numbers, nothing and truth keep their meaning."""
    logs.get_logger("dashboard.x").info("task.polled", ms=12, parked=None, ok=True, share=0.5)
    line = lines()[0]

    if line.startswith("{"):
        event = json.loads(line)
        assert (event["ms"], event["parked"], event["ok"], event["share"]) == (12, None, True, 0.5)
        assert (event["event"], event["logger"], event["level"]) == ("task.polled", "dashboard.x", "info")
    else:
        assert line.startswith("timestamp=")
        assert "level=info event=task.polled" in line
        assert "ms=12 parked= ok=true share=0.5" in line


def test_arguments_that_do_not_fit_raise_nothing(lines: Lines) -> None:
    """A mistake in somebody else's logging call is theirs, not our request's."""
    logging.getLogger("foreign").warning("%d files", "many")

    assert "%d files" in lines()[0]


def test_the_level_is_kept() -> None:
    """Quieter events are not written; chatty libraries are held back."""
    stream = io.StringIO()
    logs.configure(level="warning", stream=stream)
    logs.get_logger("ours").info("quiet")
    logs.get_logger("ours").warning("loud")
    logs.configure(level="debug", stream=stream)
    logging.getLogger("urllib3").info("Starting new HTTPS connection")

    assert stream.getvalue().count("\n") == 1
    assert "event=loud" in stream.getvalue()


def test_configuring_twice_logs_once() -> None:
    """The command line configures, and so does the server."""
    first, second = io.StringIO(), io.StringIO()
    logs.configure(stream=first)
    logs.configure(stream=second)
    logs.get_logger("ours").info("once")

    assert first.getvalue() == ""
    assert second.getvalue().count("once") == 1


def test_the_default_stream_is_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output belongs to commands."""
    logs.configure()
    logs.get_logger("ours").info("happened")
    sys.stderr.flush()

    captured = capsys.readouterr()
    assert captured.out == ""
    assert "event=happened" in captured.err


@pytest.mark.parametrize(("logger", "lines_of_traceback"), [("streamlit.somewhere", 0), ("foreign", 1)])
def test_what_a_browser_makes_streamlit_say_is_one_short_line(
    lines: Lines, logger: str, lines_of_traceback: int
) -> None:
    """With what kind of error it was and where; whoever else has something to say has a traceback."""
    try:
        fail("planted by a browser")
    except RuntimeError:
        logging.getLogger(logger).exception("Error executing %s", "x")
    (line,) = lines()
    assert "Error executing x" in line
    assert ("RuntimeError at test_logs.py:" in line) is not bool(lines_of_traceback)
    assert line.count("Traceback") == lines_of_traceback
    assert ("planted" in line) is bool(lines_of_traceback)


def test_streamlits_own_handlers_write_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever a browser puts into an ID: a line of its own would look like one of ours."""
    logs.configure(stream=io.StringIO())
    handler = logging.StreamHandler(sys.stderr)
    logger = logging.getLogger("streamlit.tested")
    logger.addHandler(handler)
    logger.warning("No file %s", "x\nlevel=error event=forged\x1b[31m\u2028")
    logger.removeHandler(handler)
    assert capsys.readouterr().err.splitlines() == [r"No file x\nlevel=error event=forged\x1b[31m\u2028"]


def test_causes_are_told_shortly() -> None:
    """What led to it, too."""
    try:
        try:
            fail("secret")
        except RuntimeError as error:
            raise ValueError("secret") from error
    except ValueError as error:
        said = logs.shortly(error)
    assert re.fullmatch(
        r"ValueError at test_logs\.py:\d+, because of RuntimeError at test_logs\.py:\d+ < test_logs\.py:\d+",
        said,
    )
    assert logs.shortly(ValueError("secret")) == "ValueError at no place"


class TestStreamlitsHandlersStayInTheirTest:
    """The next test, be it of a command whose output counts, hears nothing of them."""

    def test_one_configures(self, capfd: pytest.CaptureFixture[str]) -> None:
        """Handlers are made anew then, on the standard error of this test."""
        get_config_options(force_reparse=True)
        update_formatter()
        logging.getLogger("uvicorn.error").error("heard")
        assert "heard" in capfd.readouterr().err

    def test_the_next_is_left_alone(self, capfd: pytest.CaptureFixture[str]) -> None:
        """That one is closed by now, which logging would tell at length."""
        logging.getLogger("uvicorn.error").error("unheard")
        assert capfd.readouterr().err == ""
