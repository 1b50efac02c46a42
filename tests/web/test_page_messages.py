"""Messages that no page of ours sends: one short line, one calm sentence, and nobody else notices."""

import io
from collections.abc import Callable, Iterator

import pytest
from streamlit.errors import StreamlitAPIException
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.state.common import unpack_widget_state_value
from websockets.exceptions import ConnectionClosed

from dashboard.web.page_messages import PageFailures, is_about_what_was_sent
from tests.browser.running import RunningDashboard, running_dashboard
from tests.web.serving import NOBODY
from tests.web.talking import Tab

CALM = "This page could not be drawn."
DEEP = "[" * 100_000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDashboard]:
    """A dashboard with some tasks; no backup is made meanwhile, which would be told in its log."""
    quiet = {"poller": "off", "backup_hours": "0"}
    with running_dashboard(tmp_path_factory.mktemp("odd"), api_url=NOBODY, **quiet) as running:
        for number in range(3):
            running.register(f"0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f0{number}", trial=True)
        yield running


@pytest.fixture
def said(running: RunningDashboard) -> Callable[[], list[str]]:
    """Lines that were logged since the test began, once the server has come to rest."""
    before = len(running.log.read_bytes())

    def lines() -> list[str]:
        with Tab.open(running.url, page="add"):  # what was asked before is dealt with by now
            return running.log.read_bytes()[before:].decode(errors="replace").splitlines()

    return lines


def sent(tab: Tab, element: str, **value: object) -> BackMsg:
    """A run of the page with a value for the first element of a kind."""
    state = ClientState(page_script_hash=tab.page)
    state.widget_states.widgets.add(id=tab.first(element), **value)
    return BackMsg(rerun_script=state)


