"""A forgotten passphrase, through both programs: request, shares, answer, nothing lost."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from field_client.vault import keys
from tests.support.canary import scan
from tests.support.processes import (
    OPERATOR,
    PASSPHRASE,
    Finished,
    client_environment,
    run,
    server_environment,
)
from tests.support.scenes import Laptop, Office, people, regency
from tests.support.sharing import copied, lines

NEW = "kopi-labuan-bajo-sembilan"
OTHER = "komodo-padar-rinca"


@dataclass(slots=True, kw_only=True)
class Scene:
    """An office with a recovery key, and its shares on paper."""

    office: Office
    folder: Path
    shares: list[str] = field(default_factory=list)

    def make_key(self, *more: str) -> None:
        """Make a key; the officers copy what they see."""
        self.shares = copied(self.office.attempt("recovery", "create", *more).check().stdout)

    def at_office(self, *args: object, shares: tuple[int, ...] = ()) -> Finished:
        """Run `sync-server recovery ARGS` while officers type their shares."""
        typed = lines(*(self.shares[number - 1] for number in shares))
        env = server_environment(self.office.home)
        return run("sync-server", "recovery", *args, env=env, stdin=typed)

    def forget(self, device: Laptop, name: str = "minta", **who: str) -> Path:
        """Ask for a recovery with a new passphrase; give the request's file."""
        request = self.folder / f"{name}.jemput"
        recover(device, "request", request, **who).check()
        return request

    def answer(self, request: Path, *shares: int) -> Path:
        """Answer a request; give the answer's file."""
        answer = request.with_name(f"{request.stem}-jawab.jemput")
        self.at_office("answer", request, answer, shares=shares).check()
        return answer


def recover(device: Laptop, *args: object, typed: str = NEW, operator: str = OPERATOR) -> Finished:
    """Run `field-client recover ARGS`, the new passphrase typed or set."""
    env = client_environment(device.home, typed, operator)
    return run("field-client", "recover", *args, env=env, stdin=f"{typed}\n")


