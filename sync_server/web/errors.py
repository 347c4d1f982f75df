"""What the pages refuse, a class for each thing the user can do about it."""

from shared_schema.errors import AccessError, InputError


class HostUnknown(AccessError):
    """These pages do not answer at this address. Use the office's own address, or have the
    administrator add the name to SYNC_SERVER_HOSTS.
    """

    code = "HOST_UNKNOWN"
    http_status = 421


class FormStale(AccessError):
    """The form is from before you signed in, or from another page. Nothing was done; go back, load
    the page again and try once more.
    """

    code = "FORM_STALE"


class PageUnknown(InputError):
    """There is no such page. Go back to the beginning."""

    code = "PAGE_UNKNOWN"
    http_status = 404


class NotDoneHere(InputError):
    """Nothing of the kind is taken at that address. Go back to the beginning and try again."""

    code = "NOT_DONE_HERE"
    http_status = 405


class FormTooLarge(InputError):
    """The form or file is too large. Split it in parts and send one after the other."""

    code = "FORM_TOO_LARGE"
    http_status = 413


class FormUnreadable(InputError):
    """The form cannot be read. Load the page again and try once more."""

    code = "FORM_UNREADABLE"


class CaseGone(InputError):
    """The case is not open any more: it was decided, or a record changed. Go on with the next."""

    code = "CASE_GONE"
    http_status = 404


class RevealReasonMissing(InputError):
    """Numbers are shown in full only for a reason, which is kept. Write why you need them."""

    code = "REVEAL_REASON_MISSING"


class CaseReasonMissing(InputError):
    """A decision needs a reason. Write in a few words what you saw, then decide again."""

    code = "CASE_REASON_MISSING"


class ReasonMissing(InputError):
    """A reason is kept with it, and none was given. Write why, then try again."""

    code = "REASON_MISSING"


class DeviceUnknownHere(InputError):
    """No device of your area bears this id. Look at the list of devices."""

    code = "DEVICE_UNKNOWN_HERE"
    http_status = 404
