"""Syslog: what phones say, received and sent."""
