"""Running proofs and counterexamples, and telling what came of them.

What is exported here is loaded when it is first asked for: a command shows its progress before
what is heavy is there, and child processes, which import this folder too, load only their part.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from async_db.proving.arguments import DATABASES, argument_parser
    from async_db.proving.children.prover import Interrupted, ProvingError, warm_context
    from async_db.proving.evidence.faults import Faults, read_faults
    from async_db.proving.evidence.files import EvidenceError, check_writable, write_text
    from async_db.proving.evidence.markdown import (
        MARKS,
        RELEASES_MARKS,
        pipe_table,
        shows_table,
        with_table,
    )
    from async_db.proving.evidence.page import evidence_page
    from async_db.proving.evidence.results import Evidence, Result, ServiceTests
    from async_db.proving.evidence.table import NOT_RUN_CELL, evidence_table, printed_table
    from async_db.proving.evidence.two_runs import MAX_REQUESTS, Pair
    from async_db.proving.releases.commit_order import ORDER_RULE, CommitOrder, judge_order
    from async_db.proving.releases.environments import EnvironmentsError
    from async_db.proving.releases.matrix import Matrix
    from async_db.proving.releases.runs import verify_releases
    from async_db.proving.releases.sets import RELEASE_SETS, ReleaseSet
    from async_db.proving.releases.verdicts import Tried, Verdict
    from async_db.proving.request import Progress, Request, RequestError
    from async_db.proving.terminal import Interruption, StatusLine
    from async_db.proving.verification import Verified, verify

_MODULES = {
    "DATABASES": "arguments",
    "MARKS": "evidence.markdown",
    "MAX_REQUESTS": "evidence.two_runs",
    "NOT_RUN_CELL": "evidence.table",
    "ORDER_RULE": "releases.commit_order",
    "RELEASES_MARKS": "evidence.markdown",
    "RELEASE_SETS": "releases.sets",
    "CommitOrder": "releases.commit_order",
    "EnvironmentsError": "releases.environments",
    "Evidence": "evidence.results",
    "EvidenceError": "evidence.files",
    "Faults": "evidence.faults",
    "Interrupted": "children.prover",
    "Interruption": "terminal",
    "Matrix": "releases.matrix",
    "Pair": "evidence.two_runs",
    "Progress": "request",
    "ProvingError": "children.prover",
    "ReleaseSet": "releases.sets",
    "Request": "request",
    "RequestError": "request",
    "Result": "evidence.results",
    "ServiceTests": "evidence.results",
    "StatusLine": "terminal",
    "Tried": "releases.verdicts",
    "Verdict": "releases.verdicts",
    "Verified": "verification",
    "argument_parser": "arguments",
    "check_writable": "evidence.files",
    "evidence_page": "evidence.page",
    "evidence_table": "evidence.table",
    "judge_order": "releases.commit_order",
    "pipe_table": "evidence.markdown",
    "printed_table": "evidence.table",
    "read_faults": "evidence.faults",
    "shows_table": "evidence.markdown",
    "verify": "verification",
    "verify_releases": "releases.runs",
    "warm_context": "children.prover",
    "with_table": "evidence.markdown",
    "write_text": "evidence.files",
}

if not TYPE_CHECKING:  # type checkers see the imports, and refuse other names

    def __getattr__(name: str) -> object:
        """Load what is exported from the module that has it."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


__all__ = [
    "DATABASES",
    "MARKS",
    "MAX_REQUESTS",
    "NOT_RUN_CELL",
    "ORDER_RULE",
    "RELEASES_MARKS",
    "RELEASE_SETS",
    "CommitOrder",
    "EnvironmentsError",
    "Evidence",
    "EvidenceError",
    "Faults",
    "Interrupted",
    "Interruption",
    "Matrix",
    "Pair",
    "Progress",
    "ProvingError",
    "ReleaseSet",
    "Request",
    "RequestError",
    "Result",
    "ServiceTests",
    "StatusLine",
    "Tried",
    "Verdict",
    "Verified",
    "argument_parser",
    "check_writable",
    "evidence_page",
    "evidence_table",
    "judge_order",
    "pipe_table",
    "printed_table",
    "read_faults",
    "shows_table",
    "verify",
    "verify_releases",
    "warm_context",
    "with_table",
    "write_text",
]
