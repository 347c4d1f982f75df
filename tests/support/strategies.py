"""Hypothesis strategies for the shared ground: streams, stamps, changes of one record."""

from hypothesis import strategies as st

from shared_schema.changes import Change, Stamp, Write
from shared_schema.clock import Evidence
from shared_schema.ids import Stream, record_id

# Few streams, readings and fields, so that histories meet each other often.
STREAMS = [Stream(bytes([n]) * 8, bytes([n]) * 4) for n in (1, 2, 3)]
RECORD = record_id(STREAMS[0], 1)
FIELDS = ["name", "village", "_void"]

streams = st.builds(Stream, st.binary(min_size=8, max_size=8), st.binary(min_size=4, max_size=4))
stamps = st.builds(Stamp, st.integers(1, 6), st.sampled_from(STREAMS))
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc_é", max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
evidence = st.builds(
    Evidence,
    wall_ms=st.integers(-(2**40), 2**48),
    monotonic_ms=st.none() | st.integers(0, 2**40),
    server_ms=st.none() | st.integers(0, 2**48),
    gps_ms=st.none() | st.integers(0, 2**48),
)


@st.composite
def writes(draw: st.DrawFn) -> Write:
    """One field's write that names up to two stamps of the small pool."""
    replaces = draw(st.lists(stamps, max_size=2, unique=True))
    return Write(value=draw(st.sampled_from(["a", "b", None])), replaces=tuple(sorted(replaces)))


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """Draw a change of RECORD with stamps from a small pool: equal ones occur, as in forks."""
    return Change(
        stream=draw(st.sampled_from(STREAMS)),
        sequence=draw(st.integers(1, 9)),
        record=RECORD,
        type="person",
        version=1,
        hlc=draw(st.integers(1, 6)),
        operator="Operator 1",
        writes=draw(st.dictionaries(st.sampled_from(FIELDS), writes(), min_size=1)),
        evidence=Evidence(wall_ms=0),
    )


@st.composite
def histories(draw: st.DrawFn, stream: Stream = STREAMS[0], most: int = 12) -> list[Change]:
    """Draw a stream as a device writes it: numbered from 1, readings rising.

    Records are begun and edited; an edit names the stamps it replaces; some point at others.
    """
    made: list[Change] = []
    last: dict[tuple[int, str], Stamp] = {}
    reading = 0
    for sequence in range(1, draw(st.integers(0, most)) + 1):
        reading += draw(st.integers(1, 1000))
        number = draw(st.integers(1, 5))
        value = draw(st.sampled_from(["a", "b", str(record_id(stream, draw(st.integers(1, 5))))]))
        names = draw(st.sets(st.sampled_from(["name", "person"]), min_size=1))
        fields = {
            name: Write(
                value=value,
                replaces=(last[number, name],) if (number, name) in last else (),
            )
            for name in names
        }
        made.append(
            Change(
                stream=stream,
                sequence=sequence,
                record=record_id(stream, number),
                type="visit",
                version=1,
                hlc=reading,
                operator="Operator 1",
                writes=fields,
                evidence=draw(evidence),
            )
        )
        last.update({(number, name): made[-1].stamp for name in names})
    return made
