"""Site inspections.

content     a scored form, as structs
forms       its versions: reading, publishing, and what a TOML file says
scoring     when a place has passed: a pure function
facts       what an inspection keeps
cases       the case type: its states, its actions
ways        what its actions change
opening     what the application does to have a place inspected
counting    which items are failed how often
measures    figures for the report
showing     what the pages show
pages       the form on site, the self-check, the items that are failed
panels      what stands on a case's page
"""
