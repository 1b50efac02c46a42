"""Settings that are kept: under a name for the team, and the last ones of each person."""

from collections.abc import Mapping

from sqlmodel import Session

from dashboard.errors import InputRefused, NotFound
from dashboard.models import LastSettings, Preset, Role
from dashboard.models.submission_settings import SubmissionSettings
from dashboard.services.labels import clean_label
from dashboard.services.team_scope import TeamScope
from dashboard.store import batches as rows

MOST_PRESETS = 50


class Presets:
    """What one team keeps of settings."""

    def __init__(self, team: TeamScope) -> None:
        self._team = team

    def all(self) -> dict[str, SubmissionSettings]:
        """Named settings of the team; what an older version knew and this one does not is left out."""
        with self._team.reading() as session:
            found = rows.presets(session=session, team_id=self._team.team_id)
        return {one.name: settings for one in found if (settings := _read(one.settings)) is not None}

    def save(self, name: str, settings: SubmissionSettings) -> None:
        """Keep settings under a name; raises InputRefused, NotPermitted."""
        name = clean_label(name)
        if not name:
            raise InputRefused("Give the settings a name.")
        with self._team.writing(Role.EDITOR) as session:
            others = {one.name for one in rows.presets(session=session, team_id=self._team.team_id)} - {name}
            if len(others) >= MOST_PRESETS:
                raise InputRefused(f"A team keeps up to {MOST_PRESETS} named settings. Remove one first.")
            preset = Preset(
                team_id=self._team.team_id,
                name=name,
                settings=settings.stored(),
                created_at=self._team.clock(),
                created_by=self._team.actor.name,
            )
            rows.put_preset(session=session, preset=preset)
            self._team.touch(session)

    def remove(self, name: str) -> None:
        """Forget named settings; raises NotFound, NotPermitted."""
        with self._team.writing(Role.EDITOR) as session:
            if not rows.remove_preset(session=session, team_id=self._team.team_id, name=name):
                raise NotFound("There are no settings of that name.")
            self._team.touch(session)

    def last(self) -> SubmissionSettings:
        """What this person sent something with last; the defaults at first."""
        with self._team.reading() as session:
            found = rows.last_settings(
                session=session, team_id=self._team.team_id, person=_person(self._team)
            )
        return (_read(found) if found else None) or SubmissionSettings()


def remember(team: TeamScope, session: Session, settings: SubmissionSettings) -> None:
    """Keep what somebody sends something with, in the transaction that does it."""
    if team.actor.key_id is None:  # a script says each time what it wants
        last = LastSettings(
            team_id=team.team_id, person=_person(team), settings=settings.stored(), used_at=team.clock()
        )
        rows.remember_settings(session=session, last=last)


def _person(team: TeamScope) -> str:
    return f"sign-in {team.actor.sign_in_id}" if team.actor.sign_in_id is not None else "local"


def _read(stored: Mapping[str, object]) -> SubmissionSettings | None:
    try:
        return SubmissionSettings.read(stored)
    except InputRefused:
        return None
