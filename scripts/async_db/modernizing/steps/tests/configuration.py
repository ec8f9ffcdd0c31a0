"""How the tests run: one loop for them and the engines they share, and what has to be installed."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from async_db.modernizing.changes import Change
from async_db.modernizing.step import Step
from async_db.target import Function

_RULE = "testing/one-loop-for-engine-and-tests"
_SETTINGS = {
    "asyncio_mode": "auto",
    "asyncio_default_fixture_loop_scope": "session",
    "asyncio_default_test_loop_scope": "session",
}
_TABLES = {
    "pyproject.toml": "[tool.pytest.ini_options]",
    "pytest.ini": "[pytest]",
    "tox.ini": "[pytest]",
    "setup.cfg": "[tool:pytest]",
}
_LOOP_SCOPES = (0, 26)
"""The release of pytest-asyncio that brought a setting for the loop of tests."""
_NEEDED = {"pytest-asyncio": ">=0.26", "httpx": ">=0.28", "asgi-lifespan": ">=2.1"}


def configuration(step: Step) -> None:
    """Configure pytest where the target does, and declare what its tests need where it declares it."""
    tests = [each for each in step.project.functions if _is_async_test(each)]
    if not tests:
        return
    folder = _common([each.module.path for each in tests])
    _configure(step, folder)
    _require(step)


def _is_async_test(function: Function) -> bool:
    return function.module.is_test and function.is_async and function.name.startswith("test")


def _common(paths: list[str]) -> PurePosixPath:
    """Give the folder that all of some files are in."""
    parts = [PurePosixPath(path).parent.parts for path in paths]
    shared = []
    for each in zip(*parts, strict=False):
        if len(set(each)) > 1:
            break
        shared.append(each[0])
    return PurePosixPath(*shared)


def _configure(step: Step, folder: PurePosixPath) -> None:
    for above in (folder, *folder.parents):
        for name, table in _TABLES.items():
            path = (above / name).as_posix()
            text = _text(step, path)
            if text is not None and table in text:
                _store(step, path, _with_settings(text, table, quoted=name == "pyproject.toml"))
                return
    for above in (folder, *folder.parents):
        path = (above / "pyproject.toml").as_posix()
        text = _text(step, path)
        if text is not None:
            after = text.rstrip("\n") + "\n\n[tool.pytest.ini_options]\n"
            _store(step, path, _with_settings(after, "[tool.pytest.ini_options]", quoted=True))
            return
    # pytest looks where it is told to and above, not below: beside the outermost folder of tests.
    outermost = [each for each in (folder, *folder.parents) if each.name in ("tests", "test")][-1:]
    top = outermost[0].parent if outermost else folder
    _store(
        step,
        (top / "pytest.ini").as_posix(),
        _with_settings("[pytest]\n", "[pytest]", quoted=False),
    )


def _text(step: Step, path: str) -> str | None:
    return step.new.get(path, step.project.configurations.get(path))


def _store(step: Step, path: str, text: str) -> None:
    if _text(step, path) != text:
        step.new[path] = text
        step.changes.append(Change(path, 1, "configuration", rule=_RULE))


def _with_settings(text: str, table: str, *, quoted: bool) -> str:
    """Set what decides on loops; a setting that is there is changed where it says otherwise."""
    newline = _newline(text)
    missing = []
    for name, value in _SETTINGS.items():
        written = f'{name} = "{value}"' if quoted else f"{name} = {value}"
        found = re.search(rf"^{name}[ \t]*=[^\r\n]*", text, re.MULTILINE)
        if found is None:
            missing.append(written)
        else:
            text = text[: found.start()] + written + text[found.end() :]
    if not missing:
        return text
    place = text.index(table) + len(table)
    behind = text.find("\n", place)
    head, rest = (text, "") if behind < 0 else (text[: behind + 1], text[behind + 1 :])
    head = head if head.endswith("\n") else head + newline
    return head + "".join(f"{line}{newline}" for line in missing) + rest


def _require(step: Step) -> None:
    """Declare the tests' libraries beside pytest."""
    for path, text in list(step.project.configurations.items()):
        name = path.rpartition("/")[2]
        now = step.new.get(path, text)
        if name == "pyproject.toml":
            after = _beside_pytest(now)
        elif name.startswith("requirements") or "requirements/" in path:
            after = _below_pytest(now)
        else:
            continue
        if after != now:
            step.new[path] = after
            step.changes.append(Change(path, 1, "requirement", rule=_RULE))