def people_of(device: Laptop, passphrase: str = NEW, operator: str = OPERATOR) -> dict[str, Any]:
    """Give the names that an operator sees."""
    env = client_environment(device.home, passphrase, operator)
    found = run("field-client", "list", "person", "--json", env=env).check().json
    return {one["id"]: one["values"] for one in found["records"]}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Give a regency that listens."""
    with regency(tmp_path) as office:
        yield Scene(office=office, folder=tmp_path)


def test_an_operator_gets_back_in_and_everything_is_there(scene: Scene) -> None:
    """With two of three shares; nothing changes before, and afterwards the old one is gone."""
    device = scene.office.laptop("tim-1")
    device.sync()
    scene.make_key()
    device.add("person", people(1, 3))
    device.sync()
    device.add("person", people(2, 2))
    before = people_of(device, PASSPHRASE)
    assert len(before) == 5
    key = scene.at_office("status", "--json").check().json["key"]
    assert device.run("operator", "list")["recovery_key"] == key
    request = scene.forget(device)
    assert people_of(device, PASSPHRASE) == before
    assert device.attempt("list", passphrase=NEW).error_code == "PASSPHRASE_WRONG"
    answer = scene.answer(request, 3, 1)
    assert people_of(device, PASSPHRASE) == before
    for _ in range(2):
        assert recover(device, "apply", answer, "--json").check().json == {"operator": OPERATOR}
    assert people_of(device) == before
    assert device.attempt("list").error_code == "PASSPHRASE_WRONG"
    names = [str(one["name"]) for one in before.values()]
    kept = [device.home, request, answer]
    assert [
        hit for word in (NEW, PASSPHRASE, max(names, key=len)) for hit in scan(kept, word)
    ] == []
    env = client_environment(device.home, NEW, OPERATOR)
    assert run("field-client", "sync", "--json", env=env).check().json["waiting"] == 0
    events = scene.at_office("status", "--json").check().json["events"]
    assert [event["deed"] for event in events] == ["created", "answered"]
    assert (events[1]["operator"], events[1]["shares"]) == (OPERATOR, [1, 3])


def test_the_code_on_the_laptop_is_the_one_at_the_office(scene: Scene) -> None:
    """And the officers see whose laptop it is before any share is typed."""
    scene.make_key()
    device = scene.office.laptop("tim-1")
    device.sync()
    request = scene.folder / "minta"
    told = recover(device, "request", request, "--json").check().json
    shown = scene.at_office("answer", request, scene.folder / "jawab", shares=(1, 2)).check()
    for words in (told["code"], told["device"], "tim-1", OPERATOR):
        assert words in shown.stderr
    later = recover(device, "request", request, "--json").check().json
    assert later["code"] != told["code"]


def test_a_later_request_replaces_the_one_before(scene: Scene) -> None:
    """The answer to the first is named, the one to the second opens."""
    scene.make_key()
    device = scene.office.laptop("tim-1")
    device.sync()
    first = scene.answer(scene.forget(device, "satu"), 1, 2)
    second = scene.answer(scene.forget(device, "dua"), 2, 3)
    assert recover(device, "apply", first).error_code == "RECOVERY_ANSWER_OUTDATED"
    assert recover(device, "apply", second, typed=OTHER).error_code == "PASSPHRASE_WRONG"
    recover(device, "apply", second).check()
    assert people_of(device) == {}


def test_an_answer_opens_no_other_laptop(scene: Scene) -> None:
    """Nor does half a file, or the request itself."""
    scene.make_key()
    one, other = (scene.office.laptop(f"tim-{number}") for number in (1, 2))
    for device in (one, other):
        device.sync()
    answer = scene.answer(scene.forget(one), 1, 2)
    request = scene.forget(other, "lain")
    half = scene.folder / "separuh"
    half.write_bytes(answer.read_bytes()[:-40])
    assert recover(other, "apply", answer).error_code == "RECOVERY_ANSWER_FOREIGN"
    for wrong in (half, request):
        assert recover(one, "apply", wrong).error_code == "RECOVERY_ANSWER_INVALID"
    assert recover(one, "apply", scene.folder / "tiada").error_code == "FILE_UNREADABLE"
    recover(one, "apply", answer).check()


def test_a_laptop_without_the_key_says_who_can_help(scene: Scene) -> None:
    """It never synced since the key was made."""
    device = scene.office.laptop("tim-1")
    device.sync()
    scene.make_key()
    refused = recover(device, "request", scene.folder / "minta")
    assert refused.error_code == "RECOVERY_UNAVAILABLE"
    assert not (scene.folder / "minta").exists()


def test_a_laptop_that_was_not_synced_since_opens_with_the_old_shares(scene: Scene) -> None:
    """The new ones are told to belong to another key; after a sync they open it."""
    scene.make_key()
    device = scene.office.laptop("tim-1")
    device.sync()
    old = scene.shares
    assert scene.at_office("create").error_code == "RECOVERY_KEY_EXISTS"
    scene.make_key("--replace", "--shares", "5", "--threshold", "3")
    new = scene.shares
    request, answer = scene.forget(device), scene.folder / "jawab"
    refused = scene.at_office("answer", request, answer, shares=(1, 2, 3))
    assert refused.error_code == "SHARE_OF_OTHER_KEY"
    assert not answer.exists()
    scene.shares = old
    recover(device, "apply", scene.answer(request, 1, 2)).check()
    env = client_environment(device.home, NEW, OPERATOR)
    run("field-client", "sync", env=env).check()
    scene.shares = new
    recover(device, "apply", scene.answer(scene.forget(device, "dua"), 5, 1, 3)).check()


def test_a_lost_laptop_is_not_answered(scene: Scene) -> None:
    """Revoked is revoked, whoever holds the shares."""
    scene.make_key()
    device = scene.office.laptop("tim-1")
    device.sync()
    request = scene.forget(device)
    scene.office.run("device", "revoke", "tim-1")
    refused = scene.at_office("answer", request, scene.folder / "jawab", shares=(1, 2))
    assert refused.error_code == "RECOVERY_DEVICE_REVOKED"


def test_a_damaged_slot_is_recovered_too(scene: Scene) -> None:
    """Both copies of one operator's slot are spoilt; nobody else is there to reset it."""
    scene.make_key()
    device = scene.office.laptop("tim-1")
    device.sync()
    person = device.add_person(**people(1, 1)[0])
    for name in ("slots.json", "slots.copy.json"):
        path = device.home / name
        body = json.loads(path.read_text(encoding="utf-8"))
        body["slots"][0]["wrapped"] = "00" * 48
        path.write_text(json.dumps(body), encoding="utf-8")
    assert device.attempt("list").error_code == "VAULT_SLOT_DAMAGED"
    recover(device, "apply", scene.answer(scene.forget(device), 1, 2)).check()
    assert list(people_of(device)) == [person]
    assert keys.operators(device.home) == [(OPERATOR, "administrator")]


