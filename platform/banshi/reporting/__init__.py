"""Figures over all cases: what each case gives to each measure, kept added up, so that a report never reads a case.

tables      one narrow row a case, and the cells in which equal contributions are counted
measuring   a case with its story, asked by every measure; the kernel's own measures
rollups     the consumer of the relay that keeps rows and cells right
checking    everything counted again from the events, and compared
asking      what somebody wants to know, within what they may; the figures
comparing   whether a figure got better
"""
