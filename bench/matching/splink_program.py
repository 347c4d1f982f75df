"""Runs in the peers' environment: Splink links arrivals to a register, both as CSV.

    python splink_program.py FOLDER    reads register.csv and arrivals.csv, prints a JSON document

Its model is as careful as ours to set up: normalised names in any order of words, term frequencies,
swapped dates, slips in numbers, regions by level; chances by EM without labels, as its manual has
it. For each arrival it gives the best candidate. A single arrival is timed on the trained model.
"""

import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink import comparison_level_library as levels
from splink import comparison_library as comparisons

COLUMNS = """
    place, NULLIF(name, '') AS name, NULLIF(words, '') AS words, NULLIF(sex, '') AS sex,
    string_split(words, ' ') AS name_words, string_split(words, ' ')[1] AS first_word,
    string_split(words, ' ')[-1] AS last_word, NULLIF(birth, '') AS birth, precision,
    substr(birth, 1, 4) AS year, NULLIF(village, '') AS village, substr(village, 1, 8) AS district,
    NULLIF(nik, '') AS nik, NULLIF(card, '') AS card, NULLIF(mother, '') AS mother,
    string_split(NULLIF(mother, ''), ' ') AS mother_words, NULLIF(father, '') AS father,
    string_split(NULLIF(father, ''), ' ') AS father_words, NULLIF(birth_place, '') AS birth_place
"""
SLIP = "damerau_levenshtein({0}_l, {0}_r) <= {1}"
SHARED = "len(list_intersect({0}_words_l, {0}_words_r)) >= {1}"
SWAPPED = """substr(birth_l, 1, 4) = substr(birth_r, 1, 4)
    AND substr(birth_l, 5, 2) = substr(birth_r, 7, 2)
    AND substr(birth_l, 7, 2) = substr(birth_r, 5, 2)"""
VAGUE = "(precision_l <> 'd' OR precision_r <> 'd') AND abs(year_l::INT - year_r::INT) <= {0}"
RULES = (
    ("nik",),
    ("birth", "first_word"),
    ("birth", "last_word"),
    ("birth", "village"),
    ("words",),
    ("card", "first_word"),
    ("card", "last_word"),
    ("card", "birth"),
    ("first_word", "last_word", "village"),
    ("year", "first_word", "last_word"),
    ("year", "village", "first_word"),
    ("year", "village", "last_word"),
    ("mother", "first_word"),
    ("mother", "year"),
)
KNOWN, SINGLE, PAIRS = 0.8, 5, 1e6


def of_name(column: str, exact: Any) -> Any:
    """Compare a name whose words may stand in any order, be left out or misspelt."""
    return comparisons.CustomComparison(
        output_column_name=column,
        comparison_levels=[
            levels.NullLevel(column),
            exact,
            levels.JaroWinklerLevel(column, 0.95),
            levels.CustomLevel(SHARED.format(column, 2)),
            levels.JaroWinklerLevel(column, 0.88),
            levels.CustomLevel(SHARED.format(column, 1)),
            levels.JaroWinklerLevel(column, 0.75),
            levels.ElseLevel(),
        ],
    )


def of_number(column: str, *between: Any) -> Any:
    """Compare a number of 16 digits."""
    return comparisons.CustomComparison(
        output_column_name=column,
        comparison_levels=[
            levels.NullLevel(column),
            levels.ExactMatchLevel(column),
            levels.CustomLevel(SLIP.format(column, 1)),
            *between,
            levels.ElseLevel(),
        ],
    )


