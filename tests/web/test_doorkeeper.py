"""Who makes room for whom, without sockets."""

from dataclasses import dataclass, field

import pytest

from dashboard.web import doorkeeper
from dashboard.web.doorkeeper import MOST_CONNECTIONS, Doorkeeper, neighbourhood, room_for
from dashboard.web.forwarding import Proxies


@dataclass(eq=False)
class Conn:
    """A connection that can be ended."""

    is_fast: bool = False
    ended: bool = field(default=False, init=False)

    def keeps_up(self) -> bool:
        """As it was made."""
        return self.is_fast

    def end(self) -> None:
        """As the doorkeeper does."""
        self.ended = True


def door_for(most: int, *proxies: str) -> Doorkeeper:
    """A doorkeeper with so many places."""
    return Doorkeeper(most=most, proxies=Proxies(proxies))


def waiting(door: Doorkeeper, address: str, conn: Conn | None = None) -> Conn:
    """A connection that was let in and has asked nothing yet."""
    conn = conn or Conn()
    assert door.admit(conn, address)
    door.waits(conn)
    return conn


def test_the_longest_waiting_makes_room() -> None:
    """Not one that is being answered; who has been answered waits anew."""
    door = door_for(4)
    busy, first, second, third = (waiting(door, f"10.0.0.{number}") for number in range(4))
    door.asked(busy)
    door.asked(first)
    door.waits(first)
    for number, expected in enumerate((second, third, first)):
        waiting(door, f"10.0.1.{number}")
        assert expected.ended
    assert not busy.ended
    assert len(door) == 4


def test_who_brings_what_was_promised_makes_room_last() -> None:
    """Though it came first; when there are only such ones, the oldest does."""
    door = door_for(4)
    upload = waiting(door, "10.0.0.1", Conn(is_fast=True))
    dripping = [waiting(door, f"10.0.0.{number}") for number in range(2, 5)]
    for number, each in enumerate(dripping):
        waiting(door, f"10.0.1.{number}", Conn(is_fast=True))
        assert each.ended
    assert not upload.ended
    waiting(door, "10.0.0.9")
    assert upload.ended


def test_one_address_cannot_take_all() -> None:
    """Its own oldest makes room, so that everybody else's stay."""
    door = door_for(10)
    member = waiting(door, "10.0.0.1")
    theirs = [waiting(door, "10.6.6.6") for _ in range(50)]
    assert sum(not conn.ended for conn in theirs) == 5
    assert not member.ended


def test_no_room_among_the_busy() -> None:
    """When everybody is being answered, another one is refused."""
    door = door_for(2)
    for number in range(2):
        door.asked(waiting(door, f"10.0.0.{number}"))
    assert not door.admit(Conn(), "10.0.0.9")
    assert len(door) == 2


def test_a_proxy_may_have_more() -> None:
    """Everybody comes by it."""
    door = door_for(10, "10.0.0.0/24")
    conns = [waiting(door, "10.0.0.7") for _ in range(10)]
    assert not any(conn.ended for conn in conns)


def test_pages_leave_room_for_requests() -> None:
    """A quarter, of everybody and of each address; a page that is closed makes room for another."""
    door = door_for(16)
    pages = [waiting(door, "10.0.0.1") for _ in range(8)]
    assert [door.stays(page) for page in pages] == [True] * 6 + [False] * 2
    others = [waiting(door, f"10.0.0.{number}") for number in range(2, 10)]
    assert [door.stays(page) for page in others] == [True] * 6 + [False] * 2
    door.left(pages[0])
    assert door.stays(waiting(door, "10.0.0.20"))


def test_nothing_is_kept_of_those_who_left() -> None:
    """Also not of those who were refused, gave way, or left twice; who is not in cannot stay."""
    door = door_for(4)
    conns = [Conn() for _ in range(20)]
    for number, conn in enumerate(conns):
        door.admit(conn, f"192.0.2.{number}")
        door.waits(conn)
        if number == 1:
            assert door.stays(conn)
    for conn in conns * 2:
        door.left(conn)
    assert not door.stays(conns[0])
    kept = [value for value in vars(door).values() if isinstance(value, dict | set)]
    assert len(kept) == 5
    assert not any(kept)


def test_after_closing_time() -> None:
    """Nobody is let in who could keep the server from ending."""
    door = door_for(4)
    door.close()
    assert not door.admit(Conn(), "10.0.0.1")


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::1", "::1"),
        ("", "unknown"),
    ],
)
def test_neighbourhood(address: str, counted: str) -> None:
    """What one customer has is one address, of whatever kind; an unknown one is not everybody."""
    assert neighbourhood(address) == counted


@pytest.mark.parametrize("files", [64, 256, 1024, 4096, 100_000])
def test_there_is_room_for_other_files(files: int) -> None:
    """Whatever comes before it can be turned away included."""
    room = room_for(files)
    assert room.most >= 16
    assert 0 < room.at_once <= room.most <= MOST_CONNECTIONS
    if files >= 256:
        assert files - (room.most + 4 * room.at_once) >= 128 or room.most == MOST_CONNECTIONS


def test_as_many_files_as_allowed_are_asked_for() -> None:
    """The soft limit is only a habit."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
        most = doorkeeper.open_files()
        assert 512 < most <= hard
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (most, hard)
        assert doorkeeper.open_files() == most
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
