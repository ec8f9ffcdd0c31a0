"""What has to be installed: SQLAlchemy's asyncio extra and an async driver, where it is declared."""

from __future__ import annotations

import re

from async_db.modernizing.changes import Change
from async_db.modernizing.step import Step

_RULE = "engine/async-driver-url"
_WINDOWS = {
    "asyncpg": "asyncpg>=0.31",
    "aiosqlite": "aiosqlite>=0.20",
    "aiomysql": "aiomysql>=0.2",
}
_SCHEMES = {
    "asyncpg": re.compile(r"postgres(?:ql)?(?:\+psycopg2|\+asyncpg)?://|psycopg2", re.IGNORECASE),
    "aiosqlite": re.compile(r"sqlite(?:\+\w+)?://"),
    "aiomysql": re.compile(r"mysql(?:\+\w+)?://"),
}
_SQLALCHEMY = re.compile(
    r"(?P<start>^[ \t]*[\"']?|\[[ \t]*[\"'])(?P<name>sqlalchemy)(?P<extras>\[[\w, ]*\])?(?P<rest>[ \t]*(?:[<>=!~;,]|[\"']|$)[^\n]*)",
    re.IGNORECASE | re.MULTILINE,
)


def requirements(step: Step) -> None:
    """Declare what the async side needs, beside what is declared."""
    drivers = _drivers(step)
    if not drivers:
        return
    for path, text in step.project.configurations.items():
        name = path.rpartition("/")[2]
        if name.startswith("requirements") or "requirements/" in path:
            after = _in_requirements(text, drivers)
        elif name == "pyproject.toml":
            after = _in_pyproject(text, drivers)
        else:
            continue
        if after != text:
            step.new[path] = after
            step.changes.append(Change(path, 1, "requirement", rule=_RULE))


def _drivers(step: Step) -> list[str]:
    """Give the drivers that the service's engines need, by the URLs that stand in its files."""
    if not any("create_async_engine" in module.text for module in step.service.modules):
        return []
    texts = [module.text for module in step.service.modules]
    texts += step.project.configurations.values()
    return [name for name, scheme in _SCHEMES.items() if any(map(scheme.search, texts))]


def _in_requirements(text: str, drivers: list[str]) -> str:
    found = _SQLALCHEMY.search(text)
    if found is None:
        return text
    missing = [each for each in drivers if not _declares(text, each)]
    after = text[: found.start()] + _with_extra(found) + text[found.end() :]
    if missing:
        newline = "\r\n" if "\r\n" in after else "\n"
        after = (
            after.rstrip("\r\n")
            + newline
            + newline.join(_WINDOWS[each] for each in missing)
            + newline
        )
    return after


def _in_pyproject(text: str, drivers: list[str]) -> str:
    """Edit a list of PEP 621 or of a group; Poetry's tables are theirs."""
    found = _SQLALCHEMY.search(text)
    if found is None or not found["start"].strip().strip("["):
        return text
    quote = found["start"].strip()[-1:]
    missing = [each for each in drivers if not _declares(text, each)]
    indentation = re.match(r"[ \t]*", text[text.rfind("\n", 0, found.start("name")) + 1 :])
    line = _with_extra(found)
    if missing and found["start"].strip().startswith("["):
        return text  # all on one line
    added = "".join(
        f"\n{indentation.group() if indentation else ''}{quote}{_WINDOWS[each]}{quote},"
        for each in missing
    )
    if added and not line.rstrip().endswith(",") and "," not in line.rpartition(quote)[2]:
        line += ","
    return text[: found.start()] + line + added + text[found.end() :]


def _with_extra(found: re.Match[str]) -> str:
    extras = [each.strip() for each in (found["extras"] or "[]")[1:-1].split(",") if each.strip()]
    if "asyncio" not in extras:
        extras.append("asyncio")
    return f"{found['start']}{found['name']}[{','.join(extras)}]{found['rest']}"


def _declares(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w-]){name}(?![\w-])", text, re.IGNORECASE) is not None
