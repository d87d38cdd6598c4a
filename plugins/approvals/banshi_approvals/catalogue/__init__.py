"""The catalogue of matters.

content     what a sub-item says, as structs
"""
