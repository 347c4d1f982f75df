"""The office's recovery key on this laptop, and a forgotten passphrase seen from here.

The key comes with the answer to an enrolment or with a page. It is noted in the vault, in the same
transaction as the page's cursor, and from there taken over into the slot file, which a locked
laptop can read: now if possible, else at the next unlock. Of two keys the one made later counts,
so that an office restored from a backup does not bring back a key whose shares are gone.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from field_client.opened import App
from field_client.tables import Tables
from field_client.vault import keys
from field_client.vault.errors import KeysReplaced
from field_client.vault.roster import read_slots
from shared_schema.canonical import whole
from shared_schema.errors import InputError
from shared_schema.messages import MessageInvalid
from shared_schema.recovery import Answer, is_key, key_name

_META = "recovery"


class RecoveryAnswerForeign(InputError):
    """The answer is for another laptop. Take it there, and bring the one meant for this laptop."""

    code = "RECOVERY_ANSWER_FOREIGN"


class RecoveryAnswerOutdated(InputError):
    """The answer fits no request that waits on this laptop. Bring the answer to the last one."""

    code = "RECOVERY_ANSWER_OUTDATED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Whose slot an answer opens. ``applied``: it does so already."""

    operator: str
    applied: bool


def note_key(tables: Tables, told: Mapping[str, Any]) -> None:
    """Note the office's recovery key, unless a later one is known; within a transaction.

    Raises MessageInvalid where nothing can be sealed to it.
    """
    try:
        public, made_ms = bytes.fromhex(told["public"]), whole(told["made_ms"])
    except (KeyError, TypeError, ValueError) as error:
        raise MessageInvalid(reason="recovery") from error
    if not is_key(public):
        raise MessageInvalid(reason="recovery")
    if made_ms > tables.read_meta(_META).get("made_ms", 0):
        tables.write_meta(_META, {"public": public.hex(), "made_ms": made_ms})


def take_key(app: App) -> None:
    """Let the slot file hold the root under the key that was noted; repeating it changes nothing.

    Keys from before an operator was removed cannot; the next unlock does it. Raises DiskFull,
    VaultIO.
    """
    noted = app.tables.read_meta(_META).get("public")
    if noted is None:
        return
    held = read_slots(app.home).recovery
    if held is None or held["public"] != noted:
        with contextlib.suppress(KeysReplaced):
            keys.set_recovery(app.home, app.keys, bytes.fromhex(noted))


def key_held(home: Path) -> str | None:
    """Return the 16 digits of the key to which the root is sealed; no passphrase is needed."""
    held = read_slots(home).recovery
    return None if held is None else key_name(bytes.fromhex(held["public"]))


def find_waiting(home: Path, answer: Answer) -> Waiting:
    """Return whose request an answer belongs to; no passphrase is needed.

    Raises RecoveryAnswerForeign, RecoveryAnswerOutdated.
    """
    content = read_slots(home)
    if content.recovery is not None and content.recovery["device"] != answer.device.hex():
        raise RecoveryAnswerForeign
    for slot in content.slots:
        if slot.public == answer.slot:
            return Waiting(operator=slot.operator, applied=slot.sealed is not None)
    raise RecoveryAnswerOutdated
