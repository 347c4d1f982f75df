"""What the ministry's status of a resident means: recorded, printed, or still to be recorded."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any


class Central(Enum):
    """What the ministry's status amounts to."""

    NOT_RECORDED = "not_recorded"
    RECORDED = "recorded"
    PRINTED = "printed"


# The one place that says what each status of the ministry means for the counts.
CENTRAL_MEANING: Mapping[str, Central] = MappingProxyType(
    {
        "UNREGISTERED": Central.NOT_RECORDED,  # no biometrics are known
        "BIO_CAPTURED": Central.RECORDED,  # photo, fingerprints and iris are taken
        "PROCESSING": Central.RECORDED,  # under way to the uniqueness check
        "SENT_FOR_ENROLLMENT": Central.RECORDED,  # the same
        "RECEIVED_AT_CENTRAL": Central.RECORDED,  # the same
        "ENROLL_FAILURE_AT_REGIONAL": Central.NOT_RECORDED,  # unusable: to be recorded again
        "ENROLL_FAILURE_AT_CENTRAL": Central.NOT_RECORDED,  # the same
        "SEARCH_FAILURE_AT_CENTRAL": Central.RECORDED,  # the recording stands, the search failed
        "REQUEST_VALIDATION": Central.RECORDED,  # waits for a clerk, not for the resident
        "ADJUDICATE_RECORD": Central.RECORDED,  # the same
        "DUPLICATE_RECORD": Central.RECORDED,  # recorded twice; no card until it is settled
        "PRINT_READY_RECORD": Central.RECORDED,  # unique, waits for a blank card
        "SENT_FOR_CARD_PRINTING": Central.RECORDED,  # not printed before it says so
        "CARD_PRINTED": Central.PRINTED,
        "CARD_SHIPPED": Central.PRINTED,
        "CARD_ISSUED": Central.PRINTED,
    }
)


def central_meaning(values: Mapping[str, Any]) -> Central:
    """Return what the ministry's list says of a resident.

    Its dates count only where it gives no status; a status this program does not know says
    nothing of a recording.
    """
    status = values.get("central_status")
    if status is not None:
        return CENTRAL_MEANING.get(str(status), Central.NOT_RECORDED)
    if values.get("printed_on"):
        return Central.PRINTED
    return Central.RECORDED if values.get("recorded_on") else Central.NOT_RECORDED
