"""Share links: what they show, how they end, and that they lead no further."""

from datetime import timedelta

import pytest
from sqlmodel import select

from dashboard.errors import InputRefused, NotFound
from dashboard.models import Share, State
from dashboard.services.results.sharing import DEFAULT_LIFE, MOST_TASKS, SharedResults, Sharing
from dashboard.services.team.link_secrets import SHARE_PREFIX
from tests.services.conftest import Desk
from tests.services.steady import housekeeping
from tests.services.stored import store


@pytest.fixture
def sharing(desk: Desk) -> Sharing:
    """What makes and ends links."""
    return Sharing(desk.scope())


@pytest.fixture
def shared(desk: Desk) -> SharedResults:
    """What opens them."""
    return SharedResults(database=desk.database, clock=desk.clock)


def test_a_link_shows_what_was_chosen(desk: Desk, sharing: Sharing, shared: SharedResults) -> None:
    """In the order it was chosen in, and nothing else."""
    one, two, _ = store(desk, "a", label="one"), store(desk, "b", label="two"), store(desk, "c")
    secret = sharing.make([two, one, two], label="  For  you ")
    seen = shared.open(secret)
    assert (seen.title, [result.title for result in seen.results], seen.open) == (
        "For you",
        ["two", "one"],
        0,
    )
    assert seen.expires_at == desk.clock() + DEFAULT_LIFE
    assert secret.startswith(SHARE_PREFIX)


def test_only_its_hash_is_stored(desk: Desk, sharing: Sharing) -> None:
    """Whoever reads the database can open nothing."""
    secret = sharing.make([store(desk, "a")])
    with desk.database.reading() as session:
        (row,) = session.exec(select(Share)).all()
    assert secret not in repr(row.model_dump())
    assert row.hint == secret[-4:]


def test_before_completion_and_after_deletion(desk: Desk, sharing: Sharing, shared: SharedResults) -> None:
    """The link works at any time; what is deleted is gone from it."""
    task_ref = store(desk, state=State.PENDING, label="soon")
    secret = sharing.make([task_ref])
    assert shared.open(secret).open == 1
    desk.change(task_ref, state=State.COMPLETED.value)
    assert shared.open(secret).open == 0
    desk.tasks.delete([task_ref])
    assert shared.open(secret).results == ()


def test_views_are_counted(desk: Desk, sharing: Sharing, shared: SharedResults) -> None:
    """Looking again by itself is no other view."""
    secret = sharing.make([store(desk, "a")])
    shared.open(secret)
    desk.clock.advance(seconds=60)
    shared.open(secret)
    shared.open(secret, counts=False)
    (view,) = sharing.all()
    assert (view.views, view.last_viewed_at, view.tasks, view.works) == (2, desk.clock(), 1, True)


def test_links_end(desk: Desk, sharing: Sharing, shared: SharedResults) -> None:
    """By being revoked, and by time."""
    task_ref = store(desk, "a")
    revoked, short = sharing.make([task_ref]), sharing.make([task_ref], life=timedelta(hours=1))
    sharing.revoke(sharing.all()[1].id)
    with pytest.raises(NotFound):
        shared.open(revoked)
    assert shared.open(short)
    assert len(desk.tasks.detail(task_ref).shares) == 1
    desk.clock.advance(seconds=3600)
    with pytest.raises(NotFound, match="revoked or has expired"):
        shared.open(short)
    assert [view.works for view in sharing.all()] == [False, False]
    assert desk.tasks.detail(task_ref).shares == []
    with pytest.raises(NotFound):
        sharing.revoke(sharing.all()[1].id)


@pytest.mark.parametrize("secret", ["", "ods_", "ods_wrong", "odl_wrong", "x" * 5000, "\x00", "ods_\ud800"])
def test_wrong_secrets(shared: SharedResults, secret: str) -> None:
    """All get the same answer."""
    with pytest.raises(NotFound, match="does not work"):
        shared.open(secret)


def test_what_is_refused(desk: Desk, sharing: Sharing) -> None:
    """No tasks, too many, somebody else's, or a life that makes no sense."""
    task_ref = store(desk, "a")
    for refs in ([], list(range(1, MOST_TASKS + 2))):
        with pytest.raises(InputRefused, match="from 1 to"):
            sharing.make(refs)
    with pytest.raises(NotFound):
        sharing.make([task_ref, task_ref + 99])
    for life in (timedelta(0), timedelta(days=400)):
        with pytest.raises(InputRefused, match="up to a year"):
            sharing.make([task_ref], life=life)
    assert sharing.all() == []


def test_links_that_ended_long_ago_are_forgotten(desk: Desk, sharing: Sharing) -> None:
    """Those that work, and those that ended lately, are still listed."""
    task_ref = store(desk, "a")
    sharing.make([task_ref], life=timedelta(days=1))
    sharing.make([task_ref], life=timedelta(days=200))
    desk.clock.advance(seconds=100 * 86_400)
    housekeeping(desk).tidy()
    assert [view.works for view in sharing.all()] == [True]
