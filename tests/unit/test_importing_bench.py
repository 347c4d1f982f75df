"""The bench of the import: a register twice, the second time with each hundredth line changed."""

from bench import importing


def test_the_second_import_writes_what_changed() -> None:
    """One percent, and everybody else is as before."""
    figures = importing.measured(200)
    assert (figures["first"]["added"], figures["first"]["rejected"]) == (200, 0)
    assert (figures["again"]["changed"], figures["again"]["unchanged"]) == (2, 198)
