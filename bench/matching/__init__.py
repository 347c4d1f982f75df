"""The matching bench: synthetic register and arrivals, their errors, scorer, calibration, peer.

What is written here knows nothing of how names are compared: errors come from pseudopeople and from
lists of this folder, never from `shared_schema.names`.
"""
