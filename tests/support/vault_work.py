"""Work that is done to a vault step by step, and what must be found after any number of steps.

Each kind of work is a list of words. `act` does what a word says and returns when the program
would tell the user that it is done; `after` says what a word does to what is to be found, and
`found` reads that from a store that may have been through anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from field_client.vault.keys import VaultKeys
from field_client.vault.spool import SealedBatch, Spool, open_spool
from field_client.vault.store import VaultDB, create_vault, open_vault
from field_client.vault.table import document_of

PASSPHRASE = "sandi petugas contoh"
OPERATOR = "petugas"
INDEXES = {"records": ("nik",)}
TEXT_INDEXES = {"records": ("name",)}
STREAM = b"stream-12byt"
State = Any


class Work(Protocol):
    """One kind of work in one home."""

    def act(self, word: str) -> None:
        """Do what a word says; a store that is closed is opened first."""

    def close(self) -> None:
        """Close what is open."""

    @staticmethod
    def prepare(home: Path) -> VaultKeys | None:
        """Make what the work begins with."""

    @staticmethod
    def words(count: int) -> list[str]:
        """Return the first words of the work."""

    @staticmethod
    def after(state: State, word: str) -> State:
        """Return what is to be found after one more word; None is the state before all."""

    @staticmethod
    def found(home: Path, keys: VaultKeys | None) -> State:
        """Open the store, read it all, save once more, and return what was found before that."""


def states(work: type[Work], words: Sequence[str]) -> list[State]:
    """Return what is to be found after no word, one, two, and so on."""
    reached: list[State] = [work.after(None, "")]
    for word in words:
        reached.append(work.after(reached[-1], word))
    return reached


def may_be_found(
    work: type[Work], words: Sequence[str], told: Sequence[str], unsure: Sequence[str]
) -> list[State]:
    """Return every right outcome: what was told counts, what is unsure may, nothing else does."""
    reached = [work.after(None, "")]
    for word in words:
        if word in told:
            reached = [work.after(state, word) for state in reached]
        elif word in unsure:
            reached += [work.after(state, word) for state in reached]
    return reached


# Documents in the encrypted store


def person(number: int, version: int) -> Any:
    """Return a document whose every part follows from two numbers; some are large."""
    size = 40_000 if number % 13 == 12 else (number * 37 + version * 11) * 7 % 2500
    body = {
        "nik": f"{number:016d}",
        "name": f"Warga Contoh {number} V{version}",
        "version": version,
        "note": "x" * size,
    }
    return document_of(body, f"orang-{number}")


@dataclass(slots=True, kw_only=True)
class Documents:
    """Saves, corrections, removals, two at once; with checkpoints and reopening in between."""

    home: Path
    keys: VaultKeys
    db: VaultDB | None = None

    @staticmethod
    def prepare(home: Path) -> VaultKeys:
        """Make an empty store."""
        return create_vault(home, OPERATOR, PASSPHRASE, calibrate=False)

    @staticmethod
    def words(count: int) -> list[str]:
        """Return a day's work, the same each time."""
        found: list[str] = []
        for number in range(count):
            found.append(f"{number:03d} put {number}:0")
            if number % 3 == 2:
                found.append(f"{number:03d} put {number - 2}:{number}")
            if number % 5 == 4:
                found.append(f"{number:03d} put {number - 1}:{number} {number + 1000}:0")
            if number % 7 == 6:
                found.append(f"{number:03d} gone {number - 4}")
            if number % 9 == 8:
                found.append(f"{number:03d} checkpoint")
            if number % 8 == 7:
                found.append(f"{number:03d} reopened")
        return found

    @staticmethod
    def after(state: State, word: str) -> State:
        """Return number -> version."""
        reached = dict(state or {})
        _, kind, *rest = word.split() or ("", "")
        for each in rest:
            number, _, version = each.partition(":")
            if kind == "put":
                reached[int(number)] = int(version)
            else:
                reached.pop(int(number), None)
        return reached

    def act(self, word: str) -> None:
        """Do what a word says."""
        _, kind, *rest = word.split()
        db = self._opened()
        if kind == "checkpoint":
            db._store.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        elif kind == "reopened":
            self.close()
            self._opened()
        else:
            with db.transaction():
                for each in rest:
                    number, _, version = each.partition(":")
                    doc_id = f"orang-{number}"
                    if kind == "put":
                        db.table("records").upsert(person(int(number), int(version)))
                    else:
                        db.table("records").remove(doc_ids=[doc_id])

    def _opened(self) -> VaultDB:
        if self.db is None:
            self.db = open_vault(self.home, self.keys, indexes=INDEXES, text_indexes=TEXT_INDEXES)
        return self.db

    def close(self) -> None:
        """Close the store."""
        db, self.db = self.db, None
        if db is not None:
            db.close()

    @staticmethod
    def found(home: Path, keys: VaultKeys | None) -> State:
        """Read every document, whole; ask the indexes; save one more."""
        assert keys is not None
        with open_vault(home, keys) as db:
            table = db.table("records")
            documents = table.all()
            reached = {int(one.doc_id.split("-")[1]): int(one["version"]) for one in documents}
            assert len(reached) == len(documents), "doubled"
            for one in documents:
                number = int(one.doc_id.split("-")[1])
                assert one == person(number, one["version"]), "not as it was written"
            assert db.check() == []
            table.upsert(person(9999, 0))
            assert table.contains(doc_id="orang-9999")
        return reached


