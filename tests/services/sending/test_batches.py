"""Sources that are sent together: stored first, sent by the loop, each once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import col, select, update

from dashboard.bootstrap import Dashboard
from dashboard.errors import InputRefused, NoAnswer, NotFound, ServiceFault, StoreUnavailable
from dashboard.models import Batch, Operation, Origin, State, Submission, Task, Team, Usage
from dashboard.models.recognition import RecognitionSettings, ResultType
from dashboard.models.submission_settings import SubmissionSettings
from dashboard.polling.sender import Sender
from dashboard.sandbox import DEMO_ACCESS_TOKEN
from dashboard.services.credentials.credentials import Rules
from dashboard.store.lost_submissions import LOST, give_up_lost
from dashboard.store.outbox import DatabaseOutbox
from dashboard.testing import FakeOcrApi
from tests.chaos.waiting import wait_until
from tests.services.sending.conftest import Keep

TRIAL = SubmissionSettings(trial=True)


def rows(app: Dashboard) -> list[Submission]:
    """All submissions, in their order."""
    with app.database.reading() as session:
        return list(session.exec(select(Submission).order_by(col(Submission.id))))


def states(app: Dashboard) -> list[str]:
    """Where they stand."""
    return [row.state for row in rows(app)]


def sender(app: Dashboard, api: FakeOcrApi, *, most: int = 4) -> Sender:
    """Sends to a service without a network."""
    outbox = DatabaseOutbox(app.database, holder="me", most_in_lane=most)
    tokens = app.teams.tokens
    return Sender(api=api, tokens=tokens, outbox=outbox)


def polled_until(app: Dashboard, condition: Callable[[], bool]) -> None:
    """Let the poller go on until then."""

    def is_so() -> bool:
        app.poller.run_once(wait_seconds=1.0)
        return condition()

    wait_until(is_so, "the results are kept")


def make_due(app: Dashboard) -> None:
    """As if the pauses were over."""
    with app.database.writing() as session:
        session.exec(
            update(Submission).where(col(Submission.next_at).is_not(None)).values(next_at=app.clock())
        )


class TestSending:
    """Over real HTTP, to the sandbox."""

    @pytest.mark.parametrize("trial", [True, False])
    def test_to_its_text(self, app: Dashboard, keep: Keep, *, trial: bool) -> None:
        """Three images become three tasks with their exact time and their source, and then three texts."""
        source_ids = [keep() for _ in range(3)]
        batch_id = app.team.batches.submit(source_ids, settings=SubmissionSettings(trial=trial), name="Today")
        assert app.sender.run_once() == 3
        assert states(app) == ["sent"] * 3
        items = app.team.batches.items(batch_id)
        for item, source_id in zip(items, source_ids, strict=True):
            assert item.task is not None
            assert (item.task.trial, item.task.origin) == (trial, Origin.SUBMITTED.value)
            assert item.task.expiry_exact
            assert item.task.submitted_at is not None
            assert item.task.label == item.submission.label
            data = b"".join(app.team.kept_sources.stream(source_id))
            assert app.team.sources.image(item.task.id or 0).data == data
        progress = app.team.batches.view(batch_id).progress
        assert (progress.total, progress.reading, progress.kept) == (3, 3, 0)
        polled_until(app, lambda: app.team.batches.view(batch_id).progress.kept == 3)
        view = app.team.batches.view(batch_id)
        assert (view.name, view.progress.kept, view.progress.open, view.about_seconds) == (
            "Today",
            3,
            0,
            None,
        )
        assert sorted(app.team.batches.task_refs(batch_id)) == sorted(
            it.task.id or 0 for it in items if it.task
        )

    def test_settings_go_along(self, app: Dashboard, keep: Keep) -> None:
        """The service gets them; two parts come back."""
        settings = SubmissionSettings(recognition=RecognitionSettings(result_type=ResultType.TEXT_AND_PDF))
        batch_id = app.team.batches.submit([keep()], settings=settings)
        app.sender.run_once()
        task_ref = app.team.batches.task_refs(batch_id)[0]
        polled_until(app, lambda: app.team.tasks.detail(task_ref).task.state == State.COMPLETED.value)
        assert len(app.team.tasks.detail(task_ref).parts) == 2
        assert app.team.presets.last() == settings

    def test_calls_are_counted(self, app: Dashboard, keep: Keep) -> None:
        """One for each image that is sent with a token; none in evaluation mode."""
        app.team.batches.submit([keep(), keep()], settings=SubmissionSettings())
        app.team.batches.submit([keep()], settings=TRIAL)
        app.sender.run_once()
        with app.database.reading() as session:
            counted = session.exec(select(Usage.kind, Usage.calls)).all()
        assert counted == [("submit", 2)]

    def test_the_same_again_is_another_run(self, app: Dashboard, keep: Keep) -> None:
        """With other settings, linked to the first one; one of them may be chosen."""
        first = app.team.batches.submit([keep("scan.png")], settings=TRIAL)
        app.sender.run_once()
        task_ref = app.team.batches.task_refs(first)[0]
        again = app.team.runs.send(task_ref, settings=SubmissionSettings())
        app.sender.run_once()
        other = app.team.batches.task_refs(again)[0]
        assert [(task.id, chosen) for task, chosen in app.team.runs.of(other)] == [
            (task_ref, False),
            (other, False),
        ]
        app.team.runs.choose(other)
        app.team.runs.choose(task_ref)
        assert [chosen for _, chosen in app.team.runs.of(other)] == [True, False]
        app.team.tasks.delete([task_ref])
        assert app.team.sources.image(other).data  # the other one is still made of it
        app.team.tasks.delete([other])
        with pytest.raises(NotFound):
            app.team.kept_sources.stream(1)


class TestTurns:
    """Who is sent when."""

    def test_so_many_at_once_with_a_token(self, app: Dashboard, keep: Keep) -> None:
        """And the next ones when those have ended; evaluation mode of another lane goes beside."""
        app.team.batches.submit([keep() for _ in range(5)], settings=SubmissionSettings())
        app.team.batches.submit([keep()], settings=TRIAL)
        outbox = DatabaseOutbox(app.database, holder="me", most_in_lane=2)
        first = outbox.claim(limit=8, lease_seconds=60, fence="a")
        assert sorted(it.trial for it in first) == [False, False, True]
        assert outbox.claim(limit=8, lease_seconds=60, fence="b") == []
        outbox.sent(first[0], "task-1", at=app.clock())
        assert len(outbox.claim(limit=8, lease_seconds=60, fence="c")) == 1

    def test_a_paused_batch_waits(self, app: Dashboard, keep: Keep) -> None:
        """Until somebody lets it go on; one that is cancelled never."""
        batch_id = app.team.batches.submit([keep()], settings=TRIAL)
        app.team.batches.pause(batch_id)
        assert app.sender.run_once() == 0
        app.team.batches.resume(batch_id)
        app.team.batches.cancel(batch_id)
        assert app.sender.run_once() == 0
        assert states(app) == ["cancelled"]
        app.team.batches.send_again(rows(app)[0].id or 0)
        assert app.sender.run_once() == 1

    def test_trouble_is_tried_by_one(self, app: Dashboard, keep: Keep) -> None:
        """A service that cannot be reached is asked by one image, not by each; when it is back all go."""
        app.team.batches.submit([keep() for _ in range(6)], settings=TRIAL)
        api = FakeOcrApi()
        api.refuses_to_take = NoAnswer("away", has_arrived=False)
        loop = sender(app, api, most=1)
        assert loop.run_once() == 1
        assert loop.run_once() == 0
        assert states(app) == ["waiting"] * 6
        assert rows(app)[0].detail == "away"
        api.refuses_to_take = None
        make_due(app)
        for _ in range(6):
            loop.run_once()
        assert states(app) == ["sent"] * 6
        assert len(api.taken) == 7

    def test_a_budget_holds_it(self, app: Dashboard, keep: Keep) -> None:
        """No call more than its owner allows; what it costs is said before."""
        token = app.team.credentials.all()[0].id
        app.team.credentials.set_rules(token, Rules(daily_budget=2))
        cost = app.team.batches.cost(3, settings=SubmissionSettings())
        assert (cost.calls, cost.left, cost.is_over) == (6, 2, True)
        app.team.batches.submit([keep() for _ in range(3)], settings=SubmissionSettings())
        api = FakeOcrApi()
        loop = sender(app, api)
        for _ in range(3):
            loop.run_once()
        assert states(app) == ["sent", "sent", "waiting"]
        assert app.team.batches.cost(1, settings=TRIAL).calls == 0


class TestTrouble:
    """Nothing is lost, and nothing is sent twice without asking."""

    def test_perhaps_sent(self, app: Dashboard, keep: Keep) -> None:
        """A person decides: send again, or leave it."""
        batch_id = app.team.batches.submit([keep(), keep()], settings=TRIAL)
        api = FakeOcrApi()
        api.refuses_to_take = NoAnswer("no answer in 60 s")
        loop = sender(app, api)
        loop.run_once()
        make_due(app)
        assert loop.run_once() == 0
        assert states(app) == ["perhaps_sent"] * 2
        assert "may have arrived" in rows(app)[0].detail
        assert app.team.batches.view(batch_id).progress.perhaps == 2
        first, second = (row.id or 0 for row in rows(app))
        api.refuses_to_take = None
        app.team.batches.send_again(first)
        app.team.batches.give_up(second)
        loop.run_once()
        assert states(app) == ["sent", "cancelled"]
        with pytest.raises(InputRefused, match="on its way"):
            app.team.batches.send_again(first)

    def test_a_dead_token_loses_nothing(self, app: Dashboard, keep: Keep) -> None:
        """It waits, the token rests; with another secret it goes on."""
        app.team.batches.submit([keep() for _ in range(3)], settings=SubmissionSettings())
        token = app.team.credentials.all()[0].id
        app.team.credentials.replace(token, access_token="not-one-that-the-service-knows")
        app.sender.run_once()
        assert set(states(app)) == {"waiting"}
        assert app.sender.run_once() == 0
        app.team.credentials.replace(token, access_token=DEMO_ACCESS_TOKEN)
        make_due(app)
        app.sender.run_once()
        assert states(app) == ["sent"] * 3

    def test_who_is_gone_has_perhaps_sent(self, app: Dashboard, keep: Keep) -> None:
        """Killed while it was sending: by its heartbeat, or when its lease is over; what is known later counts."""
        app.team.batches.submit([keep(), keep()], settings=TRIAL)
        outbox = DatabaseOutbox(app.database, holder="gone")
        first, second = outbox.claim(limit=8, lease_seconds=60, fence="a")
        with app.database.writing() as session:
            assert give_up_lost(session, holder="somebody else") == 0
            assert give_up_lost(session) == 0
            assert give_up_lost(session, holder="gone") == 2
        assert states(app) == ["perhaps_sent"] * 2
        assert rows(app)[0].detail == LOST
        outbox.sent(first, "task-1", at=app.clock())
        assert states(app) == ["sent", "perhaps_sent"]
        app.team.batches.send_again(second.id)
        outbox.sent(second, "task-2", at=app.clock())  # its fence does not hold any more
        assert states(app) == ["sent", "waiting"]
        with app.database.reading() as session:
            assert len(session.exec(select(Task)).all()) == 2  # the ID is never lost

    def test_a_lease_that_is_over(self, app: Dashboard, keep: Keep) -> None:
        """Nobody beats any more, and nobody looked: the next claim finds it."""
        app.team.batches.submit([keep()], settings=TRIAL)
        outbox = DatabaseOutbox(app.database, holder="gone")
        outbox.claim(limit=8, lease_seconds=0, fence="a")
        assert outbox.claim(limit=8, lease_seconds=60, fence="b") == []
        assert states(app) == ["perhaps_sent"]

    def test_a_refused_file_stops_no_other(self, app: Dashboard, keep: Keep) -> None:
        """It says why, the others go on."""
        api = FakeOcrApi()
        app.team.batches.submit([keep(), keep()], settings=TRIAL)
        api.refuses_to_take = ServiceFault("busy", http_status=503)
        sender(app, api).run_once()
        assert states(app) == ["waiting", "waiting"]

    def test_a_database_that_refuses(
        self, app: Dashboard, keep: Keep, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The ID that the service has given is kept until it can be stored."""
        app.team.batches.submit([keep()], settings=TRIAL)
        outbox, refusals = DatabaseOutbox(app.database, holder="me"), 2
        really = outbox.sent

        def sent(*given: object, **named: object) -> None:
            nonlocal refusals
            if refusals:
                refusals -= 1
                raise StoreUnavailable("busy")
            really(*given, **named)  # type: ignore[arg-type]  # as they came

        monkeypatch.setattr(outbox, "sent", sent)
        monkeypatch.setattr("dashboard.polling.sender.pause_after", lambda _: 0.0)
        api = FakeOcrApi()
        Sender(api=api, tokens=app.teams.tokens, outbox=outbox).run_once()
        assert states(app) == ["sent"]
        assert len(api.taken) == 1


