"""Routes, and what they depend on."""

from pathlib import Path

from helpers.targets import function, project


def test_routes_and_dependencies_through_aliases_classes_and_lists(tmp_path: Path) -> None:
    target = project(
        tmp_path,
        deps="""
            from typing import Annotated
            from fastapi import Depends
            def get_session(): yield 1
            SessionDep = Annotated[int, Depends(get_session, scope="function")]
            Alias = SessionDep
            class Repository:
                def __init__(self, session: Alias): ...
            class Checker:
                def __call__(self, repository: Annotated[Repository, Depends()]): ...
            check = Checker()
        """,
        main="""
            from fastapi import APIRouter, Depends, FastAPI
            import deps
            app = FastAPI()
            class Router(APIRouter): ...
            router = Router()
            @app.get("/a")
            async def a(session: "deps.Alias"): ...
            @router.post("/b", dependencies=[Depends(deps.check)])
            def b(x: int): ...
            def c(): ...
            app.add_api_route("/c", c)
            @unknown.get("/d")
            def d(): ...
            @cache.get("key")
            def no_route(): ...
        """,
    )
    assert [(route.name, route.proven) for route in target.web.routes] == [
        ("GET /a", True),
        ("POST /b", True),
        ("GET /d", False),
        ("ROUTE /c", True),
    ]
    (a,) = target.web.dependencies_of(function(target, "a"))
    assert (a.exit_scope, a.parameter, a.module.path) == ("function", "session", "deps.py")
    needed = [
        target.web.function_of(each.target)
        for each in target.web.all_dependencies(function(target, "b"))
    ]
    names = [each.qualname for each in needed if each is not None]
    assert names == ["Checker.__call__", "Repository.__init__", "get_session"]
