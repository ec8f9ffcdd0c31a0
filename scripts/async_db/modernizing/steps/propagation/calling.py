"""What stands around calls that give something to await: `await`, `async with`, `async for`."""

from __future__ import annotations

import ast

from async_db.modernizing.changes import Knowledge
from async_db.modernizing.editing import Editing
from async_db.modernizing.step import Step
from async_db.modernizing.steps.propagation.lambdas import write_lambdas
from async_db.modernizing.steps.propagation.managers import Managers
from async_db.modernizing.steps.propagation.moving import Moving
from async_db.modernizing.steps.propagation.passing import Passed
from async_db.modernizing.steps.propagation.yielding import write_out
from async_db.target import Call, Function, enclosing_function

_RULE = "migrating/slice-by-slice"
_LEFT = "migrating/no-sync-left"
_CONSUMERS = frozenset(
    {
        *("list", "set", "tuple", "dict", "frozenset", "sorted", "enumerate"),
        *("sum", "any", "all", "max", "min", "join"),
    }
)
"""What takes all of a generator expression at once, so that a list serves as well."""


def write_calls(step: Step, moving: Moving) -> None:
    """Write what calls need.

    Parameters:
        step: the step.
        moving: what it found.
    """
    writing = _Writing(step, moving)
    for call, treatment in moving.direct.items():
        if treatment in ("await", "enter", "run_sync"):
            writing.write(call, treatment, moving.sites.get(call, "model"))
    for call, knowledge in moving.sites.items():
        if call not in moving.direct:
            writing.write(call, "", knowledge)
    for passed in moving.passed:
        writing.passed(passed)
    lambdas = {each.node: each for passed in moving.passed for each in passed.lambdas}
    write_lambdas(step, lambdas.values())
    for function in moving.functions:
        if not function.is_async:
            writing.own_loops(function)
    writing.managers.write()


