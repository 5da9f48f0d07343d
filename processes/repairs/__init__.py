"""Findings of the model check with a repair of one click, where there is exactly one that is surely meant or
harmless. Pure.

`repair` says what a repair is and what is known, `edits` changes blueprints, `offers` tries the repairs that
the others find by subject: `ends` starts, ends and ways that lead nowhere (`loose`), `choices` outcomes and
conditions, `joins` where ways meet, `parts` fields, outcomes and votes, `people` who does it, `calls` other
processes.
"""

from processes.repairs.offers import find, repair_of
from processes.repairs.repair import Facts, Repair

__all__ = ["Facts", "Repair", "find", "repair_of"]
