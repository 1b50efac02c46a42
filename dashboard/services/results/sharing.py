"""Share links: making and ending them (for the team), and what they show (to whoever holds one)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.counts import count_of
from dashboard.errors import InputRefused, NotFound, StillOpen
from dashboard.logs import get_logger
from dashboard.models import Action, Actor, ActorKind, Role, Share, State
from dashboard.results.masks import Mask
from dashboard.services.labels import typed_label
from dashboard.services.results.result_bundles import as_section
from dashboard.services.results.result_reading import StoredResult, read_some
from dashboard.services.team.link_secrets import SHARE_PREFIX, hash_of, new_secret
from dashboard.services.team_scope import TeamScope
from dashboard.store import shares as rows
from dashboard.store.database import Database

log = get_logger(__name__)

SHARE_PATH = "/s"
"""Route below which share links are opened."""

DEFAULT_LIFE = timedelta(days=7)
LONGEST_LIFE = timedelta(days=366)
MOST_TASKS = 200
"""Tasks that one link shows."""

MOST_CHARACTERS = 5_000_000
"""Of all texts behind one link; the one that reaches it is shown, those after it are not."""

LEFT_OUT = "Together these results are too large to be shown here. Ask for a link of its own for this one."

_TELLING = 16
"""Characters of an ID that nobody guesses; real ones have 36."""

_GONE = "This link does not work: it was revoked or has expired. Ask who sent it for another one."


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareView:
    """A share link as its team sees it; the secret is known only when it is made.

    Attributes:
        works: not revoked, and not over.
        tasks: how many it still shows.
    """

    id: int
    label: str
    hint: str
    tasks: int
    created_at: datetime
    created_by: str
    expires_at: datetime
    works: bool
    revoked: bool
    views: int
    last_viewed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedResult:
    """A result as people outside the team see it.

    Without the service's ID, by which it could be asked for there, and without who has worked on it.

    Attributes:
        title: its label; without one, its number behind the link.
        text: the corrected one where there is one; None for none, and when it was left out.
        masks: found in this very text.
        corrected: whether somebody has corrected it.
        left_out: its text was not read, because those before it were too large already.
    """

    title: str
    state: State
    expires_at: datetime
    expiry_exact: bool
    notices: tuple[str, ...]
    text: str | None
    masks: Sequence[Mask]
    corrected: bool
    left_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What the holder of a link sees.

    Attributes:
        title: what the team called the link.
        expires_at: when the link ends, aware UTC.
        results: the tasks in the order the team chose, finished or not; those deleted meanwhile are left out.
    """

    title: str
    expires_at: datetime
    results: tuple[SharedResult, ...]

    @property
    def open(self) -> int:
        """How many of them have no outcome yet."""
        return sum(result.state.is_open for result in self.results)


class Sharing:
    """The share links of one team; editors make and end them, and see all of them."""

    def __init__(self, team: TeamScope) -> None:
        self._team = team

    def make(self, task_refs: Sequence[int], *, label: str = "", life: timedelta = DEFAULT_LIFE) -> str:
        """Make a link that shows these tasks; its secret is given back once and stored only as a hash.

        Raises:
            InputRefused: for no tasks, too many, or a life that makes no sense.
            NotFound: when one of the tasks is not the team's.
            NotPermitted: for viewers.
        """
        if not timedelta(0) < life <= LONGEST_LIFE:
            raise InputRefused("A share link can work for up to a year.")
        wanted = list(dict.fromkeys(task_refs))
        if not 1 <= len(wanted) <= MOST_TASKS:
            raise InputRefused(f"A share link shows from 1 to {MOST_TASKS} tasks.")
        now, secret = self._team.clock(), new_secret(SHARE_PREFIX)
        with self._team.writing(Role.EDITOR) as session:
            if rows.owned(session=session, team_id=self._team.team_id, task_refs=wanted) != wanted:
                raise NotFound("Some of these tasks are not here any more. Select again.")
            called = typed_label(label) or count_of(len(wanted), "result").capitalize()
            share = Share(
                team_id=self._team.team_id,
                label=called,
                secret_hash=hash_of(secret),
                hint=secret[-4:],
                created_at=now,
                created_by=self._team.actor.name,
                expires_at=now + life,
            )
            rows.add(session=session, share=share, task_refs=wanted)
            self._team.note(session, Action.SHARE_MADE, called, {"tasks": len(wanted)})
        return secret

    def all(self) -> list[ShareView]:
        """Every link, newest first, also those that have ended; raises NotPermitted."""
        with self._team.reading(Role.EDITOR) as session:
            found = rows.of_team(session=session, team_id=self._team.team_id)
        return [share_view(share, tasks, now=self._team.clock()) for share, tasks in found]

    def opened_by(self, secret: str) -> ShareView:
        """The link with this secret, for who has just made it; raises NotFound, NotPermitted."""
        with self._team.reading(Role.EDITOR) as session:
            found = rows.by_hash(session=session, secret_hash=hash_of(secret), now=self._team.clock())
            if found is None or found.team_id != self._team.team_id:
                raise NotFound(_GONE)
            shown = rows.task_refs(session=session, share_id=found.id or 0)
        return share_view(found, len(shown), now=self._team.clock())

    def revoke(self, share_id: int) -> None:
        """End a link at once; raises NotFound, NotPermitted."""
        with self._team.writing(Role.EDITOR) as session:
            if not rows.revoke(
                session=session, team_id=self._team.team_id, share_id=share_id, now=self._team.clock()
            ):
                raise NotFound("There is no such share link in this team, or it has ended already.")
            self._team.note(session, Action.SHARE_REVOKED, f"share link {share_id}")


