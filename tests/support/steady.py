"""Choices that depend on the seed alone.

Hypothesis mixes numbers that stand in our source into what it draws: each commit, and each order
of the tests, would see other histories.
"""

from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from hypothesis.internal.constants_ast import Constants

STEADY = "steady"


class SteadyProvider(HypothesisProvider):
    """Hypothesis's own choices, without constants of local modules."""

    _local_constants = Constants()


AVAILABLE_PROVIDERS[STEADY] = SteadyProvider
