"""What the pages refuse, a class for each thing the officer can do about it."""

from shared_schema.errors import AccessError, InputError, NetworkError


class PagesElsewhere(AccessError):
    """These pages answer on this laptop only. Open the address that `field-client web` printed."""

    code = "PAGES_ELSEWHERE"


class FormOutdated(AccessError):
    """The form is from before the pages were locked or started again. Nothing was done; go back to
    the beginning and try once more.
    """

    code = "FORM_OUTDATED"


class PageMissing(InputError):
    """There is no such page. Go back to the beginning."""

    code = "PAGE_MISSING"
    http_status = 404


class PortTaken(NetworkError):
    """The pages cannot be shown at port {port} ({reason}). They may be open already; else choose
    another one with --port.
    """

    code = "PORT_TAKEN"


class PracticeStays(AccessError):
    """Nothing leaves practice. To send what is real, open the pages without --practice."""

    code = "PRACTICE_STAYS"


class UndoTooLate(InputError):
    """It is too late to take this back. Open the record: correct it, or declare it void."""

    code = "UNDO_TOO_LATE"


class VoidReasonMissing(InputError):
    """A record is declared void for a reason only. Go back and write why it does not stand."""

    code = "VOID_REASON_MISSING"


class PhotoAbsent(InputError):
    """There is no such photo on this laptop. Go back to the record and look at those it shows."""

    code = "PHOTO_NOT_HERE"
    http_status = 404


class OutcomeMissing(InputError):
    """A visit needs an outcome. Tap what came of it, then save."""

    code = "OUTCOME_MISSING"


class FolderMissing(InputError):
    """There is no folder {folder}. Plug the stick in, or name another folder."""

    code = "FOLDER_MISSING"


class PassphrasesDiffer(InputError):
    """The two passphrases differ. Type the new passphrase twice alike."""

    code = "PASSPHRASES_DIFFER"


class SlipNotDue(InputError):
    """A slip is for a resident who was registered on this laptop and saved. Finish the draft first,
    or register the resident here.
    """

    code = "SLIP_NOT_DUE"


class NameMissing(InputError):
    """Nobody can be registered without a name. Type it, then save."""

    code = "NAME_MISSING"


class OperatorNameless(InputError):
    """The operator has no name. Write the name that will be chosen when unlocking."""

    code = "OPERATOR_NAMELESS"