VALUES = {
    "huge int": {"int_value": 2**62},
    "negative int": {"int_value": -(2**63)},
    "text": {"string_value": "x" * 1_000},
    "no number": {"double_value": float("nan")},
    "bytes": {"bytes_value": b"\xff\x00"},
    "truth": {"bool_value": True},
    "trigger": {"trigger_value": True},
    "broken JSON": {"json_value": "{broken"},
    "JSON": {"json_value": '{"selected": 5}'},
    "lists": {"json_value": '{"selected": [[1], null, 1e999]}'},
    "deep JSON": {"json_value": DEEP},
    "JSON trigger": {"json_trigger_value": "[[["},
}
ELEMENTS = {
    "": ("selectbox", "button_group", "text_input", "component_instance", "bidi_component"),
    "add": ("text_area", "checkbox", "button", "selectbox"),
    "library": ("multiselect", "date_input", "selectbox", "text_input"),
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
@pytest.mark.parametrize(
    ("page", "element"), [(page, element) for page, elements in ELEMENTS.items() for element in elements]
)
def test_a_value_of_another_kind(
    running: RunningDashboard,
    said: Callable[[], list[str]],
    page: str,
    element: str,
    value: dict[str, object],
) -> None:
    """The page is drawn, or says calmly that it could not be; at most one line tells of it, none when many did."""
    with Tab.open(running.url, page=page) as tab:
        tab.send(sent(tab, element, **value))
        tab.until("script_finished")
        drawn = tab.html()
        assert not tab.exceptions()
    lines = said()
    assert len(lines) <= 1, lines
    assert "Traceback" not in drawn
    assert CALM in drawn or "page." not in "".join(lines)
    assert all(len(line) < 4_000 for line in lines)


def broken(_: Tab) -> bytes:
    """Bytes that are no message."""
    return b"\xff\xff\xff\x01garbage"


def text(_: Tab) -> str:
    """Streamlit speaks in bytes."""
    return "hello\nlevel=error event=forged"


def empty(_: Tab) -> bytes:
    """A message of no kind."""
    return b""


def unknown_widget(tab: Tab) -> BackMsg:
    """None that was ever drawn."""
    state = ClientState(page_script_hash=tab.page)
    state.widget_states.widgets.add(id="$$ID-0-None", int_value=1)
    return BackMsg(rerun_script=state)


def unknown_page(_: Tab) -> BackMsg:
    """A hash of none of ours."""
    return BackMsg(rerun_script=ClientState(page_script_hash="deadbeef"))


def unknown_fragment(tab: Tab) -> BackMsg:
    """One that was never drawn."""
    return BackMsg(rerun_script=ClientState(page_script_hash=tab.page, fragment_id="no\nsuch"))


def odd_address(tab: Tab) -> BackMsg:
    """A zone, an address and a query that no browser has."""
    state = ClientState(page_script_hash=tab.page, query_string="%ff&a=\x00&" + "x=1&" * 2_000)
    state.context_info.timezone, state.context_info.url = "../../etc/passwd", "http://[broken"
    return BackMsg(rerun_script=state)


def shut_down(_: Tab) -> BackMsg:
    """For Streamlit's own tests."""
    return BackMsg(debug_shutdown_runtime=True)


def unknown_file(tab: Tab) -> BackMsg:
    """A download that no button is for, with a line of its own for the log."""
    message = BackMsg()
    asked = message.backend_operation_request
    asked.session_id, asked.request_id, asked.deferred_file.file_id = (
        tab.session,
        "x",
        "x\nlevel=error event=forged",
    )
    return message


def unknown_table(tab: Tab) -> BackMsg:
    """A piece of a table that is nowhere."""
    message = BackMsg()
    asked = message.backend_operation_request
    asked.session_id, asked.request_id = tab.session, "x"
    asked.dataframe_chunk.SetInParent()
    return message


@pytest.mark.parametrize(
    "odd",
    [
        broken, text, empty, unknown_widget, unknown_page, unknown_fragment, odd_address, shut_down, unknown_file,
        unknown_table,
    ],
)  # fmt: skip
def test_an_odd_message(
    running: RunningDashboard, said: Callable[[], list[str]], odd: Callable[[Tab], BackMsg | bytes | str]
) -> None:
    """At most one line, which is one; and who else looks at the board goes on."""
    with Tab.open(running.url) as other, Tab.open(running.url) as tab:
        message = odd(tab)
        tab.connection.send(message.SerializeToString() if isinstance(message, BackMsg) else message)
        with_error = False
        try:
            tab.rerun()
        except ConnectionClosed:
            with_error = True
        assert with_error is (odd in {broken, text})
        other.rerun()
        assert CALM not in other.html()
        assert not other.exceptions()
    lines = said()
    assert len(lines) <= 1, lines
    assert "Traceback" not in "".join(lines)


def test_many_of_them_are_counted(running: RunningDashboard, said: Callable[[], list[str]]) -> None:
    """Whoever knocks on does not fill the disk."""
    with Tab.open(running.url, page="library") as tab:
        for _ in range(30):
            tab.send(sent(tab, "date_input", json_value="{broken"))
            tab.until("script_finished")
    assert len(said()) <= 6
    assert b"page.message_refused" in running.log.read_bytes()


def test_the_same_page_works_again(running: RunningDashboard) -> None:
    """Loaded anew, and with a value that fits, in the same session too."""
    with Tab.open(running.url) as tab:
        tab.send(sent(tab, "text_input", int_value=7))
        tab.until("script_finished")
        assert CALM in tab.html()
        tab.messages.clear()
    with Tab.open(running.url) as tab:
        tab.send(sent(tab, "text_input", string_value="0f3c5a7e"))
        tab.until("script_finished")
        assert CALM not in tab.html()


def raised(cause: Callable[[], object]) -> Exception:
    """What this raises, as it was raised."""
    try:
        cause()
    except Exception as error:  # noqa: BLE001 - handed on
        return error
    raise AssertionError("it worked")


def by_streamlit() -> Exception:
    """A value that Streamlit cannot take apart."""
    return raised(lambda: unpack_widget_state_value(WidgetState(id="x", json_value="{broken")))


def by_a_page() -> Exception:
    """A mistake of ours."""
    return raised(lambda: PageFailures().tell(None))  # type: ignore[arg-type]


def test_whose_fault_it_is() -> None:
    """Reading a value is the browser's; ours, and misuse of Streamlit, are worth a traceback."""
    assert is_about_what_was_sent(by_streamlit())
    assert not is_about_what_was_sent(by_a_page())
    misuse = StreamlitAPIException("used wrongly").with_traceback(by_streamlit().__traceback__)
    assert not is_about_what_was_sent(misuse)


def test_one_traceback_for_each_place(log_text: io.StringIO) -> None:
    """The first is told in full, the next in a word; all of it in one line each."""
    failures = PageFailures()
    for _ in range(2):
        failures.tell(by_a_page())
    failures.tell(by_streamlit())
    first, second, third = log_text.getvalue().splitlines()
    assert "page.failed" in first
    assert "Traceback" in first
    assert "page.failed" in second
    assert "AttributeError at logs.py" in second
    assert "Traceback" not in second
    assert "page.message_refused" in third
    assert "Traceback" not in third
