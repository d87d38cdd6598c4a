"""Searching the record: what cases say, found within what the reader may see.

tables      one row a case: its words as PostgreSQL searches them, and which event answered it
indexing    keeps that row up with the case, as a consumer of the relay
finding     the best cases for a question; those like a case, with how they were answered
"""