def _missing(text: str) -> list[str]:
    return [
        f"{name}{window}"
        for name, window in _NEEDED.items()
        if not re.search(rf"(?<![\w-]){name}(?![\w-])", text, re.IGNORECASE)
    ]


def _with_loop_scopes(text: str) -> str:
    """Ask for the pytest-asyncio that knows loops for tests, where an older one would do."""

    def raised(found: re.Match[str]) -> str:
        low = re.match(r"[^0-9]*(\d+)(?:\.(\d+))?", found["window"])
        if low is None or (int(low[1]), int(low[2] or 0)) >= _LOOP_SCOPES:
            return found.group()
        return found["name"] + _NEEDED["pytest-asyncio"]

    text = re.sub(
        r"(?P<name>(?<![\w-])pytest-asyncio[ \t]*)(?P<window>[<>=!~]=?[ \t]*[\w.,*<>=!~]+)",
        raised,
        text,
    )
    return re.sub(
        r"(?P<name>^pytest-asyncio[ \t]*=[ \t]*[\"'])(?P<window>[^\"'\n]+)",
        raised,
        text,
        flags=re.MULTILINE,
    )


def _beside_pytest(text: str) -> str:
    """Add to the list that pytest stands in: one entry a line, all on one, or Poetry's table."""
    text = _with_loop_scopes(text)
    missing = _missing(text)
    own_line = re.search(
        r"^(?P<indent>[ \t]*)(?P<quote>[\"'])pytest(?:[ <>=!~\[][^\"'\n]*)?(?P=quote)"
        r"(?P<comma>,?)(?P<rest>[ \t]*(?:#[^\r\n]*)?)(?=\r?$)",
        text,
        re.MULTILINE,
    )
    if own_line is not None:
        quote, end = own_line["quote"], own_line.end()
        added = "".join(
            f"{_newline(text)}{own_line['indent']}{quote}{each}{quote}," for each in missing
        )
        before = text[: own_line.start("comma")] + ("," if missing else own_line["comma"])
        return before + own_line["rest"] + added + text[end:]
    inline = re.search(
        r"(?P<quote>[\"'])pytest(?:[ <>=!~\[][^\"'\n]*)?(?P=quote)(?=[ \t]*[,\]])", text
    )
    if inline is not None:
        quote = inline["quote"]
        added = "".join(f", {quote}{each}{quote}" for each in missing)
        return text[: inline.end()] + added + text[inline.end() :]
    table = re.search(r"^pytest[ \t]*=[^\r\n]*", text, re.MULTILINE)
    if table is not None:
        names = [re.match(r"([\w-]+)(.*)", each) for each in missing]
        added = "".join(f'{_newline(text)}{each[1]} = "{each[2]}"' for each in names if each)
        return text[: table.end()] + added + text[table.end() :]
    return text


def _below_pytest(text: str) -> str:
    if "--hash=" in text:
        return text  # a tool wrote it, of a file that it is told of
    text = _with_loop_scopes(text)
    listed = re.search(r"^pytest(?:[ <>=!~\[;][^\r\n]*)?(?=\r?$)", text, re.MULTILINE)
    if listed is None:
        return text
    added = "".join(f"{_newline(text)}{each}" for each in _missing(text))
    return text[: listed.end()] + added + text[listed.end() :]


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
