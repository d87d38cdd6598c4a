"""Administrative approvals: a catalogue of matters, applications with their reviews, and licences."""

__version__ = "0.1.0"