class TestRefusals:
    """What cannot be is said, and nothing is stored."""

    def test_nothing_to_send(self, app: Dashboard) -> None:
        """An empty batch."""
        with pytest.raises(InputRefused, match="at least one"):
            app.team.batches.submit([], settings=TRIAL)

    def test_sources_that_are_gone(self, app: Dashboard, keep: Keep) -> None:
        """Counted, for the whole batch."""
        with pytest.raises(NotFound, match="1 file of these 2"):
            app.team.batches.submit([keep(), 99], settings=TRIAL)
        assert rows(app) == []

    def test_no_evaluation_mode(self, app: Dashboard, keep: Keep) -> None:
        """A PDF goes to its own operation, which has none."""
        pdf = keep("a.pdf", b"%PDF-1.4 and more", "application/pdf")
        with pytest.raises(InputRefused, match=r"a\.pdf: there is no evaluation mode"):
            app.team.batches.submit([pdf], settings=TRIAL)
        app.team.batches.submit([pdf], settings=SubmissionSettings())
        assert rows(app)[0].operation == Operation.RECOGNIZE_PDF.value

    def test_another_teams(self, app: Dashboard, keep: Keep) -> None:
        """Its sources, batches and submissions are not there."""
        batch_id = app.team.batches.submit([keep()], settings=TRIAL)
        with app.database.writing() as session:
            other = Team(slug="other", name="Other", created_at=app.clock())
            session.add(other)
            session.flush()
            other_id = other.id or 0
        theirs = app.seen_by(other_id, app.team.actor).team
        for ask in (
            lambda: theirs.batches.view(batch_id),
            lambda: theirs.batches.items(batch_id),
            lambda: theirs.batches.cancel(batch_id),
            lambda: theirs.batches.pause(batch_id),
            lambda: theirs.batches.send_again(rows(app)[0].id or 0),
            lambda: theirs.batches.submit([1], settings=TRIAL),
            lambda: theirs.kept_sources.stream(1),
        ):
            with pytest.raises(NotFound):
                ask()
        assert theirs.kept_sources.facts([1]) == {}

    def test_names_of_presets(self, app: Dashboard) -> None:
        """They need one; they are the team's; an unknown setting of another version is left out."""
        with pytest.raises(InputRefused, match="name"):
            app.team.presets.save("  ", TRIAL)
        app.team.presets.save("Receipts", TRIAL)
        app.team.presets.save("Receipts", SubmissionSettings(operation=Operation.RECOGNIZE_RECEIPT))
        assert app.team.presets.all() == {
            "Receipts": SubmissionSettings(operation=Operation.RECOGNIZE_RECEIPT)
        }
        app.team.presets.remove("Receipts")
        with pytest.raises(NotFound):
            app.team.presets.remove("Receipts")


def test_how_long_it_still_takes(app: Dashboard, keep: Keep) -> None:
    """At the pace so far; nothing is said before anything is done."""
    batch_id = app.team.batches.submit([keep() for _ in range(4)], settings=TRIAL)
    assert app.team.batches.view(batch_id).about_seconds is None
    sender(app, FakeOcrApi()).run_once()
    with app.database.writing() as session:
        session.exec(update(Task).where(col(Task.id) == 1).values(state="completed", next_poll_at=None))
        session.exec(update(Batch).values(created_at=app.clock() - timedelta(seconds=10)))
    about = app.team.batches.view(batch_id).about_seconds
    assert about is not None
    assert 29 < about < 40