class _Writing:
    def __init__(self, step: Step, moving: Moving) -> None:
        self.step = step
        self.moving = moving
        self.managers = Managers(step)

    def write(self, call: Call, treatment: str, knowledge: Knowledge) -> None:
        module = call.scope.module
        function = enclosing_function(call.scope)
        if call.inside == "lambda":
            self.left(call, "a lambda cannot await: make it an async function")
        elif function is None:
            self._at_import(call)
        elif function in self.moving.functions:
            if not is_where_it_says(self.step.editing(module), call.node):
                self.left(call, "its place in an f-string cannot be told: assign it before")
            elif call.use == "entered":
                self._entered(call, treatment)
            elif treatment == "run_sync":
                self._run_sync(call)
            elif not treatment and self._gives_generator(call):
                self._generator(call, function)
            else:
                self._await(call, knowledge)

    def left(self, call: Call, reason: str) -> None:
        self.step.withhold(call.scope.module, call.node, _LEFT, reason)

    def _await(self, call: Call, knowledge: Knowledge) -> None:
        module = call.scope.module
        editing = self.step.editing(module)
        generator = _generator_around(editing, call.node)
        if generator is not None and not self._as_list(call, generator):
            return
        editing.await_(call.node)
        self.step.changed(module, call.node, "await", rule=_RULE, knowledge=knowledge)

    def _as_list(self, call: Call, node: ast.GeneratorExp) -> bool:
        """Make a generator expression a list, where all of it is taken at once anyway."""
        module = call.scope.module
        editing = self.step.editing(module)
        parent = editing.parent(node)
        if not isinstance(parent, ast.Call):
            self.left(call, "a generator expression would become an async one: make it a list")
            return False
        name = getattr(parent.func, "id", getattr(parent.func, "attr", ""))
        if name not in _CONSUMERS:
            doubt = f"a list instead of a generator: `{name}` may not take all of it"
            if not self.step.doubtful(module, call.node, "list", _LEFT, doubt):
                return False
        start, end = editing.places.span(node)
        # A generator expression that is the only argument has the call's parentheses as its own.
        only = len(parent.args) == 1 and not parent.keywords
        inset = int(only or editing.places.text[start] == "(")
        if inset and not only:
            editing.replace_range(start, start + 1, "[")
            editing.replace_range(end - 1, end, "]")
        else:
            editing.wrap_range(start + inset, end - inset, "[", "]")
        return True

    def _run_sync(self, call: Call) -> None:
        """What only a sync session does is done by one, inside of `run_sync`."""
        editing = self.step.editing(call.scope.module)
        func = call.node.func
        if not isinstance(func, ast.Attribute):
            return
        _, behind = editing.places.span(func.value)
        editing.insert(behind, ".run_sync(lambda session: session")
        editing.await_(call.node)
        editing.wrap(call.node, "", ")")
        self.step.changed(call.scope.module, call.node, "run_sync", rule=_RULE)

    # Generators and context managers

    def _gives_generator(self, call: Call) -> bool:
        callees = self.step.service.calls.callees(call)
        return any(each.function.is_generator for each in callees)

    def _entered(self, call: Call, treatment: str) -> None:
        module = call.scope.module
        if not treatment and not self._is_manager(call):
            self.step.editing(module).await_(call.node)
        self.managers.enter(module, call.node)

    def _is_manager(self, call: Call) -> bool:
        """Say whether what is called is itself what `async with` enters: it is not awaited."""
        callees = [each.function for each in self.step.service.calls.callees(call)]
        return not callees or any(
            each.is_generator or each.name in ("__init__", "__enter__") for each in callees
        )

    def _generator(self, call: Call, function: Function) -> None:
        module = call.scope.module
        editing = self.step.editing(module)
        parent = editing.parent(call.node)
        self.step.changed(module, call.node, "async for", rule=_RULE)
        if call.use == "iterated":
            _async_for(editing, call.node)
        elif isinstance(parent, ast.YieldFrom):
            if isinstance(editing.parent(parent), ast.Expr):
                write_out(editing, parent, "async for")
            else:
                self.left(call, "an async generator has no `yield from`: yield in an `async for`")
        elif isinstance(parent, ast.Call) and getattr(parent.func, "id", "") == "next":
            _anext(editing, parent)
        elif isinstance(parent, ast.Call) and getattr(parent.func, "id", "") in ("list", "set"):
            opening, closing = "[]" if getattr(parent.func, "id", "") == "list" else "{}"
            start, end = editing.places.span(parent)
            inner, last = editing.places.span(call.node)
            editing.replace_range(start, inner, f"{opening}each async for each in ")
            editing.replace_range(last, end, closing)
        elif isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
            _assigned(editing, function, parent.targets[0].id)
        elif not isinstance(parent, ast.Return):
            self.left(call, "it gives an async generator now: use it in `async for`")

    def own_loops(self, function: Function) -> None:
        """What a function ran in a loop of its own is awaited, now that it runs in one."""
        editing = self.step.editing(function.module)
        for call in function.calls:
            if not self._is_own_loop(call):
                continue
            inner = call.node.args[0]
            start, end = editing.places.span(call.node)
            first, last = editing.places.span(inner)
            editing.replace_range(start, first, "")
            editing.replace_range(last, end, "")
            editing.await_(call.node)
            self.step.changed(function.module, call.node, "await", rule=_RULE)

    def _is_own_loop(self, call: Call) -> bool:
        if len(call.node.args) != 1 or call.inside == "lambda":
            return False
        if call.name == "run_until_complete":
            return True
        return call.name == "run" and self.step.service.library_name(call) == "asyncio.run"

    # What is not in a function that moves

    def _at_import(self, call: Call) -> None:
        module = call.scope.module
        editing = self.step.editing(module)
        if _is_main(editing, call.node) and call.use in ("discarded", ""):
            editing.wrap(call.node, "asyncio.run(", ")")
            self.step.add_import(module, "asyncio", "")
            self.step.changed(module, call.node, "asyncio.run", rule=_RULE)
        else:
            self.left(call, "it runs at import, where nothing can be awaited: move it to start-up")

    def passed(self, passed: Passed) -> None:
        """Write what is needed where a function is given to somebody who calls it."""
        call = passed.call
        module = call.scope.module
        function = enclosing_function(call.scope)
        if passed.how == "thread" and function is not None:
            editing = self.step.editing(module)
            _, end = editing.places.span(call.node)
            rest = call.node.args[call.node.args.index(passed.node) + 1 :]
            start = editing.places.span(call.node)[0]
            first, last = editing.places.span(passed.node)
            editing.replace_range(start, first, "")
            behind = editing.places.span(rest[0])[0] if rest else None
            if behind is None:
                kept = [each for each in call.node.keywords if each.arg not in _OF_THREADS]
                behind = editing.places.span(kept[0])[0] if kept else end - 1
            editing.replace_range(last, behind, "(")
            self.step.changed(module, call.node, "out of a thread", rule=_RULE)
        elif passed.how == "left" and not module.is_test:
            name = f"`{call.name}`" if call.name else "a call"
            self.left(call, f"{passed.name} is async now: see that {name} awaits it")


