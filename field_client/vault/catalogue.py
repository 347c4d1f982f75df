"""Which tables, indexed fields and last rows the store has, as all programs that share it see them.

What is remembered is read again after another program's commit or a rollback of one's own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from field_client.vault import index
from field_client.vault.connection import StoreConnection
from field_client.vault.index import Declared, Fields

NOTHING = Fields()
ABSENT = -1


@dataclass(slots=True, kw_only=True)
class Catalogue:
    """The numbers of tables and fields, read again when another program has written."""

    store: StoreConnection
    _tables: dict[str, int] = field(default_factory=dict)
    _fields: dict[int, Fields] = field(default_factory=dict)
    _last: dict[int, int] = field(default_factory=dict)
    _read_at: int = -1

    def find(self, name: str) -> int:
        """Return a table's number, or -1 (which no row carries) for a table never written to."""
        self._refresh()
        return self._tables.get(name, ABSENT)

    def number(self, name: str) -> int:
        """Return a table's number, giving it one; only within a transaction."""
        number = self.find(name)
        if number == ABSENT:
            self.store.rows("INSERT INTO doc_tables (name) VALUES (?)", (name,))
            self.forget()
            number = self.find(name)
        return number

    def names(self) -> set[str]:
        """Return the names of all tables."""
        self._refresh()
        return set(self._tables)

    def fields(self, name: str) -> Fields:
        """Return a table's indexed fields."""
        number = self.find(name)
        return self._fields.get(number, NOTHING)

    def next_row(self, name: str) -> tuple[int, Fields, int]:
        """Return a table's number, its indexed fields and the number of its next row.

        Rows are numbered in the order in which they are inserted; only within a transaction.
        """
        self._refresh()
        table = self._tables.get(name) or self.number(name)
        last = self._last.get(table) or self._read_last(table)
        self._last[table] = seq = last + 1
        return table, self._fields.get(table, NOTHING), seq

    def _read_last(self, table: int) -> int:
        after, end = index.span(table)
        sql = "SELECT coalesce(max(seq), ?) FROM docs WHERE seq>? AND seq<?"
        number: int = self.store.rows(sql, (after, after, end))[0][0]
        return number

    def declare(self, indexes: Declared, text_indexes: Declared) -> None:
        """Register what is declared and not yet there; writes nothing where all is there."""
        kinds = ((index.VALUE, indexes), (index.TEXT, text_indexes))
        if all(self._declared(kind, declared) for kind, declared in kinds):
            return
        with self.store.transaction():
            for kind, declared in kinds:
                for name, names in declared.items():
                    index.register(self.store, self.number(name), kind, names)
            self.forget()

    def _declared(self, kind: str, declared: Declared) -> bool:
        return all(set(names) <= set(self._names(kind, name)) for name, names in declared.items())

    def _names(self, kind: str, table: str) -> Iterable[str]:
        fields = self.fields(table)
        return fields.text if kind == index.TEXT else fields.values

    def drop(self, name: str) -> None:
        """Remove an empty table and its fields; only within a transaction."""
        number = self.find(name)
        self.store.rows("DELETE FROM doc_fields WHERE tbl=?", (number,))
        self.store.rows("DELETE FROM doc_tables WHERE no=?", (number,))
        self.forget()

    def forget(self) -> None:
        """Read everything again at the next use."""
        self._read_at = -1

    def _refresh(self) -> None:
        now = self.store.outside_number()
        if now != self._read_at:
            self._tables = dict(self.store.rows("SELECT name, no FROM doc_tables"))
            self._fields = index.load(self.store)
            self._last = {}
            self._read_at = now