def test_a_second_operator_is_recovered_and_the_first_goes_on(scene: Scene) -> None:
    """Also after a third was removed and the root of the store replaced."""
    scene.make_key()
    device = scene.office.laptop("tim-1")
    device.sync()
    for name in ("rekan", "bekas"):
        device.attempt("operator", "add", name, stdin=f"{OTHER}\n").check()
    device.run("operator", "remove", "bekas")
    request = scene.forget(device, operator="rekan")
    recover(device, "apply", scene.answer(request, 2, 3), operator="rekan").check()
    assert people_of(device, operator="rekan") == people_of(device, PASSPHRASE) == {}


def test_a_root_replaced_between_request_and_answer_is_named(scene: Scene) -> None:
    """Somebody was removed meanwhile: a fresh request is needed, and nothing was changed."""
    scene.make_key()
    device = scene.office.laptop("tim-1")
    device.sync()
    for name in ("rekan", "bekas"):
        device.attempt("operator", "add", name, stdin=f"{OTHER}\n").check()
    answer = scene.answer(scene.forget(device, operator="rekan"), 1, 2)
    device.run("operator", "remove", "bekas")
    assert recover(device, "apply", answer, operator="rekan").error_code == "RECOVERY_OUTDATED"
    assert people_of(device, OTHER, "rekan") == {}
    again = scene.answer(scene.forget(device, "lagi", operator="rekan"), 1, 2)
    recover(device, "apply", again, operator="rekan").check()
    assert people_of(device, operator="rekan") == {}


def test_no_file_of_somebody_else_is_written_over(scene: Scene) -> None:
    """A request replaces an earlier request only, an answer nothing."""
    scene.make_key()
    device = scene.office.laptop("tim-1")
    device.sync()
    letter = scene.folder / "surat.txt"
    letter.write_text("Yth.", encoding="utf-8")
    assert recover(device, "request", letter).error_code == "RECOVERY_FILE_TAKEN"
    request = scene.forget(device)
    scene.forget(device)
    refused = scene.at_office("answer", request, letter, shares=(1, 2))
    assert refused.error_code == "RECOVERY_TARGET_TAKEN"
    assert letter.read_text(encoding="utf-8") == "Yth."


def test_the_exercise_opens_nothing_and_is_dated(scene: Scene) -> None:
    """Each share bears the date of its last trial; a wrong one is named and nothing is noted."""
    assert scene.at_office("exercise").error_code == "RECOVERY_KEY_MISSING"
    scene.make_key("--holder", "Kadis", "--holder", "Sekretaris", "--holder", "Kabid")
    assert scene.at_office("exercise", shares=(2,)).error_code == "SHARES_TOO_FEW"
    assert scene.at_office("exercise", shares=(2, 2)).error_code == "SHARE_REPEATED"
    assert scene.at_office("status", "--json").json["exercised"] is None
    scene.at_office("exercise", shares=(3, 1)).check()
    status = scene.at_office("status", "--json").check().json
    assert status["days_since_exercise"] == 0
    assert [bool(share["tried"]) for share in status["shares"]] == [True, False, True]
    assert [share["holder"] for share in status["shares"]] == ["Kadis", "Sekretaris", "Kabid"]
    for lang in ("id", "en"):
        assert "Sekretaris" in scene.at_office("status", "--lang", lang).check().stdout
