"""The application: from filing to the decision.

forms       what is asked, of the applicant and of the office
facts       what a case keeps beyond what was filed
cases       the case type: its states, its actions, its clocks
ways        what its actions change
opening     what is pinned when it is filed
evidence    licences in place of materials
sheets      what stands on the papers that it gives
"""
