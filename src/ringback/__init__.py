"""Ringback provisions Cisco IP phones and proves that each phone took what it was given."""

__version__ = "0.1.0"
