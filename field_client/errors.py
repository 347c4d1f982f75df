"""What can go wrong with records and the device, a class for each decision a caller can take."""

from shared_schema.errors import (
    AccessError,
    InputError,
    JemputError,
    RecordAmbiguous,
    RecordUnknown,
)

__all__ = [
    "ChoiceOutdated",
    "DraftUnknown",
    "NotDiscarded",
    "NotEnrolled",
    "OtherCopy",
    "PinForgotten",
    "PinWeak",
    "PinWrong",
    "RecordAmbiguous",
    "RecordUnknown",
    "StoreLocked",
    "VaultCopied",
    "VaultRestored",
]


class NotEnrolled(AccessError):
    """The enrolment of this laptop was cut short. Run `enrol` again with the same code."""

    code = "NOT_ENROLLED"


class VaultCopied(JemputError):
    """Another folder or machine has held this store before. It goes on under a branch of its own;
    nothing is lost and no number is given twice. Tell your supervisor that two copies may exist.
    """

    code = "VAULT_COPIED"


class VaultRestored(JemputError):
    """The store was restored from the backup of {made}. What was saved after it and not synced is
    only on the old laptop, if that still works; this copy goes on under a branch of its own, and no
    number is given twice. Tell your supervisor.
    """

    code = "VAULT_RESTORED"


class TailLost(JemputError):
    """The newest part of this laptop's store is gone; its disk may be failing. What the office has
    comes back with the next sync; look whether what you saved last is there, and tell your
    administrator.
    """

    code = "VAULT_TAIL_LOST"


class OtherCopy(JemputError):
    """Another copy of this laptop's store has sent to the office: a restored backup or a copied
    folder. The two are kept apart, nothing is lost and nobody counts twice. Tell your supervisor,
    and go on with one of them only.
    """

    code = "OTHER_COPY"


class DraftUnknown(InputError):
    """{text} is no draft, so nothing was thrown away. What is final is declared void, with
    `void {text} --reason T`.
    """

    code = "DRAFT_UNKNOWN"


class NotDiscarded(InputError):
    """No draft in the trash has the id {text}. Run `discard` without ID for a list."""

    code = "NOT_DISCARDED"


class StoreLocked(AccessError):
    """The pages are locked. Unlock them and go on; what was saved is kept."""

    code = "STORE_LOCKED"


class PinWeak(InputError):
    """The PIN is too easy to guess, or not six digits. Take others: no rows such as 123456, no
    repetitions such as 121212.
    """

    code = "PIN_WEAK"


class PinWrong(AccessError):
    """The PIN is wrong. Tries left: {tries}. After that the passphrase is needed."""

    code = "PIN_WRONG"


class PinForgotten(AccessError):
    """The PIN no longer opens anything, and this laptop has forgotten it. Unlock with the
    passphrase; nothing that was saved is lost.
    """

    code = "PIN_FORGOTTEN"


class ChoiceOutdated(InputError):
    """Another value came while you were choosing. Look at the values again and choose once more."""

    code = "CHOICE_OUTDATED"
