"""What the commands refuse or point out, a class for each decision of the officer."""

from shared_schema.errors import (
    EXIT_CUSTODY,
    AccessError,
    InputError,
    JemputError,
    NetworkError,
    StorageError,
)


class PassphraseMissing(AccessError):
    """No passphrase was given. Run this in a terminal, or set FIELD_CLIENT_PASSPHRASE."""

    code = "PASSPHRASE_MISSING"


class OperatorMissing(AccessError):
    """No operator was named. Run this in a terminal, or set FIELD_CLIENT_OPERATOR."""

    code = "OPERATOR_MISSING"


class LinesInvalid(InputError):
    """Lines that cannot be saved: {count}. Nothing was saved; correct them, or leave them out with
    --skip-invalid.
    """

    code = "LINES_INVALID"


class ValueRefused(InputError):
    """Something is wrong, so nothing was saved. {problems} Correct it and try again."""

    code = "VALUE_INVALID"


class WarningUnexplained(InputError):
    """Something needs a reason, so nothing was saved. {problems} Correct it, or say why it is right
    with --accept-warnings.
    """

    code = "WARNING_UNEXPLAINED"


class AssignmentInvalid(InputError):
    """What was typed does not say which field gets which value: {text}. Write FIELD=VALUE, such
    as rt=004.
    """

    code = "ASSIGNMENT_INVALID"


class AssignmentMissing(InputError):
    """No field to change was named. Write FIELD=VALUE, such as rt=004."""

    code = "ASSIGNMENT_MISSING"


class VoidUnclear(InputError):
    """A record is declared void with a reason, and nothing else. Add --reason with why it does not
    stand, or --undo alone to take the declaration back.
    """

    code = "VOID_UNCLEAR"


class UndoUnclear(InputError):
    """Which draft should come back was not said. Give its ID; `discard` alone lists the trash."""

    code = "UNDO_UNCLEAR"


class PhotoNotTyped(InputError):
    """A photo is not typed in. Attach it to its record with `attach ID FILE`."""

    code = "PHOTO_NOT_TYPED"


class AttachRefused(InputError):
    """A photo cannot be attached to a record of type {type}. Attach it to the record that it is
    about.
    """

    code = "ATTACH_REFUSED"


class PhotoUnknown(InputError):
    """{text} is no photo. `show ID` lists the photos of a record, with the id of each."""

    code = "PHOTO_UNKNOWN"


class FileThere(InputError):
    """The file {path} is there already and was left as it is. Choose another name."""

    code = "FILE_EXISTS"


class AskingInterrupted(InputError):
    """You broke off. What was typed is kept as draft {id}; go on with `edit {id} FIELD=VALUE`."""

    code = "ASKING_INTERRUPTED"


class NothingTyped(InputError):
    """Nothing was filled in, so nothing was saved. Start again when you are ready."""

    code = "NOTHING_TYPED"


class StoreUnsound(StorageError):
    """The check found faults: {count}. Change nothing more on this laptop; copy its folder whole
    to a stick and give it to your administrator.
    """

    code = "STORE_UNSOUND"
    exit_code = EXIT_CUSTODY


class BranchMoved(JemputError):
    """Another copy of this store has sent under the same numbers. {changes} changes of this one
    were numbered anew and sent; nothing is lost. Tell your supervisor that a copy is at work.
    """

    code = "FORK_HEALED"


class DetailsNotResent(JemputError):
    """The office has lost records that it received more than 30 days ago: {count}. Their details
    are no longer on this laptop, so only the roster rows were sent again. Ask your supervisor to
    look into the quarantine, or type what is missing: {records}
    """

    code = "DETAILS_NOT_RESENT"


class PossibleDuplicate(JemputError):
    """{place} looks like a person who is already here: {name} ({id}). {why}. Both are kept; the
    office decides.
    """

    code = "POSSIBLE_DUPLICATE"


class LeftAsDraft(JemputError):
    """{place} is kept as a draft. {problems} Give the reason with --accept-warnings or _reasons, or
    use `edit`.
    """

    code = "LEFT_AS_DRAFT"


class LineInvalid(JemputError):
    """{place} cannot be saved. {problem} Correct the line."""

    code = "LINE_INVALID"


class TakenBefore(JemputError):
    """Lines that were saved before: {count}. They were not saved twice; --again saves them once
    more.
    """

    code = "TAKEN_BEFORE"


class More(JemputError):
    """There are {count} more of these. Use --json to see them all."""

    code = "MORE"


class TimeNotSaid(JemputError):
    """The photo does not say when it was taken. It is attached without a time."""

    code = "PHOTO_WITHOUT_TIME"


class PlaceNotSaid(JemputError):
    """The photo does not say where it was taken. It is attached without a place."""

    code = "PHOTO_WITHOUT_PLACE"


class HeldNotAll(NetworkError):
    """The relay did not take everything ({reason}). What it did not take waits here; try again
    later, or sync another way.
    """

    code = "RELAY_TOOK_NOT_ALL"
