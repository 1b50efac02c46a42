from tests.covered import by_room, report

FILES = [
    ("dashboard/store/tasks.py", 100, 0),
    ("dashboard/store/teams.py", 100, 30),
    ("dashboard/cli.py", 10, 10),
    ("pages/board.py", 40, 0),
    ("dashboard/ui/__init__.py", 0, 0),
]


def test_rooms_with_little_are_named() -> None:
    """The least covered first, and the whole at the end."""
    assert report(by_room(FILES)) == [
        "  0.0 % of    10 lines  dashboard",
        " 85.0 % of   200 lines  dashboard/store",
        "100.0 % of    40 lines  pages",
        "100.0 % of     0 lines  dashboard/ui",
        " 84.0 % of   250 lines  in all",
        "Less than 90 % of these is run in the process of a test: dashboard (0 %), dashboard/store (85 %)",
    ]


def test_none_may_be_left() -> None:
    """That is said, too."""
    assert report(by_room(FILES[:1]))[-1].endswith(": none")
