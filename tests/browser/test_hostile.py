"""Nothing that a stranger wrote does anything but stand there and be read."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Dialog, Page, expect

from dashboard.models import ParkReason, State
from tests.browser import hostile
from tests.browser.running import RunningDashboard, running_dashboard
from tests.browser.seeing import (
    Traffic,
    download,
    expect_state,
    open_state,
    row,
    settled,
    text_file,
    visit,
    wait_for,
    word,
)

LABELS = {one: f"{hostile.LABEL} {one[-8:]}" for one in (hostile.COMPLETED, hostile.FAILED, hostile.BROKEN)}


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDashboard]:
    """A dashboard full of traps."""
    with (
        hostile.hostile_service() as service,
        running_dashboard(tmp_path_factory.mktemp("traps"), api_url=service) as running,
    ):
        token = running.add_token(hostile.LABEL, "a-token-for-the-trap")
        for task_id, label in LABELS.items():
            running.register(task_id, trial=True, label=label)
        running.register(hostile.REJECTED, label="rejected", credential=token)
        yield running


@pytest.fixture
def guarded(page: Page, traffic: Traffic, dashboard: RunningDashboard) -> Iterator[Page]:
    """A tab that fails its test when a script ran, a request left, or a link leads away."""
    ran: list[str] = []

    def note(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    yield page
    settled(page)
    page.remove_listener("dialog", note)
    links = page.locator("a, link").evaluate_all("all => all.map(one => one.href)")
    assert ran == []
    assert traffic.foreign(dashboard.url) == []
    assert [link for link in links if not link.startswith((f"{dashboard.url}/", "data:image/svg+xml"))] == []
    for left_alone in ("img[src*=elsewhere]", "iframe[src*=elsewhere]", "svg[onload]", "base", "pre style"):
        expect(page.locator(left_alone)).to_have_count(0)


def test_hostile_text_is_shown_exactly(guarded: Page, dashboard: RunningDashboard) -> None:
    """What the service called text is on the page character by character, and can be taken away as it is."""
    done = {"state": "completed_with_notices"}
    wait_for(guarded, lambda: bool(dashboard.tasks(**done)["items"]), "the text is stored")
    task = dashboard.tasks(**done)["items"]
    visit(guarded, f"{dashboard.url}/task?id={task[0]['id']}")
    text = guarded.locator("pre.ocr-text")
    expect(text).to_be_visible()
    # Web pages know one kind of line end; the file has the one that was sent.
    assert text.evaluate("element => element.textContent") == hostile.TEXT.replace("\r\n", "\n")
    assert download(guarded, text_file(guarded)) == hostile.TEXT.encode()
    said = guarded.get_by_role("status").filter(has_text="bold")
    expect(said).to_contain_text(hostile.TRAP)
    expect(guarded.get_by_role("heading", level=1)).to_have_text(LABELS[hostile.COMPLETED])
    expect(guarded.locator(".ocr-id")).to_have_text(hostile.COMPLETED)
    guarded.locator(".st-key-timeline summary").click()
    expect(guarded.get_by_role("table")).to_contain_text("Completed / Ok")


@pytest.mark.parametrize(
    ("task_id", "state"),
    [
        pytest.param(hostile.FAILED, State.FAILED, id="failed"),
        pytest.param(hostile.BROKEN, State.PENDING, id="broken"),
        pytest.param(hostile.REJECTED, State.PENDING, id="rejected"),
    ],
)
def test_hostile_trouble_is_told_as_words(
    task_id: str, state: State, guarded: Page, dashboard: RunningDashboard
) -> None:
    """The service's words about a failure are words, in the head and in the timeline."""
    item = next(one for one in dashboard.tasks()["items"] if one["task_id"] == task_id)
    visit(guarded, f"{dashboard.url}/task?id={item['id']}")
    expect(open_state(guarded, state)).to_be_visible()
    expect(guarded.locator(".ocr-callout").first).to_contain_text("<script>alert(1)</script>")
    guarded.locator(".st-key-timeline summary").click()
    expect(guarded.get_by_role("table")).to_contain_text("<script>alert(1)</script>")


def test_a_hostile_board_is_a_board(guarded: Page, dashboard: RunningDashboard) -> None:
    """Labels and IDs stand in the table as they are; trouble is said in one place."""
    visit(guarded, f"{dashboard.url}/?q=&state=<script>alert(1)</script>")
    for label in LABELS.values():
        expect(row(guarded, label)).to_be_visible()
    expect(row(guarded, LABELS[hostile.FAILED])).to_contain_text(hostile.FAILED)
    expect_state(row(guarded, LABELS[hostile.BROKEN]), ParkReason.UNREACHABLE)
    expect(guarded.locator(".ocr-callout").filter(has_text=word(ParkReason.UNREACHABLE))).to_be_visible()
    row(guarded, LABELS[hostile.FAILED]).get_by_role("checkbox").check()
    guarded.get_by_role("button", name="Check now").click()
    expect(guarded.get_by_test_id("stToast")).to_be_visible()


def test_hostile_token_labels_are_labels(guarded: Page, dashboard: RunningDashboard) -> None:
    """Tokens shows the label and the service's refusal as they are, also in the pickers of Add."""
    visit(guarded, f"{dashboard.url}/tokens")
    expect(guarded.locator(".st-key-token_1 b").first).to_have_text(hostile.LABEL)
    expect(guarded.locator(".st-key-token_1 .ocr-callout")).to_contain_text("<script>")
    visit(guarded, f"{dashboard.url}/?token=1")
    expect(guarded.locator(".ocr-quiet").filter(has_text="Only tasks")).to_contain_text(hostile.LABEL)


def test_hostile_lines_are_previewed_as_lines(guarded: Page, dashboard: RunningDashboard) -> None:
    """What is pasted is repeated as it is: known, unusual and malformed lines alike."""
    known = "7d1e2f30-4a5b-4c6d-9e7f-8091a2b3c4d5"
    dashboard.register(known, trial=True, label=hostile.LABEL)
    visit(guarded, f"{dashboard.url}/add?trial=<script>")
    label, malformed = "Scan <img src=//elsewhere.invalid/f> 1", "ünmöglich<svg/onload=alert(11)>"
    guarded.get_by_role("textbox", name="Task IDs, with or without text around them").fill(
        f"{known}\nodd_id_1; {label}\n{hostile.COMPLETED}\n{malformed}"
    )
    expect(guarded.get_by_label("Label of odd_id_1")).to_have_value(label)
    listed = guarded.locator(".st-key-paste_preview")
    expect(listed.get_by_text(hostile.COMPLETED)).to_be_visible()
    expect(listed.get_by_text(malformed)).to_be_visible()
    expect(guarded.get_by_role("link", name="Already here")).to_be_visible()