def settings(people: int) -> Any:
    """Describe the model; the prior is the true one."""
    words = levels.ExactMatchLevel("words", term_frequency_adjustments=True)
    return SettingsCreator(
        link_type="link_only",
        unique_id_column_name="place",
        probability_two_random_records_match=KNOWN / people,
        retain_matching_columns=False,
        comparisons=[
            of_name("name", words),
            comparisons.CustomComparison(
                output_column_name="birth",
                comparison_levels=[
                    levels.NullLevel("birth"),
                    levels.CustomLevel(VAGUE.format(0)),
                    levels.CustomLevel(VAGUE.format(2)),
                    levels.ExactMatchLevel("birth"),
                    levels.CustomLevel(SWAPPED),
                    levels.CustomLevel(SLIP.format("birth", 1)),
                    levels.CustomLevel("year_l = year_r"),
                    levels.CustomLevel("abs(year_l::INT - year_r::INT) <= 2"),
                    levels.ElseLevel(),
                ],
            ),
            comparisons.ExactMatch("sex"),
            of_number("nik", levels.CustomLevel("substr(nik_l, 1, 12) = substr(nik_r, 1, 12)")),
            of_number("card"),
            comparisons.CustomComparison(
                output_column_name="village",
                comparison_levels=[
                    levels.NullLevel("village"),
                    levels.ExactMatchLevel("village", term_frequency_adjustments=True),
                    levels.ExactMatchLevel("district"),
                    levels.ElseLevel(),
                ],
            ),
            of_name("mother", levels.ExactMatchLevel("mother")),
            of_name("father", levels.ExactMatchLevel("father")),
            comparisons.ExactMatch("birth_place"),
        ],
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in RULES],
    )


def trained(linker: Any) -> None:
    """Estimate u from random pairs, m by EM under three blocking rules."""
    linker.training.estimate_u_using_random_sampling(max_pairs=PAIRS, seed=1)
    for rule in (("words",), ("birth", "village"), ("nik",)):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))


def best(connection: Any, table: str) -> dict[int, tuple[int, float]]:
    """Return for each arrival's place the best candidate's, and the probability."""
    rows = connection.sql(
        f"SELECT place_l, place_r, match_probability, match_weight FROM {table}"  # noqa: S608
        " ORDER BY match_weight, place_l, place_r"
    ).fetchall()
    found = {}
    for left, right, probability, _ in rows:
        arrival, resident = (left, right) if left[0] == "a" else (right, left)
        found[int(arrival[1:])] = (int(resident[1:]), probability)
    return found


def main(folder: Path) -> None:
    """Link, then time single arrivals."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    started_s = time.perf_counter()
    connection = duckdb.connect()
    for name in ("register", "arrivals"):
        connection.execute(
            f"CREATE TABLE {name} AS SELECT {COLUMNS}"  # noqa: S608
            f" FROM read_csv('{folder / name}.csv', all_varchar=true, header=true)"
        )
    people = connection.sql("SELECT count(*) FROM register").fetchall()[0][0]
    api = DuckDBAPI(connection)
    arrivals, register = api.register("arrivals"), api.register("register")
    linker = Linker([arrivals, register], settings(people), log_level=logging.ERROR)
    trained(linker)
    predicted = linker.inference.predict(threshold_match_probability=0.0001)
    found = best(connection, predicted.physical_name)
    seconds = time.perf_counter() - started_s
    model = linker.misc.save_model_to_json()
    ms = [one_ms(connection, model, place) for place in range(SINGLE)]
    best_of = {str(place): answer for place, answer in sorted(found.items())}
    json.dump({"best": best_of, "seconds": seconds, "one_ms": ms}, sys.stdout)


def one_ms(connection: Any, model: dict[str, Any], place: int) -> float:
    """Time one arrival on the trained model, its tables there already."""
    connection.execute(
        f"CREATE OR REPLACE TABLE one AS SELECT * FROM arrivals WHERE place = 'a{place}'"  # noqa: S608
    )
    api = DuckDBAPI(connection)
    linker = Linker([api.register("one"), api.register("register")], model, log_level=logging.ERROR)
    for column in ("words", "village"):
        linker.table_management.compute_tf_table(column)
    started_s = time.perf_counter()
    linker.inference.predict(threshold_match_probability=0.0001)
    return (time.perf_counter() - started_s) * 1_000


if __name__ == "__main__":
    main(Path(sys.argv[1]))
