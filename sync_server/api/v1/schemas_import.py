"""What the routes of imports take and give."""

from flask_smorest.fields import Upload
from marshmallow import Schema, fields, validate

from sync_server.importing import Step
from sync_server.registry import Source

_MOST = 1000


class UploadKind(Schema):
    """Whether a file is a register of residents or the ministry's list of statuses."""

    kind = fields.Enum(Source, by_value=True, required=True)


class UploadFile(Schema):
    """The file, as a part of a form."""

    file = Upload(required=True)


class Column(Schema):
    """A column of a file and the field that it is; null where it means nothing here."""

    header = fields.String(required=True)
    field = fields.String(required=True, allow_none=True)


class Trouble(Schema):
    """Why a run failed."""

    code = fields.String(required=True)
    message = fields.String(required=True)


class Import(Schema):
    """An upload. `missing`: fields that need a column. `lines` of `total`: of the run under way.

    `counts`: lines read, added, changed, unchanged and rejected, and residents found among those
    whom the field had registered. `fields`: in how many residents a field changes.
    """

    id = fields.UUID(required=True)
    kind = fields.Enum(Source, by_value=True, required=True)
    file = fields.String(required=True)
    by = fields.String(required=True)
    uploaded_ms = fields.Integer(required=True)
    step = fields.Enum(Step, by_value=True, required=True)
    columns = fields.List(fields.Nested(Column), required=True)
    missing = fields.List(fields.String(), required=True)
    sheet = fields.String(required=True, allow_none=True)
    sheets = fields.List(fields.String(), required=True)
    lines = fields.Integer(required=True)
    total = fields.Integer(required=True)
    counts = fields.Dict(
        keys=fields.String(), values=fields.Integer(), required=True, allow_none=True
    )
    fields_changed = fields.Dict(
        keys=fields.String(), values=fields.Integer(), attribute="fields", data_key="fields"
    )
    trouble = fields.Nested(Trouble, required=True, allow_none=True)


class Imports(Schema):
    """Uploads, the newest first."""

    imports = fields.List(fields.Nested(Import), required=True)


class Run(Schema):
    """What is to be done with an upload. `mapping`: header to field, or to nothing."""

    dry_run = fields.Boolean(load_default=True)
    mapping = fields.Dict(keys=fields.String(), values=fields.String(), load_default=None)
    sheet = fields.String(load_default=None)


class Part(Schema):
    """Which of the rejected lines: those behind a line, so many."""

    after = fields.Integer(load_default=0)
    limit = fields.Integer(load_default=100, validate=validate.Range(1, _MOST))


class RejectedLine(Schema):
    """A line that did not go in, and why. `resident`: whom it may mean."""

    line = fields.Integer(required=True)
    code = fields.String(required=True)
    field = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True)
    value = fields.String(required=True)
    resident = fields.String(required=True, allow_none=True)


class RejectedLines(Schema):
    """Rejected lines in order, and how many there are in all."""

    count = fields.Integer(required=True)
    rejected = fields.List(fields.Nested(RejectedLine), required=True)
