"""Puts the shipped samples into a sandbox, so that a board is alive at first sight."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.models import Operation
from dashboard.sandbox import samples
from dashboard.sandbox.state import SandboxState
from dashboard.sandbox.task_life import Tempo
from dashboard.wire.contract import Order
from dashboard.wire.endpoints import Endpoint

_CUT_OFF = b"\x89PNG\r\n\x1a\n\0\0"
_TABLE_NOTICE = "The ruling between two columns is faint; check the column borders."


@dataclass(frozen=True, slots=True, kw_only=True)
class SeededTask:
    """A sample task in the sandbox, with what the dashboard needs to register it; times are aware UTC."""

    operation: Operation
    trial: bool
    task_id: str
    label: str
    submitted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    label: str
    operation: Operation
    image: bytes
    age: timedelta = timedelta()
    tempo: Tempo
    trial: bool = False
    result_types: tuple[str, ...] = ("Text",)
    notices: tuple[str, ...] = ()


def _plans() -> tuple[_Plan, ...]:
    latin, invoice = samples.latin().image, samples.invoice().image
    image, table = Operation.RECOGNIZE_IMAGE, Operation.RECOGNIZE_TABLE
    at_once = Tempo(0, 0)
    return (
        # Evaluation mode close to its end: its countdown is worth looking at.
        _Plan(
            label="latin.png (evaluation)",
            operation=image,
            image=latin,
            trial=True,
            age=timedelta(hours=22, minutes=40),
            tempo=at_once,
        ),
        _Plan(label="latin.png", operation=image, image=latin, age=timedelta(hours=3), tempo=at_once),
        _Plan(
            label="Invoice: fields",
            operation=Operation.RECOGNIZE_INVOICE,
            image=invoice,
            age=timedelta(minutes=12),
            tempo=at_once,
        ),
        _Plan(
            label="Invoice: text, PDF and hOCR",
            operation=image,
            image=invoice,
            tempo=Tempo(2, 4),
            result_types=("Text", "Pdf", "Hocr"),
        ),
        _Plan(label="A damaged scan", operation=image, image=_CUT_OFF, tempo=Tempo(4, 8)),
        _Plan(
            label="Invoice: table",
            operation=table,
            image=invoice,
            tempo=Tempo(8, 12),
            result_types=("Csv", "Excel"),
            notices=(_TABLE_NOTICE,),
        ),
        _Plan(
            label="latin.png, straightened",
            operation=Operation.DESKEW_IMAGE,
            image=latin,
            tempo=Tempo(15, 25),
            result_types=("ImagePNG",),
        ),
    )


def picture_of(label: str) -> samples.Sample | None:
    """The shipped picture that the sample of this label is made of; None where there is nothing to see."""
    content = next((plan.image for plan in _plans() if plan.label == label), b"")
    return samples.by_digest().get(hashlib.sha256(content).hexdigest())


def seed(state: SandboxState) -> list[SeededTask]:
    """Submit the samples: some are done at once, the others finish within the next 40 seconds.

    A sandbox that still has samples from an earlier start gets no second set; those are given back.

    Raises:
        OSError: the tasks could not be kept.
    """
    tasks = state.seeded() or [
        state.submit(
            Endpoint(plan.operation, plan.trial),
            Order(content=plan.image, result_types=plan.result_types),
            tempo=plan.tempo,
            submitted_at=state.clock() - plan.age,
            notices=plan.notices,
            label=plan.label,
        )
        for plan in _plans()
    ]
    return [
        SeededTask(
            operation=task.operation,
            trial=task.trial,
            task_id=task.task_id,
            label=task.label,
            submitted_at=task.submitted_at,
        )
        for task in tasks
    ]
