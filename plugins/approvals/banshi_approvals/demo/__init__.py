"""The demo city's approvals: its catalogue, what was reformed, and applications in every stage.

catalogue.toml   three families, eleven matters
inspection_forms.toml  what inspectors look at
experts.toml     who is in the pool of experts
filling          the catalogue into the tables, once
cases            applications: a pure function of the random source, the same every time
"""