def share_view(share: Share, tasks: int, *, now: datetime) -> ShareView:
    """A link that shows so many tasks, as its team sees it at this aware time."""
    return ShareView(
        id=share.id or 0,
        label=share.label,
        hint=share.hint,
        tasks=tasks,
        created_at=share.created_at,
        created_by=share.created_by,
        expires_at=share.expires_at,
        works=share.revoked_at is None and share.expires_at > now,
        revoked=share.revoked_at is not None,
        views=share.views,
        last_viewed_at=share.last_viewed_at,
    )


class SharedResults:
    """What share links of a deployment show; the secret alone decides, and leads no further in."""

    def __init__(self, *, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def open(self, secret: str, *, counts: bool = True) -> Shared:
        """Look through a link.

        Args:
            secret: of the link.
            counts: whether this is another view, not the same one looking again.

        Raises:
            NotFound: when there is no such link, or it has ended.
        """
        return self._look(*self._find(secret), counts=counts)

    def text(self, secret: str, *, counts: bool = True) -> bytes:
        """Take away what a link shows as one text, in UTF-8; the team's log says so.

        Raises:
            NotFound: when there is no such link, or it has ended.
            StillOpen: while there is no result at all.
        """
        share, team = self._find(secret)
        shared = self._look(share, team, counts=counts)
        results = shared.results
        if results and shared.open == len(results):
            raise StillOpen("There is no result yet. Ask again later.")
        if results:
            with team.writing() as session:
                taken = count_of(len(results), "result")
                team.note(session, Action.RESULT_DOWNLOADED, taken, {"share link": share.id})
        if len(results) == 1 and results[0].text is not None:
            return results[0].text.encode("utf-8", "replace")
        return b"".join(map(_section, results))

    def _look(self, share: Share, team: TeamScope, *, counts: bool) -> Shared:
        if counts:
            with team.writing() as session:
                rows.see(session=session, share_id=share.id or 0, now=team.clock())
        with team.reading() as session:
            shown = rows.task_refs(session=session, share_id=share.id or 0)
        results = enumerate(read_some(team, shown, most=MOST_CHARACTERS), 1)
        return Shared(
            title=share.label,
            expires_at=share.expires_at,
            results=tuple(_outside(result, number) for number, result in results),
        )

    def _find(self, secret: str) -> tuple[Share, TeamScope]:
        share = None
        if secret.startswith(SHARE_PREFIX):
            with self._database.reading() as session:
                share = rows.by_hash(session=session, secret_hash=hash_of(secret), now=self._clock())
        if share is None:
            raise NotFound(_GONE)
        # The link alone decides: nobody is asked whether they belong to the team.
        holder = Actor(kind=ActorKind.SHARE, name=share.label, role=Role.VIEWER)
        return share, TeamScope(self._database, share.team_id, holder, self._clock)


def _outside(result: StoredResult, number: int) -> SharedResult:
    task, read = result.task, result.corrected()
    return SharedResult(
        title=_without(task.task_id, task.label).strip(" …") or f"Result {number}",
        state=State(task.state),
        expires_at=task.expires_at,
        expiry_exact=task.expiry_exact,
        notices=tuple(_without(task.task_id, str(notice)) for notice in task.notices),
        text=read.text,
        masks=read.masks,
        corrected=read is not result,
        left_out=result.left_out,
    )


def _section(result: SharedResult) -> bytes:
    text = f"({LEFT_OUT})" if result.left_out else result.text or "(no text)"
    return as_section(result.title, result.state.value.replace("_", " "), text)


def _without(task_id: str, text: str) -> str:
    """A text without the ID in it; short ones open nothing, and may be a word of the text."""
    if len(task_id) < _TELLING:
        return text
    return re.sub(re.escape(task_id), "…", text, flags=re.IGNORECASE)
