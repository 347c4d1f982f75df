"""What can go wrong with the store of one device, a class for each decision the caller can take.

The store fails closed: none of these is ever answered with a fresh, empty or unencrypted store.
"""

from shared_schema.errors import AccessError, InputError, StorageError


class VaultMissing(StorageError):
    """There is no store in {home}. Enrol this laptop first, or name the right folder."""

    code = "VAULT_MISSING"


class VaultExists(StorageError):
    """There is already a store in {home}. Use it, or name an empty folder."""

    code = "VAULT_EXISTS"


class VaultDamaged(StorageError):
    """The file {file} is damaged and was not opened. Change nothing in the folder: copy it whole to
    a stick for your administrator, and `restore` the last backup into another folder.
    """

    code = "VAULT_DAMAGED"


class VaultNewer(StorageError):
    """A newer program wrote this store. Update the program on this laptop; nothing was changed."""

    code = "VAULT_NEWER"


class VaultBusy(StorageError):
    """Another program held the store for too long, and nothing was saved. Close the other program
    or wait for it, then try again.
    """

    code = "VAULT_BUSY"


class VaultIO(StorageError):
    """The disk refused to read or write {file} ({reason}). What was confirmed as saved is kept;
    check the disk and the folder's permissions, then try again.
    """

    code = "VAULT_IO"


class DiskFull(StorageError):
    """The disk is full, and this was not saved. Free some space, then try again; what was
    confirmed as saved before is kept.
    """

    code = "DISK_FULL"


class SlotDamaged(StorageError):
    """The key slot file {file} is damaged. Do not enrol again; give a copy of the whole folder to
    your administrator.
    """

    code = "VAULT_SLOT_DAMAGED"


class DeviceWiped(AccessError):
    """The keys of this laptop were wiped when the regency revoked it. Ask for a new enrolment and
    use a new folder.
    """

    code = "DEVICE_WIPED"


class PassphraseWrong(AccessError):
    """The passphrase is wrong. Try again; capitals and spaces count."""

    code = "PASSPHRASE_WRONG"


class OperatorUnknown(AccessError):
    """No operator on this laptop is called {operator}. Check the name, or have it added."""

    code = "OPERATOR_UNKNOWN"


class OperatorExists(InputError):
    """An operator called {operator} is already on this laptop. Choose another name."""

    code = "OPERATOR_EXISTS"


class LastAdministrator(InputError):
    """{operator} is the only administrator of this laptop. Add another administrator first."""

    code = "OPERATOR_LAST"


class NotAdministrator(AccessError):
    """Only an administrator of this laptop may do this, and {operator} is not one. Ask one of
    them; `operator list` names them.
    """

    code = "OPERATOR_NOT_ADMINISTRATOR"


class KeysReplaced(AccessError):
    """The keys of this store were replaced while this program had it unlocked: an operator was
    removed or a passphrase changed. Unlock it again with your passphrase.
    """

    code = "VAULT_KEYS_REPLACED"


class RekeyNeedsRoom(StorageError):
    """An operator was removed, and the store could not be encrypted anew for want of room on the
    disk. Free about {megabytes} MB; the next opening tries again.
    """

    code = "REKEY_NEEDS_ROOM"


class RecoveryUnavailable(AccessError):
    """The regency's recovery key has not come to this laptop yet. Ask an administrator of this
    laptop to give you a new passphrase.
    """

    code = "RECOVERY_UNAVAILABLE"


class RecoveryNotAsked(InputError):
    """No recovery of {operator} was asked for on this laptop. Write a recovery request first."""

    code = "RECOVERY_NOT_ASKED"


class RecoveryOutdated(InputError):
    """The answer fits another request, or operators were removed since it was asked for. Nothing
    was changed; write a new recovery request.
    """

    code = "RECOVERY_OUTDATED"


class PassphraseWeak(InputError):
    """The passphrase is too short. Use at least {minimum} characters, several words for example."""

    code = "PASSPHRASE_WEAK"


class SpoolConflict(StorageError):
    """The sealed batch at {first} does not continue its stream and was not stored. Run `verify`."""

    code = "SPOOL_CONFLICT"


class BackupExists(InputError):
    """The file {file} is there already, and a backup is never written over another file. Choose
    another name.
    """

    code = "BACKUP_EXISTS"


class BackupForeign(InputError):
    """The file {file} is no backup of this program, and nothing was restored. Look for the right
    file.
    """

    code = "BACKUP_FOREIGN"


class BackupDamaged(StorageError):
    """The backup {file} is damaged or was cut short, and nothing of it was used. Copy it from the
    stick again, or take another backup.
    """

    code = "BACKUP_DAMAGED"


class BackupNewer(StorageError):
    """A newer program made the backup {file}. Update the program on this laptop; nothing was
    restored.
    """

    code = "BACKUP_NEWER"


class UpdateNeedsRoom(StorageError):
    """The newer program keeps a copy of the store before it changes it, and the disk has no room
    for one. Free about {megabytes} MB and start again; nothing was changed.
    """

    code = "UPDATE_NEEDS_ROOM"


class PhotoAbsent(InputError):
    """The photo is not on this laptop: it was attached elsewhere, or its file is gone. Ask whoever
    took it.
    """

    code = "PHOTO_ABSENT"


class PhotoAtOffice(InputError):
    """The office has had this photo for a month, and this laptop opens it no more. Ask the office
    for it.
    """

    code = "PHOTO_AT_OFFICE"


class PhotoDamaged(StorageError):
    """The photo is damaged on this laptop and was not shown. If you still have it, attach it again;
    then run `verify`.
    """

    code = "PHOTO_DAMAGED"
