"""Requests of residents: what is wrong is told, gets a number, is worked on by whom it concerns, and is answered."""
