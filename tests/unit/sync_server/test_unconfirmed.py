"""Who was recorded in the field and is not known at the centre: by age, team and kit."""

from datetime import date, timedelta

from sync_server.unconfirmed import Group, Recordings, by, by_age

ON = date(2016, 9, 1)


def recordings(days: int, team: str = "Tim 1", kit: str = "Laptop 1", count: int = 1) -> Recordings:
    """Give recordings of so many days ago."""
    return Recordings(recorded_on=ON - timedelta(days=days), team=team, kit=kit, count=count)


def test_every_recording_is_in_one_span_of_age() -> None:
    """Also one that a laptop dated into the future; the spans add up."""
    found = [recordings(days) for days in (-2, 0, 7, 8, 30, 31, 90, 91)]
    spans = by_age([*found, recordings(400, count=7)], ON)
    assert spans == [(0, 7, 3), (8, 30, 2), (31, 90, 2), (91, None, 8)]


def test_teams_and_kits_are_listed_with_their_oldest() -> None:
    """The largest group first, equal ones by name."""
    found = [
        recordings(5, "Tim 2"),
        recordings(9, "Tim 1", count=3),
        recordings(7, "Tim 2", "Laptop 2", count=3),
    ]
    assert by(found, lambda one: one.team, ON) == [
        Group(name="Tim 2", count=4, oldest_days=7),
        Group(name="Tim 1", count=3, oldest_days=9),
    ]
    assert [one.name for one in by(found, lambda one: one.kit, ON)] == ["Laptop 1", "Laptop 2"]
