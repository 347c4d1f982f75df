"""What can go wrong with records and the device, a class for each decision a caller can take."""

from shared_schema.errors import AccessError, JemputError, RecordAmbiguous, RecordUnknown

__all__ = ["NotEnrolled", "RecordAmbiguous", "RecordUnknown", "VaultCopied"]


class NotEnrolled(AccessError):
    """The enrolment of this laptop was cut short. Run `enrol` again with the same code."""

    code = "NOT_ENROLLED"


class VaultCopied(JemputError):
    """Another folder or machine has held this store before. It goes on under a branch of its own;
    nothing is lost and no number is given twice. Tell your supervisor that two copies may exist.
    """

    code = "VAULT_COPIED"
