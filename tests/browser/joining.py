"""What people do to come in, and to have a second team."""

from playwright.sync_api import Locator, Page

from tests.browser.running import RunningDashboard
from tests.browser.seeing import settled, visit


def join(page: Page, link: str, name: str) -> None:
    """Open a team URL and say who one is."""
    page.goto(link)
    page.get_by_label("What should the team call you?").fill(name)
    page.get_by_role("button", name="Join").click()
    settled(page)


def new_team(page: Page, running: RunningDashboard, name: str) -> Locator:
    """Ask for one more team, as far as the button that makes it."""
    visit(page, f"{running.url}/team?tab=settings")
    page.get_by_role("button", name="New team").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    return dialog.get_by_role("button", name="Make it")
