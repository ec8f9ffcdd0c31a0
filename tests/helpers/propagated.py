"""Files that propagation is tried on."""

import re
import textwrap

HEAD = """
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy import create_engine, select
SessionLocal = sessionmaker(create_engine("sqlite://"))
"""


def file_of(body: str) -> str:
    """Give a file: the standard library's imports, the head, the rest."""
    text = textwrap.dedent(body).lstrip("\n")
    imports = re.match(
        r"(?:(?:import|from) (?:asyncio|contextlib|collections|typing)\b.*\n)*", text
    )
    first = imports.group() if imports else ""
    return f"{first}{chr(10) if first else ''}{HEAD.lstrip()}\n{text[len(first) :].lstrip(chr(10))}"
