"""Parts that more than one page is made of. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping

from ..findings import Finding
from .markup import text


def tiles(*numbers: tuple[str, str]) -> str:
    """Give the numbers that sum a page up, each after its name."""
    items = (f"<li><b>{text(number)}</b><span>{name}</span></li>" for name, number in numbers)
    return f"<ul class=tiles aria-label=Summary>{''.join(items)}</ul>"


def source_line(code: str) -> str:
    """Give a line of the service's code, if it could be read."""
    return f"<p class=line><code>{text(code, 200)}</code></p>" if code else ""


def finding_text(finding: Finding, met: str = "", *, rule: bool = False, code: str = "") -> str:
    """Give a finding's grade, place, message and advice, and its rule where that is not plain."""
    name = f"<b class=mono>{text(finding.rule)}</b> " if rule else ""
    return (
        f"<p><span class='tag {finding.grade}'>{finding.grade}</span> {name}"
        f"<code>{text(finding.path, 200)}:{finding.line}</code> "
        f"<span class=soft>{text(met)}</span></p>"
        f"{source_line(code)}<p>{text(finding.message)}</p><p class=advice>{text(finding.advice)}</p>"
    )


def choice(label: str, by: str, everything: str, names: Mapping[int, str]) -> str:
    """Give a control that chooses one of several names, or all."""
    options = "".join(f"<option value={n}>{text(name, 80)}</option>" for n, name in names.items())
    return (
        f"<label>{label}<select data-by={by}><option value=''>{everything}</option>"
        f"{options}</select></label>"
    )
