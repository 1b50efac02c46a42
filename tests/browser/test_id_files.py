"""A file of task IDs on Add: what its columns mean is shown, its rows are previewed, and the rest comes back."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.running import RunningDashboard
from tests.browser.seeing import settled, visit

FILE = (
    "Nr;Task ID;Name;Endpoint;Trial;Sent\r\n"
    "1;7d1e2f30-4a5b-4c6d-9e7f-000000700001;Invoice **March**;RecognizePdf;no;31.05.2026 14:05\r\n"
    "2;7d1e2f30-4a5b-4c6d-9e7f-000000700002;Letter;RecognizeImageTrial;;31.05.2026\r\n"
    "3;7d1e2f30-4a5b-4c6d-9e7f-000000700003;=1+1;RecogniseImage;no;\r\n"
    "4;no id;Nothing;;;\r\n"
)


def test_a_file_is_read_corrected_and_registered(
    page: Page, dashboard: RunningDashboard, tmp_path: Path
) -> None:
    """The box keeps what is in it; rows that were not understood come back with their reasons."""
    visit(page, f"{dashboard.url}/add?tab=ids")
    box = page.get_by_role("textbox", name="Task IDs, with or without text around them")
    box.fill("half-typed")
    settled(page)
    page.get_by_text("Or from a file").click()
    page.locator("[class*=st-key-id_file_] input[type=file]").first.set_input_files(
        {"name": "ids *of* May.csv", "mimeType": "text/csv", "buffer": FILE.encode("cp1252")}
    )
    expect(page.get_by_text("2 new · 2 not usable")).to_be_visible()
    expect(page.get_by_label("Label of 7d1e2f30-4a5b-4c6d-9e7f-000000700001")).to_have_value(
        "Invoice **March**"
    )
    expect(page.get_by_text("1 submission time could not be used")).to_be_visible()
    expect(page.get_by_text("“RecogniseImage” is no operation of the service")).to_be_visible()
    page.get_by_label("Take 7d1e2f30-4a5b-4c6d-9e7f-000000700002").uncheck()
    button = page.locator(".st-key-paste_form_register button")
    expect(button).to_have_text("Register 1 task")
    button.click()
    expect(page.get_by_text("Registered 1 task.").first).to_be_visible()
    expect(box).to_have_value("half-typed")

    with page.expect_download() as download:
        page.get_by_role("button", name="Download the 3 rows left over").click()
    path = tmp_path / "rest.csv"
    download.value.save_as(path)
    rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0] == ["Nr", "Task ID", "Name", "Endpoint", "Trial", "Sent", "reason"]
    assert [(row[0], row[-1]) for row in rows[1:]] == [
        ("2", "left out by you"),
        ("3", "“RecogniseImage” is no operation of the service"),
        ("4", "task IDs have no blanks and no letters outside A-Z"),
    ]
    assert rows[2][2] == "'=1+1"
    task = dashboard.task("7d1e2f30-4a5b-4c6d-9e7f-000000700001")
    assert (task["operation"], task["label"]) == ("RecognizePdf", "Invoice **March**")
    assert task["submitted_at"].startswith("2026-05-31T05:05:00")  # the browser is in Tokyo


@pytest.mark.parametrize(("second", "option"), [("remark", "remark"), ("name", "name (2)")])
def test_another_column_can_be_chosen(
    second: str, option: str, page: Page, dashboard: RunningDashboard
) -> None:
    """Whatever was guessed, and also one of the same name."""
    visit(page, f"{dashboard.url}/add?tab=ids")
    page.get_by_text("Or from a file").click()
    page.locator("[class*=st-key-id_file_] input[type=file]").first.set_input_files(
        {
            "name": "ids.csv",
            "mimeType": "text/csv",
            "buffer": f"task_id,name,{second}\n7d1e2f30-4a5b-4c6d-9e7f-000000700010,One,Better\n".encode(),
        }
    )
    label = page.get_by_label("Label of 7d1e2f30-4a5b-4c6d-9e7f-000000700010")
    expect(label).to_have_value("One")
    settled(page)
    column = page.get_by_role("combobox", name="Label from")
    column.fill(option)
    column.press("Enter")
    expect(label).to_have_value("Better")


def test_what_is_no_list_gets_a_sentence(page: Page, dashboard: RunningDashboard) -> None:
    """And the box is there to paste into."""
    visit(page, f"{dashboard.url}/add?tab=ids")
    page.get_by_text("Or from a file").click()
    page.locator("[class*=st-key-id_file_] input[type=file]").first.set_input_files(
        {"name": "ids.xlsx", "mimeType": "application/zip", "buffer": b"PK\x03\x04 nothing more"}
    )
    expect(
        page.get_by_text("This workbook is damaged or far too large. Save it anew, or as CSV.")
    ).to_be_visible()
    expect(page.get_by_role("textbox", name="Task IDs, with or without text around them")).to_be_visible()
