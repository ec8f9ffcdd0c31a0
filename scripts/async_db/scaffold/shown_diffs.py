"""Diffs in as many characters as are read in one go; what is left out is named."""

from collections.abc import Iterator, Sequence

from async_db.scaffold.atomic_writing import FilePlan, unified_diff

MOST_CHARACTERS = 8_000
"""Of diffs, so that what is said beside them has room in 10,000."""
_MOST_NAMES = 12


def shown_diffs(files: Sequence[FilePlan], *, everything: bool = False) -> tuple[str, list[str]]:
    """Give the diffs of files, whole ones only, and lines about those that had no room.

    Args:
        files: what is planned.
        everything: whether to show all, however long they are.
    """
    shown, left = "", []
    for file, diff in ((file, unified_diff(file)) for file in files):
        if everything or len(shown) + len(diff) <= MOST_CHARACTERS:
            shown += diff
        else:
            left.append((file, diff))
    return shown, list(_about(left))


def _about(left: Sequence[tuple[FilePlan, str]]) -> Iterator[str]:
    if not left:
        return
    yield f"{len(left)} {'files' if len(left) > 1 else 'file'} more; --diff --all shows them:"
    for file, diff in left[:_MOST_NAMES]:
        lines = diff.splitlines()
        added = sum(line.startswith("+") and not line.startswith("+++ ") for line in lines)
        removed = sum(line.startswith("-") and not line.startswith("--- ") for line in lines)
        yield f"  {file.path} (+{added}, -{removed})"
    if len(left) > _MOST_NAMES:
        yield f"  and {len(left) - _MOST_NAMES} more"
