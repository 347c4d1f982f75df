"""The program on a field team's laptop: encrypted store, command line, synchronisation.

Whatever it calls saved is durable on this device before it says so, and it never needs a network
to take a registration.
"""
