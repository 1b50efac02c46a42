"""Faults: ways in which the service is known or feared to fail, to be switched on one by one.

Every row of fact sheet 7, the oddities of section 8 and the variants of 3.2, 3.3 and 4 that need more than
an unusual request. What the sandbox does by itself is not listed: a missing ``id``, unknown words in a
body, a wrong Content-Type, a body that is too large, a file that is no image, an ID that is no GUID.
"""

from dashboard.sandbox.faults.catalogue import CATALOGUE
from dashboard.sandbox.faults.fault import Call, Exchange, Fault, Stage
from dashboard.sandbox.faults.switchboard import Switch, Switchboard

__all__ = ["CATALOGUE", "Call", "Exchange", "Fault", "Stage", "Switch", "Switchboard"]
