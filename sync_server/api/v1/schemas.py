"""What the JSON API takes and gives; its OpenAPI document is derived from these schemas."""

from marshmallow import Schema, fields, validate

from shared_schema.links import Verdict
from sync_server.accounts import Role
from sync_server.queueing import KINDS

_LONGEST = 400
_MOST = 100


class SignIn(Schema):
    """Name and passphrase of a user."""

    name = fields.String(required=True, validate=validate.Length(1, 64))
    passphrase = fields.String(required=True, load_only=True, validate=validate.Length(1, 1024))


class Signed(Schema):
    """A session: send the token as a bearer. `fresh`: choose your own passphrase first."""

    token = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.Enum(Role, by_value=True, required=True)
    area = fields.List(fields.String(), required=True)
    fresh = fields.Boolean(required=True)


class QueueFilter(Schema):
    """Which cases are asked for, and behind which key."""

    kind = fields.String(load_default=KINDS[0], validate=validate.OneOf(KINDS))
    area = fields.String(load_default=None, metadata={"description": "A region code."})
    campaign = fields.String(load_default=None, metadata={"description": "A campaign's id."})
    least = fields.Float(load_default=None, metadata={"description": "Bits, from."})
    most = fields.Float(load_default=None, metadata={"description": "Bits, below."})
    undecided = fields.Boolean(load_default=None)
    after = fields.String(load_default="", metadata={"description": "The key to go on behind."})
    limit = fields.Integer(load_default=20, validate=validate.Range(1, _MOST))


class Part(Schema):
    """One comparison and what it is worth, in bits."""

    comparison = fields.String(required=True)
    level = fields.String(required=True)
    bits = fields.Float(required=True)


class Pair(Schema):
    """Two records and why they may be one."""

    a = fields.UUID(required=True)
    b = fields.UUID(required=True)
    rules = fields.List(fields.String(), required=True)
    weight = fields.Float(required=True, allow_none=True)
    parts = fields.List(fields.Nested(Part), required=True)
    version = fields.String(required=True, allow_none=True)
    undecided = fields.Boolean(required=True)
    refused = fields.Boolean(required=True)


class Record(Schema):
    """A record; numbers of people are masked. `sources`: who wrote each value, and when."""

    id = fields.UUID(required=True)
    type = fields.String(required=True)
    values = fields.Dict(keys=fields.String(), required=True)
    sources = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    void = fields.Boolean(required=True)
    conflicts = fields.List(fields.String(), required=True)
    cluster = fields.List(fields.UUID(), required=True)


class Case(Schema):
    """A case of the queue. `key`: go on behind it. `split`: two were said to be different."""

    key = fields.String(required=True)
    kind = fields.String(required=True)
    weight = fields.Float(required=True, allow_none=True)
    undecided = fields.Boolean(required=True)
    split = fields.Boolean(required=True)
    pairs = fields.List(fields.Nested(Pair), required=True)
    records = fields.List(fields.Nested(Record), required=True)


class Queue(Schema):
    """Cases in the order of the queue, and how many are left to decide in all."""

    left = fields.Integer(required=True)
    cases = fields.List(fields.Nested(Case), required=True)


class Ruling(Schema):
    """A decision on a case. `records`: those it is about, by default all.

    `chosen`: field to the id of the record whose value is to be shown. `second`: have another
    supervisor look at it.
    """

    verdict = fields.Enum(Verdict, by_value=True, required=True)
    reason = fields.String(required=True, validate=validate.Length(1, _LONGEST))
    records = fields.List(fields.UUID(), load_default=None)
    chosen = fields.Dict(keys=fields.String(), values=fields.UUID(), load_default=dict)
    second = fields.Boolean(load_default=False)


class Decision(Schema):
    """What stands for a pair. `verdict` null: none. `refused`: another verdict keeps them apart."""

    decision = fields.UUID(required=True)
    a = fields.UUID(required=True)
    b = fields.UUID(required=True)
    verdict = fields.String(required=True, allow_none=True)
    refused = fields.Boolean(required=True)


class Decisions(Schema):
    """Decisions, one a pair."""

    decisions = fields.List(fields.Nested(Decision), required=True)


class KeptField(Schema):
    """A field of a record that was left alone."""

    record = fields.UUID(required=True)
    field = fields.String(required=True)


class DecisionsUndone(Decisions):
    """What stands now. `kept`: fields with a chosen value that somebody has written since."""

    kept = fields.List(fields.Nested(KeptField), required=True)


class Undo(Schema):
    """Decisions to take back, in the order in which they were made."""

    decisions = fields.List(fields.UUID(), required=True, validate=validate.Length(1, _MOST))


class Head(Schema):
    """One of a field's values, the change that wrote it, and who and when."""

    change = fields.UUID(required=True)
    value = fields.Raw(required=True, allow_none=True)
    source = fields.String(required=True)
    shown = fields.Boolean(required=True)


