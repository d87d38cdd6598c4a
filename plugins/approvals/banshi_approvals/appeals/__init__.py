"""Appeals (行政复议): a case of its own with the superior department, tied to the application that it is about (domain 6.1, 7.8).

remedies    which ways there are against a decision, and until when
cases       the case type
hearing     what an appeal changes on the application
pages       the applicant's form
"""
