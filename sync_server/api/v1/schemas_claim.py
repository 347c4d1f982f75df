"""What the routes of unconfirmed recordings and of the proposal take and give."""

from marshmallow import Schema, fields, validate


class UnconfirmedFilter(Schema):
    """To what the list is narrowed."""

    region = fields.String(load_default=None, metadata={"description": "A region code."})
    older_than = fields.Integer(
        load_default=0, validate=validate.Range(0), metadata={"description": "Days."}
    )
    team = fields.String(load_default=None, metadata={"description": "The operator's name."})
    kit = fields.String(load_default=None, metadata={"description": "The laptop's label."})


class Span(Schema):
    """How many recordings are of such an age; the last span is open."""

    from_days = fields.Integer(required=True)
    to_days = fields.Integer(required=True, allow_none=True)
    count = fields.Integer(required=True)


class Team(Schema):
    """How many one operator recorded, and how old the oldest is."""

    team = fields.String(required=True)
    count = fields.Integer(required=True)
    oldest_days = fields.Integer(required=True)


class Kit(Schema):
    """How many were recorded on one laptop, and how old the oldest is."""

    kit = fields.String(required=True)
    count = fields.Integer(required=True)
    oldest_days = fields.Integer(required=True)


class Unconfirmed(Schema):
    """The list, the oldest recording first, and its groups."""

    on = fields.String(required=True)
    region = fields.String(required=True, allow_none=True)
    count = fields.Integer(required=True)
    by_age = fields.List(fields.Nested(Span), required=True)
    by_team = fields.List(fields.Nested(Team), required=True)
    by_kit = fields.List(fields.Nested(Kit), required=True)
    people = fields.List(fields.Dict(keys=fields.String()), required=True)


class Proposal(Schema):
    """Claims: what, about whom, said by whom and when, the evidence, and what speaks against it."""

    count = fields.Integer(required=True)
    claims = fields.List(fields.Dict(keys=fields.String()), required=True)