class ConflictFilter(Schema):
    """Which fields in conflict are asked for, and behind which key."""

    area = fields.String(load_default=None, metadata={"description": "A region code."})
    campaign = fields.String(load_default=None, metadata={"description": "A campaign's id."})
    after = fields.String(load_default="", metadata={"description": "The key to go on behind."})
    limit = fields.Integer(load_default=_MOST, validate=validate.Range(1, _MOST))


class Conflict(Schema):
    """A field with several values. `key`: go on behind it."""

    key = fields.String(required=True)
    record = fields.UUID(required=True)
    type = fields.String(required=True)
    field = fields.String(required=True)
    heads = fields.List(fields.Nested(Head), required=True)


class Conflicts(Schema):
    """Fields in conflict behind a key, and how many the user may see in all."""

    count = fields.Integer(required=True)
    conflicts = fields.List(fields.Nested(Conflict), required=True)


class Choice(Schema):
    """The change whose value is to hold, and why."""

    change = fields.UUID(required=True)
    reason = fields.String(required=True, validate=validate.Length(1, _LONGEST))


class Chosen(Schema):
    """The change that chose."""

    decision = fields.UUID(required=True)


class ChoiceUndo(Schema):
    """A choice to take back."""

    decision = fields.UUID(required=True)


class ChoiceUndone(Schema):
    """What taking it back did. `in_conflict`: values stand against each other there again.

    `kept`: fields that somebody has written since.
    """

    record = fields.UUID(required=True)
    restored = fields.List(fields.String(), required=True)
    in_conflict = fields.List(fields.String(), required=True)
    kept = fields.List(fields.String(), required=True)


class Search(Schema):
    """A NIK, or parts of a name."""

    q = fields.String(required=True, validate=validate.Length(1, 200))


class Records(Schema):
    """Records that were found, at most 50."""

    count = fields.Integer(required=True)
    records = fields.List(fields.Nested(Record), required=True)


class Reason(Schema):
    """Why numbers have to be seen in full; it is kept."""

    reason = fields.String(required=True, validate=validate.Length(1, _LONGEST))


class Comment(Schema):
    """What the officer is to correct."""

    comment = fields.String(required=True, validate=validate.Length(1, _LONGEST))


class AuditQuery(Schema):
    """Which part of the access log."""

    before = fields.Integer(load_default=None)
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 1000))


class Entry(Schema):
    """One thing that somebody did."""

    position = fields.Integer(required=True)
    at_ms = fields.Integer(required=True)
    actor = fields.String(required=True)
    action = fields.String(required=True)
    subject = fields.String(required=True)
    detail = fields.Dict(keys=fields.String(), required=True)


class Entries(Schema):
    """Entries of the access log, the newest first."""

    entries = fields.List(fields.Nested(Entry), required=True)


class Device(Schema):
    """A laptop or relay that is enrolled."""

    id = fields.String(required=True)
    label = fields.String(required=True)
    scope = fields.List(fields.String(), required=True)
    seen_ms = fields.Integer(required=True, allow_none=True)
    revoked_ms = fields.Integer(required=True, allow_none=True)
    relay = fields.Boolean(required=True)


class Devices(Schema):
    """All devices in the order in which they enrolled."""

    devices = fields.List(fields.Nested(Device), required=True)


class Correction(Schema):
    """A bulk correction: which records, and what is set. Values are text as in `correct --set`."""

    type = fields.String(load_default="person")
    where = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    region = fields.String(load_default=None)
    listed = fields.String(load_default=None, metadata={"description": "Ids and NIKs, pasted."})
    set = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class CorrectionOrder(Correction):
    """A bulk correction with its reason. `count`: of the records that the preview named.

    `confirm`: why values are right that the preview warned of.
    """

    reason = fields.String(required=True, validate=validate.Length(1, _LONGEST))
    confirm = fields.String(load_default="", validate=validate.Length(0, _LONGEST))
    count = fields.Integer(required=True)


class Corrected(Schema):
    """One record that changes; numbers of people are masked."""

    record = fields.UUID(required=True)
    before = fields.Dict(keys=fields.String(), required=True)
    after = fields.Dict(keys=fields.String(), required=True)


class Warned(Schema):
    """What would look wrong, and in how many records."""

    code = fields.String(required=True)
    field = fields.String(required=True, allow_none=True)
    text = fields.String(required=True)
    count = fields.Integer(required=True)


class CorrectionPreview(Schema):
    """What a correction would change. `not_known`: of a list. `refused`: left alone, and why."""

    count = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    not_known = fields.List(fields.String(), required=True)
    refused = fields.List(fields.Dict(keys=fields.String()), required=True)
    warnings = fields.List(fields.Nested(Warned), required=True)
    records = fields.List(fields.Nested(Corrected), required=True)


class CorrectionMade(Schema):
    """The number of a correction."""

    correction = fields.Integer(required=True)


class CorrectionUndone(CorrectionMade):
    """What taking one back did. `kept`: fields that were edited since, and left alone."""

    changed = fields.Integer(required=True)
    kept = fields.List(fields.Dict(keys=fields.String()), required=True)


class Corrections(Schema):
    """Corrections, the newest first."""

    corrections = fields.List(fields.Dict(keys=fields.String()), required=True)
