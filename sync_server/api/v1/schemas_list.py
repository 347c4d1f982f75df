"""What the routes that list decisions, looks, reviews, arrivals, figures and coverage give."""

from marshmallow import Schema, fields, validate

from sync_server.comparing import DOUBTFUL, KNOWN, NEW

_MOST = 100


class Page(Schema):
    """Which part of a list: so many, after those that are passed over."""

    skip = fields.Integer(load_default=0, validate=validate.Range(0))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, _MOST))


class DecisionFilter(Schema):
    """Which decisions, before which place. `all`: also what was followed by another.

    `automatic`: only the matcher's, or only those of people.
    """

    before = fields.Integer(load_default=None)
    limit = fields.Integer(load_default=30, validate=validate.Range(1, _MOST))
    all = fields.Boolean(load_default=False)
    automatic = fields.Boolean(load_default=None)


class Looked(Schema):
    """A second look that was asked for; `looked_by` null while nobody has looked."""

    asked_by = fields.String(required=True)
    asked_ms = fields.Integer(required=True)
    looked_by = fields.String(required=True, allow_none=True)
    agreed = fields.Boolean(required=True, allow_none=True)


class ToldDecision(Schema):
    """A decision. `verdict` null: it takes one back. `refused`: another verdict keeps them apart.

    `weight`: bits on which it rested, null where none were shown.
    """

    decision = fields.UUID(required=True)
    position = fields.Integer(required=True)
    time = fields.String(required=True)
    operator = fields.String(required=True)
    automatic = fields.Boolean(required=True)
    verdict = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True)
    a = fields.UUID(required=True)
    b = fields.UUID(required=True)
    weight = fields.Float(required=True, allow_none=True)
    stands = fields.Boolean(required=True)
    refused = fields.Boolean(required=True)
    look = fields.Nested(Looked, required=True, allow_none=True)


class ToldDecisions(Schema):
    """Decisions, the newest first. `next`: ask for those before it; null at the end."""

    decisions = fields.List(fields.Nested(ToldDecision), required=True)
    next = fields.Integer(required=True, allow_none=True)


class Looks(Schema):
    """Decisions that wait for a look of this user, the oldest first, and how many there are."""

    count = fields.Integer(required=True)
    decisions = fields.List(fields.Nested(ToldDecision), required=True)


class Step(Schema):
    """One change of a record: by field what was shown before, written, and shown after.

    `folded` false: it was kept but not used. Numbers of people are masked.
    """

    change = fields.UUID(required=True)
    operator = fields.String(required=True)
    device = fields.String(required=True)
    time = fields.String(required=True)
    wall_time = fields.String(required=True)
    fields_ = fields.Dict(
        keys=fields.String(), required=True, data_key="fields", attribute="fields"
    )
    void = fields.Boolean(required=True)
    folded = fields.Boolean(required=True)


class History(Schema):
    """Every change of a record, the oldest first."""

    record = fields.UUID(required=True)
    type = fields.String(required=True)
    changes = fields.List(fields.Nested(Step), required=True)


class ReviewFilter(Page):
    """Which reviews. `all`: also those that were accepted or answered."""

    all = fields.Boolean(load_default=False)


class Review(Schema):
    """What was said of a record; `awaits`: its officer has not saved it again since."""

    id = fields.UUID(required=True)
    record = fields.UUID(required=True)
    type = fields.String(required=True)
    state = fields.String(required=True)
    comment = fields.String(required=True, allow_none=True)
    awaits = fields.Boolean(required=True)


class Reviews(Schema):
    """Reviews, the newest last, and how many there are."""

    count = fields.Integer(required=True)
    reviews = fields.List(fields.Nested(Review), required=True)


class ArrivalFilter(Page):
    """Who came within so many days, and how they were judged."""

    days = fields.Integer(load_default=1, validate=validate.Range(1, 30))
    band = fields.String(load_default=None, validate=validate.OneOf((NEW, KNOWN, DOUBTFUL)))


class Arrival(Schema):
    """A resident as they arrived. `other`: whom they were compared with best, and its bits."""

    record = fields.UUID(required=True)
    band = fields.String(required=True)
    other = fields.UUID(required=True, allow_none=True)
    weight = fields.Float(required=True, allow_none=True)
    device = fields.String(required=True)
    matched_ms = fields.Integer(required=True)


class Arrivals(Schema):
    """Arrivals, the latest first. `bands`: how many of each, whichever is asked for."""

    count = fields.Integer(required=True)
    bands = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    arrivals = fields.List(fields.Nested(Arrival), required=True)


class Figures(Schema):
    """Published figures beside our own, and what the arithmetic says of them."""

    as_of = fields.String(required=True)
    figures = fields.List(fields.Dict(keys=fields.String()), required=True)
    findings = fields.List(fields.Dict(keys=fields.String()), required=True)


class CoverageFilter(Schema):
    """Of what the report is. `campaign`: go by its policy and area."""

    region = fields.String(load_default=None, metadata={"description": "A region code."})
    campaign = fields.String(load_default=None, metadata={"description": "A campaign's id."})


class Coverage(Schema):
    """Counts by region under a policy. `incomplete`, `elsewhere`: residents who are not counted."""

    as_of = fields.String(required=True)
    policy = fields.Dict(keys=fields.String(), required=True)
    regions = fields.List(fields.Dict(keys=fields.String()), required=True)
    incomplete = fields.Integer(required=True)
    elsewhere = fields.Integer(required=True)
