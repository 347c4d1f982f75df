"""Golden bytes of the protocol: another client must read these, and refuse those.

The files are frozen. A change to one is a change of the protocol and needs a new version number.
"""
