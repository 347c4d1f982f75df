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
