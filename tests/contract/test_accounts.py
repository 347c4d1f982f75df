"""Users over a real store: signing in, lockout, sessions, rights, and the log of all of it."""

from pathlib import Path

import pytest
from sqlalchemy import text

from sync_server import accounts, setup
from sync_server.accounts import (
    IDLE_MS,
    LOCKED_MS,
    LONGEST_MS,
    MOST_FAILURES,
    LastAdministrator,
    Right,
    Role,
    SignedOut,
    SignInLocked,
    SignInRefused,
    UserExists,
    UserNameInvalid,
)
from sync_server.store.engine import DatabaseFailed
from sync_server.store.queries import audit
from sync_server.store.queries.audit import AuditAltered
from sync_server.store.queries.users import User
from tests.support.offices import Bench, found_office

NAME, PASSPHRASE = "penyelia", "sandi-uji-coba"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Give a founded office with its first administrator."""
    return found_office(tmp_path)


@pytest.fixture(autouse=True)
def _light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Derive keys at the least memory: what is tested is what follows from them."""
    monkeypatch.setattr(setup, "_MEMORY_KIB", 64)


def enter(bench: Bench, name: str = NAME, passphrase: str = PASSPHRASE) -> str:
    """Sign in to the pages; give the token."""
    return accounts.sign_in(bench.office, name, passphrase, "page")[0]


def entries(bench: Bench) -> list[tuple[str, str]]:
    """Give actor and action of the access log, the oldest first."""
    with bench.office.store.read() as connection:
        return [(one.actor, one.action) for one in audit.latest(connection)][::-1]


def add(bench: Bench, name: str, role: Role = Role.SUPERVISOR, area: tuple[str, ...] = ()) -> None:
    """Add a user with the usual passphrase."""
    user = User(
        name=name, role=role, passphrase_hash=accounts.hash_of(PASSPHRASE), created_ms=1, area=area
    )
    with bench.office.store.write() as connection:
        accounts.add(connection, user, "user:penyelia", bench.clock[0])


def test_a_session_ends_when_it_is_left_alone_too_old_or_signed_out(bench: Bench) -> None:
    """Half an hour without use, twelve hours in all; signing out ends it at once."""
    token = enter(bench)
    for _ in range(LONGEST_MS // IDLE_MS):
        assert accounts.who(bench.office, token, "page").name == NAME
        bench.clock[0] += IDLE_MS - 1
    bench.clock[0] += IDLE_MS
    with pytest.raises(SignedOut):
        accounts.who(bench.office, token, "page")
    token = enter(bench)
    bench.clock[0] += IDLE_MS + 1
    with pytest.raises(SignedOut):
        accounts.who(bench.office, token, "page")
    token = enter(bench)
    with pytest.raises(SignedOut):
        accounts.who(bench.office, token, "api")
    accounts.sign_out(bench.office, token)
    with pytest.raises(SignedOut):
        accounts.who(bench.office, token, "page")


@pytest.mark.parametrize("name", [NAME, "tidak-ada"])
def test_a_name_is_locked_after_five_wrong_passphrases_whether_it_exists_or_not(
    bench: Bench, name: str
) -> None:
    """The right one is refused as well until the time is over; then it counts anew."""
    for _ in range(MOST_FAILURES):
        with pytest.raises(SignInRefused):
            enter(bench, name, "salah-sekali")
    with pytest.raises(SignInLocked):
        enter(bench, name)
    assert entries(bench) == [("nobody", "sign-in-refused")] * MOST_FAILURES
    bench.clock[0] += LOCKED_MS
    if name == NAME:
        assert accounts.who(bench.office, enter(bench), "page").role is Role.ADMINISTRATOR
    else:
        with pytest.raises(SignInRefused):
            enter(bench, name)


def test_a_disabled_user_is_out_at_once_and_a_new_passphrase_brings_them_back(
    bench: Bench,
) -> None:
    """Their session ends, they cannot sign in; the passphrase given then is to be changed."""
    add(bench, "kedua")
    token = enter(bench, "kedua")
    with bench.office.store.write() as connection:
        accounts.disable(connection, "kedua", "user:penyelia", bench.clock[0])
    with pytest.raises(SignedOut):
        accounts.who(bench.office, token, "page")
    with pytest.raises(SignInRefused):
        enter(bench, "kedua")
    given = accounts.first_passphrase()
    with bench.office.store.write() as connection:
        made = accounts.hash_of(given)
        accounts.reset(connection, "kedua", made, "user:penyelia", bench.clock[0])
    token = enter(bench, "kedua", given)
    assert accounts.who(bench.office, token, "page").fresh
    accounts.change_passphrase(bench.office, "kedua", given, "pilihan-sendiri", token)
    assert not accounts.who(bench.office, token, "page").fresh
    assert enter(bench, "kedua", "pilihan-sendiri")


def test_a_user_cannot_be_added_twice_nor_the_last_administrator_disabled(bench: Bench) -> None:
    """Nor under a name that could be mistaken for something else."""
    add(bench, "kedua")
    with pytest.raises(UserExists):
        add(bench, "kedua")
    for name in ("", "a b", "user:x", "x" * 65):
        with pytest.raises(UserNameInvalid):
            add(bench, name)
    with bench.office.store.write() as connection, pytest.raises(LastAdministrator):
        accounts.disable(connection, NAME, "user:penyelia", bench.clock[0])


def test_rights_follow_from_the_role_and_records_from_the_area(bench: Bench) -> None:
    """Who only reads decides nothing; an area is met by what lies in it."""
    add(bench, "kecamatan", Role.VIEWER, ("53.15.05",))
    token = enter(bench, "kecamatan")
    actor = accounts.who(bench.office, token, "page")
    assert [right for right in Right if actor.may(right)] == [Right.READ]
    assert [actor.covers(area) for area in ("53.15.05.2001", "53.15.06", "53.15", None)] == [
        True,
        False,
        False,
        False,
    ]
    rights = {role: {right for right in Right if right in accounts.RIGHTS[role]} for role in Role}
    assert rights[Role.AUDITOR] == {Right.READ, Right.AUDIT}
    assert rights[Role.SUPERVISOR] == {Right.READ, Right.DECIDE, Right.REVEAL, Right.IMPORT}
    assert rights[Role.ADMINISTRATOR] == set(Right)


def test_the_access_log_cannot_be_changed_unseen(bench: Bench) -> None:
    """The database refuses; whoever gets round it breaks the chain."""
    enter(bench)
    enter(bench)
    with bench.office.store.read() as connection:
        assert audit.check(connection) == 2
    with pytest.raises(DatabaseFailed), bench.office.store.write() as connection:
        connection.execute(text("DELETE FROM audit"))
    for change in (
        "UPDATE audit SET actor = 'user:lain' WHERE position = 1",
        "DELETE FROM audit WHERE position = 1",
        "DELETE FROM audit WHERE position = 2",
    ):
        with bench.office.store.write() as connection:
            for name in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS audit_refuse_{name}"))
            step = connection.begin_nested()
            connection.execute(text(change))
            with pytest.raises(AuditAltered):
                audit.check(connection)
            step.rollback()
