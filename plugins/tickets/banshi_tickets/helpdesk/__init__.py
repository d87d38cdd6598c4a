"""The government's own help desk: staff ask, the department that looks after devices, systems and networks answers.

forms      what is asked of people
cases      the lifecycle
services   how staff file it
"""
