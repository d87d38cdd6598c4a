"""What keeps a plugin's mistake from becoming everybody's: it is named, counted, and set aside for a while. Against mistakes, not malice.

faults      how often what failed, here and in the table that all processes share; what is set aside, and until when
guarding    a stretch of a plugin's code: what it raises is swallowed and reported, what takes too long is cut off
places      whose code a stack belongs to
watching    a thread that names whoever blocks the event loop
"""

from banshi.fences.faults import Fault, Fences, Kind, fault_table
from banshi.fences.guarding import Guard
from banshi.fences.places import Place, Places

__all__ = ["Fault", "Fences", "Guard", "Kind", "Place", "Places", "fault_table"]
