"""The demo city's approvals: its catalogue, what was reformed, and applications in every stage.

catalogue.toml   three families, eleven matters
forms.toml       what inspectors look at
filling          the catalogue into the tables, once
cases            applications: a pure function of the random source, the same every time
"""
