"""What the routes of outages, blank cards and letters take and give."""

from typing import Any

from marshmallow import Schema, fields, validate

_MOST_LETTERS = 2000


def _rows() -> Any:
    return fields.List(fields.Dict(keys=fields.String()), required=True)


class Outages(Schema):
    """The outages with what was said of each, and redirects with what speaks against them."""

    as_of = fields.String(required=True)
    total = fields.Integer(required=True)
    open = fields.Integer(required=True)
    standing = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    balanced = fields.Boolean(required=True)
    people_displaced = fields.Integer(required=True)
    unsent_recordings = fields.Integer(required=True)
    mean_days_to_repair = fields.Dict(keys=fields.String(), required=True)
    left_out = fields.Integer(required=True)
    redirects = _rows()
    outages = _rows()


class Stock(Schema):
    """Blank cards by office, their sum, and what does not fit."""

    as_of = fields.String(required=True)
    offices = _rows()
    total = fields.Dict(keys=fields.String(), required=True)
    forecast_days = fields.Integer(required=True)
    balanced = fields.Boolean(required=True)
    left_out = fields.Integer(required=True)
    published = _rows()
    findings = _rows()


class Code(Schema):
    """The text of a letter's QR code."""

    code = fields.String(required=True, validate=validate.Length(1, _MOST_LETTERS))


class Checked(Schema):
    """What a genuine letter says, and how it stands in the register; null: not in it."""

    region = fields.String(required=True)
    number = fields.String(required=True)
    nik = fields.String(required=True)
    name = fields.String(required=True)
    birth_date = fields.String(required=True)
    issued_on = fields.String(required=True)
    expires_on = fields.String(required=True)
    expired = fields.Boolean(required=True)
    state = fields.String(required=True, allow_none=True)
