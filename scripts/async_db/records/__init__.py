"""What `observe` saw of a target's sync tests, kept as a file for who moves the target to async.

The reading side is here, pure and standard library only: `parse_record` gives a `Record`, which
says what stood over the database and by which calls (`Record.edges`), and what was loaded by being
read. `held_against` tells apart what the target has changed since. `watching` makes records.
"""

from .edges import Edge, Knowledge
from .held_against import Held, held_against, text_hash
from .json_form import RecordError, as_json, parse_record
from .record import (
    FOR_THE_RESPONSE,
    SCHEMA_VERSION,
    CallKind,
    LoadKind,
    Place,
    Record,
    RecordedCall,
    RecordedFunction,
    RecordedLoad,
    merged,
)
from .settling import ITERATED, settled

__all__ = [
    "FOR_THE_RESPONSE",
    "ITERATED",
    "SCHEMA_VERSION",
    "CallKind",
    "Edge",
    "Held",
    "Knowledge",
    "LoadKind",
    "Place",
    "Record",
    "RecordError",
    "RecordedCall",
    "RecordedFunction",
    "RecordedLoad",
    "as_json",
    "held_against",
    "merged",
    "parse_record",
    "settled",
    "text_hash",
]
