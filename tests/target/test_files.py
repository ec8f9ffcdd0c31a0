"""Every file is read, or named with the reason why it is not."""

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from async_db.target import MAX_BYTES, NotUnderstood, read_files, read_module, read_project
from helpers.targets import project


def test_each_skipped_file_has_its_reason(tmp_path: Path) -> None:
    files = {
        "good.py": b"import sqlalchemy\n",
        "bom.py": b"\xef\xbb\xbfimport sqlalchemy\n",
        "latin.py": b"# coding: latin-1\nimport sqlalchemy\nname = '\xe9'\n",
        "nul.py": b"x = 1\0\n",
        "wrong.py": b"# coding: utf-8\nimport sqlalchemy\nname = '\xe9'\n",
        "unknown.py": b"# coding: no-such\nimport sqlalchemy\nname = '\xe9'\n",
        "two.py": b"import sqlalchemy\nprint 'hello'\n",
        "new.py": b"import sqlalchemy\nx = [\n",
        "deep.py": b"import sqlalchemy\nx = " + b"-" * 200_000 + b"1\n",
        "note.ipynb": b"{}",
        "text.md": b"no code",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "big.py").write_bytes(b"#" * (MAX_BYTES + 1))
    (tmp_path / "link.py").symlink_to("good.py")
    os.mkfifo(tmp_path / "fifo.py")
    target = read_project(tmp_path)

    assert [module.path for module in target.modules] == ["bom.py", "good.py", "latin.py"]
    reasons = {each.path: each.reason for each in target.skipped}
    assert reasons["nul.py"] == "has NUL bytes, so it is no Python text"
    assert reasons["big.py"] == "larger than 5 MB"
    assert reasons["link.py"] == "a link, which is not followed"
    assert reasons["fifo.py"] == "not a regular file"
    assert reasons["note.ipynb"] == "a notebook"
    assert "Python 2 could" in reasons["two.py"]
    assert reasons["deep.py"] == "nested too deeply"
    assert "encoding" in reasons["wrong.py"]
    assert "encoding" in reasons["unknown.py"]
    assert "cannot parse it" in reasons["new.py"]
    read = {"good.py", "bom.py", "latin.py"}
    assert set(reasons) == set(files) - read - {"text.md"} | {"big.py", "link.py", "fifo.py"}


def test_what_is_installed_or_built_is_left_alone(tmp_path: Path) -> None:
    for folder in (".venv/lib", "node_modules/x", "build/lib", ".git", "__pycache__", "mine"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.py").write_text("import sqlalchemy\n")
    (tmp_path / "mine" / "pyvenv.cfg").write_text("")
    for folder in ("app/build", "app"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "__init__.py").write_text("x = 1\n")
    sources, skipped = read_files(tmp_path)
    assert sorted(source.path for source in sources) == ["app/__init__.py", "app/build/__init__.py"]
    assert skipped == []


def test_type_parameters_are_understood_and_lines_stay(tmp_path: Path) -> None:
    """Python 3.12 has them; whoever audits may have an older one."""
    target = project(
        tmp_path,
        m="""
            type Orders[T] = list[T]
            type Name = str
            class Box[T: (int, str)](Base):
                async def get[
                    K
                ](self, key: K) -> T:
                    return await self.rows[key]
            def plain(rows): return rows[0]
        """,
    )
    assert [(each.name, each.line) for each in target.functions] == [("get", 5), ("plain", 9)]


def test_except_without_parentheses_is_understood(tmp_path: Path) -> None:
    """Python 3.14 allows it; a file of a service that has moved on is not lost to an older one."""
    target = project(
        tmp_path,
        m="def f():\n    try:\n        pass\n    except ValueError, KeyError:\n        pass\n",
    )
    assert [function.name for function in target.functions] == ["f"]


@given(st.binary(max_size=300))
def test_any_bytes_are_a_module_or_not_understood(data: bytes) -> None:
    with contextlib.suppress(NotUnderstood):
        assert read_module("m.py", ("m",), data).tree is not None


@pytest.mark.parametrize("folder", ["asyncio", "email", "unittest"])
def test_the_standard_library_is_read_whole(folder: str) -> None:
    root = Path(os.__file__).parent / folder
    if not root.is_dir():
        pytest.skip("this Python comes without it")
    target = read_project(root)
    for module in target.modules:
        for call in module.all_calls:
            target.calls.callees(call)
    assert target.modules
