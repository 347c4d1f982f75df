"""The commands of `field-client`: a module for each part of an officer's day."""
