"""Dropping, pasting and choosing files as people do."""

import base64
import re
from collections.abc import Mapping
from zlib import crc32

from playwright.sync_api import FilePayload, Locator, Page, expect

from dashboard.sandbox.samples import latin
from tests.browser.seeing import settled, visit

_TRANSFER = """files => {
    const transfer = new DataTransfer();
    for (const [name, data] of Object.entries(files)) {
        const bytes = Uint8Array.from(atob(data), one => one.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type: name.endsWith('.png') ? 'image/png' : '' }));
    }
    return transfer;
}"""


def open_add(page: Page, url: str) -> Locator:
    """The page that files are dropped on; gives back the zone."""
    visit(page, f"{url}/add")
    found = zone(page)
    expect(found).to_be_visible()
    return found


def zone(page: Page) -> Locator:
    """Where they are dropped."""
    return page.locator(".zone")


def drop(page: Page, files: Mapping[str, bytes], *, beside: bool = False) -> None:
    """Drop files on the zone, or beside it on the page."""
    transfer = page.evaluate_handle(_TRANSFER, _encoded(files))
    target = page.get_by_role("heading", name="Add", exact=True) if beside else zone(page)
    target.dispatch_event("dragover", {"dataTransfer": transfer})
    target.dispatch_event("drop", {"dataTransfer": transfer})


def paste(page: Page, files: Mapping[str, bytes]) -> None:
    """Paste files from the clipboard, wherever the cursor is."""
    page.evaluate(
        f"""files => document.body.dispatchEvent(new ClipboardEvent(
            'paste', {{ clipboardData: ({_TRANSFER})(files), bubbles: true, cancelable: true }}))""",
        _encoded(files),
    )


def choose(page: Page, files: Mapping[str, bytes]) -> None:
    """Choose files by the button."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    given: list[FilePayload] = [
        {"name": name, "mimeType": "", "buffer": data} for name, data in files.items()
    ]
    chooser.value.set_files(given)


def ready(page: Page) -> Locator:
    """The files that can be sent."""
    return page.get_by_role("list", name="Ready to be sent").get_by_role("listitem")


def not_taken(page: Page) -> Locator:
    """What is said of those that cannot."""
    return page.get_by_role("list", name="Not taken").get_by_role("listitem")


def send(page: Page, count: int) -> None:
    """Wait until so many are ready, and send them; the page of their batch comes."""
    expect(ready(page)).to_have_count(count)
    files = "1 file" if count == 1 else f"{count} files"
    button = page.get_by_role("button", name=f"Send {files}")
    expect(button).to_be_visible()
    settled(page)
    button.click()
    page.wait_for_url("**/batch?*")


def forget_all(page: Page, url: str) -> None:
    """Leave nothing waiting, as somebody would who goes on with something else."""
    open_add(page, url)
    buttons = page.get_by_role("button", name=re.compile("^(Remove|Put away what is said of) "))
    settled(page)
    while left := buttons.count():
        buttons.first.dispatch_event("click")
        expect(buttons).not_to_have_count(left)
    settled(page)


def latin_at(number: int) -> bytes:
    """The sample page as a file of its own each time: another chunk of text in the PNG, the same picture."""
    data = latin().image
    end = data.rindex(b"IEND") - 4
    return data[:end] + _chunk(b"tEXt", f"number\0{number}".encode()) + data[end:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + crc32(kind + data).to_bytes(4, "big")


def _encoded(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: base64.b64encode(data).decode() for name, data in files.items()}
