"""Registering task IDs: what is saved, what is known, what is refused."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from dashboard.models import SANDBOX_URL, Operation, Origin, State, Task, TaskKind
from dashboard.polling.history import History, Seen
from dashboard.polling.learning import Learning
from dashboard.services.credentials.service_list import service_name
from dashboard.services.labels import clean_label
from dashboard.services.tasks.intake import Intake, NewTask
from dashboard.store import teams
from tests.services.conftest import SERVICE, Desk

ID = "0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01"
TOKEN = "planted.token-0123456789"


def one(desk: Desk, **given: Any) -> int:  # noqa: ANN401 - fields of the value
    """Register one task, which must be new, and give back our ID."""
    registration = desk.intake.register([NewTask(**{"task_id": ID, **given})])
    assert registration.rejected == ()
    (row_id,) = registration.registered.values()
    return row_id


def refusal(desk: Desk, **given: Any) -> str:  # noqa: ANN401 - fields of the value
    """Why one task is refused."""
    registration = desk.intake.register([NewTask(**{"task_id": ID, **given})])
    assert registration.registered == {}
    ((_, reason),) = registration.rejected
    return reason


def test_a_new_task_is_due_at_once(desk: Desk) -> None:
    """It is stored with all that was said, the poller is woken, screens are told."""
    submitted_at = desk.clock() - timedelta(hours=3)
    task = desk.task(
        one(
            desk,
            operation=Operation.RECOGNIZE_PDF,
            label=" Invoice\tMarch ",
            submitted_at=submitted_at,
        )
    )

    assert (task.task_id, task.operation, task.trial) == (ID, "RecognizePdf", False)
    assert (task.label, task.api_url, task.origin) == ("Invoice March", SERVICE, Origin.REGISTERED)
    assert (task.state, task.next_poll_at) == (State.PENDING, desk.clock())
    assert (task.submitted_at, task.expires_at) == (submitted_at, submitted_at + timedelta(hours=24))
    assert task.expiry_exact
    assert desk.wakes == 1
    with desk.database.reading() as session:
        assert teams.revision(session=session, team_id=desk.team_id) == 1


@pytest.mark.parametrize(
    ("age", "waits"),
    [
        pytest.param(0.5, True, id="just sent"),
        pytest.param(60.0, False, id="long ago"),
        pytest.param(None, False, id="unknown"),
    ],
)
def test_one_that_was_just_sent_is_asked_about_when_it_may_be_done(
    desk: Desk, age: float | None, *, waits: bool
) -> None:
    """A script that registers what it has sent does not cost a call that finds nothing."""
    learning = Learning()
    learning.learn(
        {
            TaskKind(SERVICE, Operation.RECOGNIZE_IMAGE, trial=False): History().with_seen(
                [Seen(9.8, 10.2)] * 200
            )
        }
    )
    intake = Intake(
        desk.scope(),
        default_api_url=lambda: SERVICE,
        check_api_url=lambda url: url,
        wake=lambda: None,
        learning=learning,
    )
    now = desk.clock()
    sent = None if age is None else now - timedelta(seconds=age)
    (row_id,) = intake.register([NewTask(task_id=ID, submitted_at=sent)]).registered.values()
    due = desk.task(row_id).next_poll_at
    assert due is not None
    assert (due - now > timedelta(seconds=2)) is waits
    assert (due == now) is not waits


def test_an_unknown_submission_time_is_said(desk: Desk) -> None:
    """The deadline is then the latest possible one."""
    task = desk.task(one(desk))

    assert task.submitted_at is None
    assert task.expires_at == desk.clock() + timedelta(hours=24)
    assert not task.expiry_exact


def test_a_known_task_points_to_its_row(desk: Desk) -> None:
    """Registering again changes nothing and wakes nobody."""
    row_id = one(desk, label="first")
    again = desk.intake.register([NewTask(task_id=f' "{ID}" ', label="second")])

    assert (again.registered, again.known, again.rejected) == ({}, {ID: row_id}, ())
    assert desk.task(row_id).label == "first"
    assert desk.wakes == 1


def test_repeated_entries_are_one_task(desk: Desk) -> None:
    """The first one counts."""
    done = desk.intake.register([NewTask(task_id=ID, label="one"), NewTask(task_id=ID, label="two")])

    assert list(done.registered) == [ID]
    assert (done.known, done.rejected) == ({}, ())
    assert desk.task(done.registered[ID]).label == "one"


def test_a_token_deleted_while_tasks_are_prepared_is_not_taken(desk: Desk) -> None:
    """Rows are made before the database is locked; what they were made from is looked at again."""
    token, _ = desk.credentials.add(label="Ours", access_token=TOKEN)

    class Entries(list[NewTask]):
        def __iter__(self) -> Iterator[NewTask]:
            if desk.credentials.all():
                desk.credentials.remove(token.id)
            return super().__iter__()

    done = desk.intake.register(
        Entries([NewTask(task_id=ID), NewTask(task_id=f"{ID[:-1]}2", credential_id=token.id)])
    )

    assert desk.task(done.registered[ID]).credential_id is None
    assert [reason for _, reason in done.rejected] == ["there is no such token in this team"]


def test_the_same_id_at_another_service_is_another_task(desk: Desk) -> None:
    """IDs are the service's, not the world's."""
    first = one(desk)

    assert one(desk, api_url=SANDBOX_URL) != first


def test_a_bad_entry_spoils_no_other(desk: Desk) -> None:
    """Each is saved whole or not at all, with a reason."""
    done = desk.intake.register(
        [
            NewTask(task_id="good-0001"),
            NewTask(task_id="no good"),
            NewTask(task_id=""),
            NewTask(task_id="good-0002"),
        ]
    )

    assert set(done.registered) == {"good-0001", "good-0002"}
    assert [task_id for task_id, _ in done.rejected] == ["no good", ""]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param({"task_id": "x" * 200}, "longer than", id="too long"),
        pytest.param({"task_id": "a b c d e"}, "not a task ID", id="blanks"),
        pytest.param({"task_id": "a\x00bcdefgh1"}, "not a task ID", id="NUL"),
        pytest.param({"operation": Operation.RECOGNIZE_PDF, "trial": True}, "no evaluation mode", id="trial"),
        pytest.param({"submitted_at": datetime(2026, 5, 1, 12)}, "time zone", id="no zone"),  # noqa: DTZ001 - the point
        pytest.param({"submitted_at": datetime(2026, 5, 1, 12, 6, tzinfo=UTC)}, "future", id="future"),
        pytest.param({"submitted_at": datetime.max.replace(tzinfo=UTC)}, "future", id="end of time"),
        pytest.param(
            {"submitted_at": datetime(1970, 1, 21, tzinfo=UTC)}, "year", id="seconds for milliseconds"
        ),
        pytest.param(
            {"submitted_at": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))},
            "year",
            id="year zero in UTC",
        ),
        pytest.param({"credential_id": 4711}, "no such token", id="token that is not there"),
    ],
)
def test_what_cannot_be_is_refused(desk: Desk, given: dict[str, Any], words: str) -> None:
    """With a reason for people; nothing is stored."""
    assert words in refusal(desk, **given)
    assert desk.wakes == 0


@pytest.mark.parametrize(
    ("submitted_at", "expires_at"),
    [
        pytest.param(
            datetime(2026, 5, 1, 12, 4, tzinfo=UTC),
            datetime(2026, 5, 2, 12, 4, tzinfo=UTC),
            id="a clock ahead",
        ),
        pytest.param(
            datetime(2026, 4, 1, tzinfo=UTC),
            datetime(2026, 4, 2, tzinfo=UTC),
            id="older than a day: asked for a verdict",
        ),
        pytest.param(
            datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=30))),
            datetime(2026, 5, 2, 6, 30, tzinfo=UTC),
            id="in another zone",
        ),
    ],
)
def test_submission_times(desk: Desk, submitted_at: datetime, expires_at: datetime) -> None:
    """Clocks differ a little, zones differ a lot, and old IDs may be registered."""
    task = desk.task(one(desk, submitted_at=submitted_at))

    assert task.expires_at == expires_at
    assert task.expiry_exact
    assert task.next_poll_at == desk.clock()


class TestTokens:
    """Which token a task is asked about with."""

    def test_the_default_of_the_service(self, desk: Desk) -> None:
        """When none is named; a newer one, which may be dead, does not take over by itself."""
        first, _ = desk.credentials.add(label="old", access_token=TOKEN)
        desk.credentials.add(label="new", access_token=f"{TOKEN}-2")
        desk.credentials.add(label="elsewhere", access_token=TOKEN, api_url=SANDBOX_URL)

        assert desk.task(one(desk)).credential_id == first.id

    def test_the_named_one_brings_its_service(self, desk: Desk) -> None:
        """It cannot be used anywhere else."""
        elsewhere, _ = desk.credentials.add(label="", access_token=TOKEN, api_url="https://other.example")
        task = desk.task(one(desk, credential_id=elsewhere.id))

        assert (task.credential_id, task.api_url) == (elsewhere.id, "https://other.example")
        assert "another service" in refusal(desk, credential_id=elsewhere.id, api_url=SERVICE)

    def test_another_teams_token_is_not_there(self, desk: Desk, other_desk: Desk) -> None:
        """Its existence is not given away."""
        foreign, _ = other_desk.credentials.add(label="", access_token=TOKEN)

        assert refusal(desk, credential_id=foreign.id) == "there is no such token in this team"
        assert desk.task(one(desk)).credential_id is None

    def test_evaluation_mode_takes_none(self, desk: Desk) -> None:
        """It must not be sent one."""
        token, _ = desk.credentials.add(label="", access_token=TOKEN)

        assert desk.task(one(desk, trial=True, credential_id=token.id)).credential_id is None


NEW = "7d1e2f30-4a5b-4c6d-9e7f-8091a2b3c4d5"


class TestEitherCase:
    """A GUID is the same task in small letters and in capitals, and is asked about as it was written first."""

    def test_another_spelling_is_known(self, desk: Desk) -> None:
        """Whichever came first, also mixed ones, also within one request."""
        for first, second in ((NEW, NEW.upper()), (ID.upper(), ID), ("Ab" + NEW[2:], "aB" + NEW[2:])):
            done = desk.intake.register([NewTask(task_id=first), NewTask(task_id=second)])
            assert list(done.registered) == [first]
            assert done.known == {second: done.registered[first]}
            again = desk.intake.register([NewTask(task_id=second), NewTask(task_id=f"{{{first}}}")])
            assert again.registered == {}
            assert set(again.known.values()) == set(done.registered.values())
            assert [known for _, known in desk.intake.preview(second).known] == list(done.registered.values())
            assert desk.task(done.registered[first]).task_id == first

    def test_other_ids_have_a_case(self, desk: Desk) -> None:
        """Only GUIDs are numbers written with letters (fact sheet 3.2)."""
        done = desk.intake.register([NewTask(task_id="Odd_1"), NewTask(task_id="odd_1")])
        assert list(done.registered) == ["Odd_1", "odd_1"]

    def test_tasks_that_were_stored_twice_stay(self, desk: Desk) -> None:
        """From before; each spelling finds its own."""
        with desk.database.writing() as session:
            for task_id in (NEW, NEW.upper()):
                session.add(
                    Task(
                        team_id=desk.team_id,
                        api_url=SERVICE,
                        task_id=task_id,
                        operation="RecognizeImage",
                        registered_at=desk.clock(),
                        expires_at=desk.clock(),
                    )
                )
        known = desk.intake.register([NewTask(task_id=NEW), NewTask(task_id=NEW.upper())]).known
        assert len(set(known.values())) == 2
        for spelling, other in ((NEW, NEW.upper()), (NEW.upper(), NEW)):
            assert desk.tasks.find(spelling) == known[spelling]
            assert desk.tasks.detail(known[spelling]).same_as == [known[other]]

    @pytest.mark.parametrize(
        ("given", "operation", "trial"),
        [
            (f"{{{NEW}}}", Operation.RECOGNIZE_PDF, False),
            (f"urn:uuid:{NEW}", Operation.RECOGNIZE_PDF, False),
            (f"{SERVICE}/v5.0/ocr/RecognizeImageTrial?id={NEW}", Operation.RECOGNIZE_IMAGE, True),
            (f"{SERVICE}/v5.0/ocr/Utilities/GetTaskStatus?id={NEW}", Operation.RECOGNIZE_PDF, False),
        ],
    )
    def test_a_given_id_in_any_dress(
        self, desk: Desk, given: str, operation: Operation, *, trial: bool
    ) -> None:
        """One reading for page, API and scripts; a whole request says what it is."""
        done = desk.intake.register([NewTask(task_id=given, operation=Operation.RECOGNIZE_PDF)])
        task = desk.task(done.registered[NEW])
        assert (task.operation, task.trial) == (operation.value, trial)


class TestPreview:
    """Pasted text, sorted before anything is saved."""

    def test_lines_are_sorted(self, desk: Desk) -> None:
        """New, unusual, known, malformed and repeated ones; nothing is stored."""
        row_id = one(desk)
        preview = desk.intake.preview(f"{ID} again\n{NEW}\tInvoice\nodd_1\n{NEW.upper()}\n{'x' * 300}\n\n")

        assert [(line.task_id, line.label) for line in preview.new] == [(NEW, "Invoice")]
        assert [line.task_id for line in preview.unusual] == ["odd_1"]
        assert [(line.task_id, known) for line, known in preview.known] == [(ID, row_id)]
        assert len(preview.malformed) == 1
        assert [(line.number, first) for line, first in preview.repeats] == [(4, 2)]
        assert preview.repeated == 1
        assert desk.wakes == 1

    def test_what_is_known_depends_on_the_service(self, desk: Desk) -> None:
        """The same ID may be new elsewhere."""
        one(desk)

        assert desk.intake.preview(ID, api_url=SANDBOX_URL).known == ()

    def test_another_teams_tasks_are_unknown(self, desk: Desk, other_desk: Desk) -> None:
        """Teams do not see each other."""
        one(other_desk)

        assert [line.task_id for line in desk.intake.preview(ID).new] == [ID]
        assert one(desk) != 0


@pytest.mark.parametrize(
    ("label", "stored"),
    [
        ("  Invoice   March ", "Invoice March"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("a\x00b\x1b[31m\u202ec", "a b [31mc"),
        ("発票 №7 🎉", "発票 №7 🎉"),
        ("x" * 300, "x" * 200),
        (" ", ""),
    ],
)
def test_a_label_is_one_plain_line(label: str, stored: str) -> None:
    """Whatever was typed."""
    assert clean_label(label) == stored


def test_a_service_has_a_name() -> None:
    """The sandbox is called so, others go by their host."""
    assert service_name(SANDBOX_URL) == "Sandbox"
    assert service_name("https://api.aspose.cloud") == "api.aspose.cloud"
    assert service_name("http://127.0.0.1:8600") == "http://127.0.0.1:8600"
