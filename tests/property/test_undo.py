"""Undo over a real store: whatever came before and between, it is as if it had never been said."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared_schema.ids import derived_id
from shared_schema.links import Verdict, clusters
from sync_server import ingest, reconcile
from sync_server.identity import edges_of
from sync_server.ingest import Edit
from sync_server.store.driver import ask
from tests.support.offices import Bench, found_office

USER = "user:penyelia"
PEOPLE = [derived_id("test", name.encode()) for name in ("Agnes", "Bernadus", "Cornelis")]
PAIRS = list(combinations(PEOPLE, 2))
UNDO = None
SAME, DIFFERENT, UNDECIDED = Verdict.SAME, Verdict.DIFFERENT, Verdict.UNDECIDED

Step = tuple[int, Verdict | None]
PLACE = st.integers(0, len(PAIRS) - 1)
STEPS = st.lists(st.tuples(PLACE, st.sampled_from([*Verdict, UNDO])), max_size=6)


def office(folder: str) -> Bench:
    """Give an office that knows a few people who have nothing in common."""
    bench = found_office(Path(folder))
    edits = [
        Edit(
            record=one,
            type="person",
            values={"name": str(one), "sex": "P", "village": f"53.15.0{at}.2001"},
        )
        for at, one in enumerate(PEOPLE, 1)
    ]
    with bench.office.store.write() as connection:
        ingest.write_own(connection, edits, f"{USER}/register")
    return bench


def clusters_after(steps: Sequence[tuple[int, Step]]) -> dict[str, str]:
    """Take the numbered steps in an office of their own; give the root of each record in a cluster.

    A step that takes back what nobody said is left out.
    """
    latest: dict[int, str] = {}
    with TemporaryDirectory() as folder:
        bench = office(folder)
        with bench.office.store.write() as connection:
            for number, (pair, verdict) in steps:
                if verdict is not UNDO:
                    ends = (str(PAIRS[pair][0]), str(PAIRS[pair][1]))
                    made = reconcile.decide_pair(connection, ends, verdict, f"{number}", USER)
                elif pair in latest:
                    made = reconcile.undo(connection, latest[pair], USER)
                else:
                    continue
                latest[pair] = str(made.decision)
            found = dict(ask(connection, "SELECT record, root FROM clusters"))
            whole = clusters(edges_of(connection)).root
        bench.office.store.close()
    assert found == {str(record): str(root) for record, root in whole.items()}
    return found


@settings(max_examples=25)
@given(before=STEPS, said=st.tuples(PLACE, st.sampled_from(Verdict)), between=STEPS)
@example(before=[(0, SAME), (2, SAME), (1, DIFFERENT)], said=(0, UNDECIDED), between=[])
@example(before=[(0, SAME), (1, DIFFERENT), (0, UNDO)], said=(0, SAME), between=[(2, SAME)])
def test_an_undone_verdict_was_never_given(before, said, between):
    """Clusters are those of an office that never heard it, whatever others said meanwhile."""
    between = [step for step in between if step[0] != said[0]]
    steps = list(enumerate([*before, *between]))
    taken_back = [(-1, said), *steps[len(before) :], (-2, (said[0], UNDO))]
    assert clusters_after([*steps[: len(before)], *taken_back]) == clusters_after(steps)


def test_a_same_that_is_said_again_is_laid_behind_what_was_said_meanwhile():
    """Only undoing gives a verdict its place back: what is said anew is the latest."""
    again = [(0, SAME), (0, UNDO), (2, SAME), (1, DIFFERENT), (0, SAME)]
    assert clusters_after(list(enumerate(again))) == clusters_after(list(enumerate(again[2:])))