# Sealed batches and frames in the spool


@dataclass(slots=True, kw_only=True)
class Sealed:
    """Batches stored and acknowledged, the server's frames kept and worked off."""

    home: Path
    keys: VaultKeys | None = None
    spool: Spool | None = None

    @staticmethod
    def prepare(home: Path) -> VaultKeys:
        """Make a vault, of which only the spool is used."""
        return create_vault(home, OPERATOR, PASSPHRASE, calibrate=False)

    @staticmethod
    def words(count: int) -> list[str]:
        """Return a day's work, the same each time."""
        found: list[str] = []
        for number in range(count):
            found.append(f"{number:03d} batch")
            if number % 3 == 2:
                found.append(f"{number:03d} receipt")
            if number % 4 == 3:
                found.append(f"{number:03d} absorbed")
            if number % 10 == 9:
                found.append(f"{number:03d} reopened")
        return found

    @staticmethod
    def after(state: State, word: str) -> State:
        """Return (last, through, frames)."""
        last, through, frames = state or (0, 0, ())
        if word.endswith("batch"):
            last += 1
        elif word.endswith("receipt"):
            through, frames = last, (*frames, word)
        elif word.endswith("absorbed"):
            frames = frames[1:]
        return last, through, frames

    def act(self, word: str) -> None:
        """Do what a word says."""
        if self.spool is None:
            self.spool = open_spool(self.home)
        last = (self.spool.last(STREAM) or (0, b""))[0]
        if word.endswith("batch"):
            self.spool.put_batch(batch(last + 1))
        elif word.endswith("receipt"):
            with self.spool.transaction():
                self.spool.store_frame(word.encode())
                self.spool.ack(STREAM, last, max(0, last - 5))
        elif word.endswith("absorbed"):
            for number, _ in self.spool.frames():
                self.spool.drop_frame(number)
                break
        else:
            self.close()

    def close(self) -> None:
        """Close the spool."""
        spool, self.spool = self.spool, None
        if spool is not None:
            spool.close()

    @staticmethod
    def found(home: Path, keys: VaultKeys | None) -> State:
        """Read every batch and frame, and store one more."""
        assert keys is not None
        with open_spool(home) as spool:
            last = (spool.last(STREAM) or (0, b""))[0]
            kept = list(spool.batches(STREAM, spool.durable(STREAM)))
            assert kept == [batch(first) for first in range(spool.durable(STREAM) + 1, last + 1)]
            assert spool.check() == []
            reached = last, spool.acked(STREAM), tuple(body.decode() for _, body in spool.frames())
            spool.put_batch(batch(last + 1))
        return reached


def batch(first: int) -> SealedBatch:
    """Return a batch of one change whose every byte follows from its number."""
    body = b"%d" % first * (first * 53 % 900 + 1)
    return SealedBatch(stream=STREAM, first=first, count=1, hash=b"#%d" % first, body=body)
