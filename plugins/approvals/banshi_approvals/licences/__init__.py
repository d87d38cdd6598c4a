"""Licences: granted, renewed, watched over, and found by whoever asks (domain 6.1, 7.8).

granting    what a decision writes into the register
"""
