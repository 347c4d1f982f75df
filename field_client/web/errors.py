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


class PhoneCodeWrong(AccessError):
    """No phone gets in by that code: it is mistyped, too old, or was used already. Have the laptop
    show another one.
    """

    code = "PHONE_CODE_WRONG"


class PhoneCodeWait(AccessError):
    """Too many wrong codes came from this phone. Wait {seconds} seconds, then type the code that
    the laptop shows.
    """

    code = "PHONE_CODE_WAIT"
    http_status = 429


class PhoneNameless(InputError):
    """The phone has no name. Write whose it is, so that the laptop's list shows it."""

    code = "PHONE_NAMELESS"


class PhonePinWrong(AccessError):
    """The PIN of this phone is wrong. Tries left: {tries}. After that the phone is out."""

    code = "PHONE_PIN_WRONG"


class PhoneOut(AccessError):
    """Too many wrong PINs: this phone is out. Have the laptop show a code, and pair it anew."""

    code = "PHONE_OUT"


class LaptopOnly(AccessError):
    """Only the laptop itself does that. Go back, or do it there."""

    code = "LAPTOP_ONLY"


class AddressNotPrivate(InputError):
    """{address} is no address of a private network. Choose one of this laptop's hotspot, such as
    192.168.137.1.
    """

    code = "ADDRESS_NOT_PRIVATE"


class AddressAway(NetworkError):
    """Phones cannot be served at {address} ({reason}). Switch the hotspot on, then choose its
    address from the list.
    """

    code = "ADDRESS_AWAY"
