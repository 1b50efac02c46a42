"""All faults by name."""

from collections.abc import Mapping

from dashboard.sandbox.faults import contents, envelopes, refusals, replies, wire
from dashboard.sandbox.faults.fault import Fault

CATALOGUE: Mapping[str, Fault] = {
    value.name: value
    for module in (refusals, replies, envelopes, contents, wire)
    for value in vars(module).values()
    if isinstance(value, Fault)
}
