"""The vault's tables answer as TinyDB's own do: the same calls, the same results, side by side.

The stock table runs over memory with text ids; the vault over an encrypted file, once with
indexes declared and once without. Hypothesis draws the calls.
"""

import copy
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tinydb import Query, TinyDB, operations, where
from tinydb.storages import MemoryStorage
from tinydb.table import Document, Table

from field_client.vault.connection import open_encrypted
from field_client.vault.keys import VaultKeys
from field_client.vault.migrations import create
from field_client.vault.store import PURPOSE, RAW_KEY_BYTES, VaultDB
from field_client.vault.table import VaultTable

KEYS = VaultKeys(
    operator="Petugas Contoh",
    slot="00",
    role="operator",
    public=bytes(32),
    root=bytes(32),
    identity=bytes(32),
)
FIELDS = ("nik", "village", "state")


class _CopyingStorage(MemoryStorage):
    """Memory that is read and written by value, as a file is."""

    def read(self):
        return copy.deepcopy(super().read())

    def write(self, data):
        super().write(copy.deepcopy(data))


class _StockTable(Table):
    document_id_class = str  # type: ignore[assignment]  # ids are text in the vault
    numbers = itertools.count()

    def _get_next_id(self):
        return f"auto{next(self.numbers)}"


class _Stock(TinyDB):
    table_class = _StockTable


class _CountingTable(VaultTable):
    numbers = itertools.count()

    def _get_next_id(self):
        return f"auto{next(self.numbers)}"


class _Vault(VaultDB):
    table_class = _CountingTable


@pytest.fixture(scope="module", params=[FIELDS, ()], ids=["indexed", "bare"])
def vault(request, tmp_path_factory) -> Iterator[tuple[VaultDB, tuple[str, ...]]]:
    """One encrypted file for all examples; each empties its table and declares its fields."""
    path: Path = tmp_path_factory.mktemp("vault") / "vault.db"
    store = open_encrypted(path, KEYS.derive(PURPOSE, RAW_KEY_BYTES), create=True)
    create(store)
    with _Vault(store, "") as db:
        yield db, request.param


def _fresh(vault) -> tuple[VaultDB, Table]:
    db, declared = vault
    db.drop_tables()
    db._catalogue.declare({"records": declared}, {})
    _StockTable.numbers, _CountingTable.numbers = itertools.count(), itertools.count()
    return db, _Stock(storage=_CopyingStorage).table("records")


ids = st.sampled_from([f"id{number}" for number in range(6)])
plain = st.sampled_from(["", "a", "b", "1", "ä\u0000", 0, 1, 1.0, True, False, 2.5, None])
values = plain | st.sampled_from([[], ["a"], {}, {"deep": "a"}, 2**60, float(2**60), -0.0])
names = st.sampled_from([*FIELDS, "note"])
bodies = st.dictionaries(names, values, max_size=4)
documents = st.builds(Document, bodies, ids)


COMPARISONS = {
    "==": lambda name, value: where(name) == value,
    "!=": lambda name, value: where(name) != value,
    "one_of": lambda name, value: where(name).one_of([value, "b"]),
    "one_of nothing": lambda name, _: where(name).one_of([]),
    "exists": lambda name, _: where(name).exists(),
    "deep": lambda name, value: where(name)["deep"] == value,
    "part": lambda name, value: Query().fragment({name: value}),
}


def _compared(kind, name, value):
    return COMPARISONS[kind](name, value)


kinds = st.sampled_from(["==", "==", *COMPARISONS])
queries = st.recursive(
    st.builds(_compared, kinds, names, values),
    lambda inner: (
        st.tuples(inner, inner).map(lambda pair: pair[0] & pair[1])
        | st.tuples(inner, inner).map(lambda pair: pair[0] | pair[1])
        | inner.map(lambda one: ~one)
    ),
    max_leaves=4,
)
changes = bodies | st.builds(operations.set, names, values) | st.builds(operations.delete, names)
some_ids = st.lists(ids, unique=True, max_size=3)


def _call(method, *drawn, **named):
    """Draw a call of ``method``: a function of the table it is made on."""
    arguments = st.tuples(*drawn)
    keywords = st.fixed_dictionaries(named)
    return st.tuples(st.just(method), arguments, keywords)


calls = st.one_of(
    _call("insert", documents),
    _call("insert", documents),
    _call("insert", documents),
    _call("insert_multiple", st.lists(documents, max_size=4)),
    _call("update", changes, queries),
    _call("update", changes),
    _call("update", changes, doc_ids=some_ids),
    _call("update_multiple", st.lists(st.tuples(changes, queries), max_size=2)),
    _call("upsert", documents),
    _call("upsert", documents, queries),
    _call("upsert", bodies, queries),
    _call("insert", bodies),
    _call("remove", queries),
    _call("remove", doc_ids=some_ids),
    _call("remove"),
    _call("truncate"),
    _call("get", queries),
    _call("get", doc_id=ids),
    _call("get", doc_ids=some_ids),
    _call("get"),
    _call("contains", queries),
    _call("contains", doc_id=ids),
    _call("count", queries),
    _call("search", queries),
    _call("all"),
)


def _outcome(table, call):
    method, arguments, keywords = call
    try:
        result = getattr(table, method)(*arguments, **keywords)
    except (ValueError, RuntimeError, KeyError) as error:
        return type(error)
    return _shown(result)


def _shown(result):
    """Documents with their ids: equality of documents alone does not compare those."""
    if isinstance(result, Document):
        return (result.doc_id, repr(sorted(result.items())))
    if isinstance(result, list):
        return [_shown(each) for each in result]
    return result


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(calls, min_size=1, max_size=12), asked=st.lists(queries, max_size=4))
def test_any_history_gives_the_stock_results(vault, history, asked):
    """Call by call the same results or errors, then the same table for every query."""
    db, stock = _fresh(vault)
    ours = db.table("records")
    for call in history:
        assert _outcome(ours, call) == _outcome(stock, call), call
        assert _shown(ours.all()) == _shown(stock.all())
        assert len(ours) == len(stock)
    for query in asked:
        assert _shown(ours.search(query)) == _shown(stock.search(query))
    assert db.check() == []
