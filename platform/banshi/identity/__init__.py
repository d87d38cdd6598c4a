"""Who is there: people, posts and departments, sign-in, sessions and tokens, and the throttle.

tables      person, account, department, duty, role, post, session, api_token, throttle
directory   the immutable picture of districts, departments, duties and roles that a process keeps
standing    who stands in for whom at a moment, as a pure function
deputies    entering absences, naming deputies (A and B roles)
people      adding people, accounts, posts and departments
access      sign-in, sessions, API tokens: from a secret to an ``Actor``
throttle    counting attempts
"""