_OF_THREADS = frozenset({"limiter", "cancellable", "abandon_on_cancel"})


def is_where_it_says(editing: Editing, node: ast.expr) -> bool:
    """Say whether a node's place holds its text: inside f-strings Python 3.11 tells wrong ones."""
    current: ast.AST | None = node
    while current is not None and not isinstance(current, ast.stmt):
        if isinstance(current, ast.JoinedStr):
            try:
                found = ast.parse(editing.source(node), mode="eval").body
            except (SyntaxError, ValueError):
                return False
            return ast.dump(found) == ast.dump(node)
        current = editing.parent(current)
    return True


def _generator_around(editing: Editing, node: ast.AST) -> ast.GeneratorExp | None:
    """Give the generator expression that would have to be async; not one that is only fed by it."""
    child, current = node, editing.parent(node)
    while current is not None and not isinstance(current, ast.stmt):
        if isinstance(current, ast.GeneratorExp):
            fed = current.generators[0]
            if not (
                isinstance(child, ast.comprehension) and child is fed and _below(fed.iter, node)
            ):
                return current
        child, current = current, editing.parent(current)
    return None


def _below(root: ast.AST, node: ast.AST) -> bool:
    return any(each is node for each in ast.walk(root))


def _async_for(editing: Editing, node: ast.expr) -> None:
    """Write `async` before the `for` that takes from something."""
    parent = editing.parent(node)
    if isinstance(parent, ast.For):
        editing.insert(editing.places.span(parent)[0], "async ")
    elif isinstance(parent, ast.comprehension):
        start = editing.places.span(parent.target)[0]
        place = editing.places.text.rindex("for", 0, start)
        editing.insert(place, "async ")


def _anext(editing: Editing, call: ast.Call) -> None:
    start, end = editing.places.span(call.func)
    editing.replace_range(start, end, "anext")
    editing.await_(call)


def _assigned(editing: Editing, function: Function, name: str) -> None:
    """Take from a generator that a name holds: `next`, `for` and `close` of it become async."""
    for node in ast.walk(function.node):
        if isinstance(node, ast.Call):
            func = node.func
            first = node.args[0] if node.args else None
            if isinstance(func, ast.Name) and func.id == "next" and _is(first, name):
                _anext(editing, node)
            elif isinstance(func, ast.Attribute) and func.attr == "close" and _is(func.value, name):
                _, end = editing.places.span(func)
                editing.replace_range(end - len("close"), end, "aclose")
                editing.await_(node)
        elif isinstance(node, ast.For | ast.comprehension) and _is(node.iter, name):
            _async_for(editing, node.iter)


def _is(node: ast.expr | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_main(editing: Editing, node: ast.AST) -> bool:
    """Say whether a statement stands under `if __name__ == "__main__"`."""
    current: ast.AST | None = node
    while current is not None:
        if isinstance(current, ast.If) and "__name__" in editing.source(current.test):
            return True
        current = editing.parent(current)
    return False
