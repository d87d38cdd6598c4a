"""Who is there: people, posts and departments, sign-in, sessions and tokens, and the throttle.

tables      person, account, department, duty, role, post, session, api_token, throttle
directory   the immutable picture of districts, departments, duties and roles that a process keeps
people      adding people, accounts, posts and departments
access      sign-in, sessions, API tokens: from a secret to an ``Actor``
throttle    counting attempts
"""
