"""Tests of Jemput, by kind: unit, property, stateful, contract, faults, e2e."""
