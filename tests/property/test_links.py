"""Verdicts commute and vetoes hold; what taking one back restores, tests/property/test_undo.py."""

from hypothesis import given
from hypothesis import strategies as st

from shared_schema.changes import Stamp
from shared_schema.ids import record_id
from shared_schema.links import Edge, Verdict, clusters, link_id, ordered
from tests.support.strategies import STREAMS

PEOPLE = [record_id(STREAMS[0], number) for number in range(1, 7)]


@st.composite
def verdicts(draw: st.DrawFn) -> list[Edge]:
    """At most one standing verdict for each pair of six people."""
    pairs = draw(st.sets(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)), max_size=10))
    unique = {ordered(a, b) for a, b in pairs if a != b}
    return [
        Edge(
            a=a,
            b=b,
            verdict=draw(st.sampled_from(Verdict)),
            human=draw(st.booleans()),
            stamp=Stamp(draw(st.integers(1, 5)), draw(st.sampled_from(STREAMS))),
            weight=draw(st.sampled_from([5.0, 12.5, 30.0])),
        )
        for a, b in sorted(unique)
    ]


@given(verdicts(), st.randoms(use_true_random=False))
def test_verdicts_commute(edges, random):
    """The order of arrival does not matter."""
    assert clusters(random.sample(edges, len(edges))) == clusters(edges)


@given(verdicts())
def test_no_cluster_holds_two_people_declared_different(edges):
    """A veto holds, also against chains of *same*."""
    found = clusters(edges)
    for edge in edges:
        if edge.verdict is Verdict.DIFFERENT:
            assert found.of(edge.a) != found.of(edge.b)


@given(verdicts())
def test_no_machine_joins_what_a_person_left_undecided(edges):
    """Where only automatic edges would bring the two together, they stay apart."""
    found, by_people = clusters(edges), clusters([edge for edge in edges if edge.human])
    for edge in edges:
        joined = found.of(edge.a) == found.of(edge.b)
        if edge.human and edge.verdict is Verdict.UNDECIDED:
            assert joined == (by_people.of(edge.a) == by_people.of(edge.b))


@given(verdicts())
def test_every_same_edge_is_either_obeyed_or_shown_as_refused(edges):
    """Nothing is dropped in silence, and nothing else joins people."""
    found = clusters(edges)
    same = [edge for edge in edges if edge.verdict is Verdict.SAME]
    for edge in same:
        assert (found.of(edge.a) == found.of(edge.b)) != (edge in found.refused)
    touched = {person for edge in same for person in (edge.a, edge.b)}
    assert set(found.root) <= touched


@given(verdicts())
def test_clusters_are_named_by_their_smallest_record(edges):
    """Any replica gives a cluster the same name."""
    found = clusters(edges)
    for root, members in found.members.items():
        assert root == min(members)
        assert list(members) == sorted(set(members))
        assert all(found.of(member) == root for member in members)


def test_a_human_verdict_comes_before_a_heavier_automatic_one():
    """A supervisor joined A and B; the matcher's B = C would contradict A != C."""
    a, b, c = PEOPLE[:3]
    stamp = Stamp(1, STREAMS[0])
    human = Edge(a=a, b=b, verdict=Verdict.SAME, human=True, stamp=stamp)
    veto = Edge(a=a, b=c, verdict=Verdict.DIFFERENT, human=True, stamp=stamp)
    matcher = Edge(a=b, b=c, verdict=Verdict.SAME, human=False, stamp=stamp, weight=99.0)
    found = clusters([matcher, veto, human])
    assert found.of(a) == found.of(b) != found.of(c)
    assert found.refused == (matcher,)


def test_a_pair_has_one_link_from_either_side():
    """Two supervisors who decide about one pair write to one record."""
    assert link_id(PEOPLE[0], PEOPLE[1]) == link_id(PEOPLE[1], PEOPLE[0])
    assert link_id(PEOPLE[0], PEOPLE[1]) != link_id(PEOPLE[0], PEOPLE[2])


def test_a_machine_is_not_refused_among_those_whom_people_joined():
    """A doubt that people's own verdicts went over does not stand against what they joined."""
    one, two, three, four = PEOPLE[:4]
    given = [
        (one, two, Verdict.SAME, True),
        (one, three, Verdict.SAME, True),
        (one, four, Verdict.SAME, True),
        (two, four, Verdict.UNDECIDED, True),
        (two, three, Verdict.SAME, False),
    ]
    stamp = Stamp(1, STREAMS[0])
    found = clusters(Edge(a=a, b=b, verdict=v, human=h, stamp=stamp) for a, b, v, h in given)
    assert found.refused == ()
    assert found.of(two) == found.of(three) == one
