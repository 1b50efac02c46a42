"""What is not as it should be although everything works, above what people look at."""

from dashboard.bootstrap import Dashboard
from dashboard.services.upkeep.conditions import Condition
from dashboard.ui import messages


def show(app: Dashboard) -> None:
    """Say everything there is to say to this team; nothing mostly."""
    for condition in app.outlook.whole(app.team.team_id):
        _say(condition)


def show_search(app: Dashboard) -> None:
    """Say what a search does not find yet, or could find better."""
    for condition in (app.outlook.search(app.team.team_id), app.outlook.outdated(app.team.team_id)):
        if condition is not None:
            _say(condition)


def show_retention(app: Dashboard) -> None:
    """Say what is being deleted, or would be if the clock were right."""
    if condition := app.outlook.retention(app.team.team_id):
        _say(condition)


def _say(condition: Condition) -> None:
    messages.callout(condition.headline, condition.advice, tone="quiet" if condition.is_calm else "warn")
