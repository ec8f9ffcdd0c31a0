"""A type checker as an oracle: what calls run that the model of the target cannot tell.

`ask_types` writes a copy of the target into a temporary folder, wraps the receivers of such calls in
`reveal_type(...)` there, has mypy check it in a process of its own, and reads what it says. The
target is not touched and nothing of it runs: mypy reads, its plugins would run, so that it is
given a configuration of ours and never the target's. `faults_of` has it look at a move in the same
way.
"""

from async_db.modernizing.oracle.asking import Answers, ask_types, unresolved
from async_db.modernizing.oracle.checker import NoAnswer
from async_db.modernizing.oracle.faults import Fault, faults_of

__all__ = ["Answers", "Fault", "NoAnswer", "ask_types", "faults_of", "unresolved"]
