"""Methods that belong together: a port, its base classes and all that implement or override it."""

from __future__ import annotations

from functools import cached_property

from async_db.modernizing.steps.propagation.doubling import Doubles
from async_db.target import Calls, Class, Function


class Families:
    """What has to be async where one of it is.

    Parameters:
        calls: of the project.
        doubles: what its tests put in the place of its classes.
    """

    def __init__(self, calls: Calls, doubles: Doubles) -> None:
        self.calls = calls
        self.doubles = doubles
        self.types = calls.types
        self._known: dict[Function, tuple[Function, ...]] = {}

    def of(self, function: Function) -> tuple[Function, ...]:
        """Give a method and those that may run in its place or that it runs in the place of."""
        if function.owner is None:
            return (function,)
        if function not in self._known:
            family = self._joined(function, function.owner)
            for each in family:
                self._known[each] = family
        return self._known[function]

    def _joined(self, function: Function, owner: Class) -> tuple[Function, ...]:
        found: dict[Function, None] = {}
        classes: dict[Class, None] = {}
        waiting = [owner]
        while waiting:
            each = waiting.pop()
            if each in classes:
                continue
            classes[each] = None
            waiting += self.doubles.get(each, ())
            own = each.bindings.get(function.name)
            made = own[-1].definition if own else None
            if isinstance(made, Function):
                found[made] = None
                waiting += [above for above in self._above(each) if self._has(above, function.name)]
                waiting += self.calls.implementations(each)
            elif each is owner or self._inherits(each, function.name):
                waiting += [above for above in self._above(each) if self._has(above, function.name)]
        found[function] = None
        return tuple(found)

    def _above(self, of: Class) -> list[Class]:
        mro = [each for each in self.types.mro(of) if isinstance(each, Class) and each is not of]
        return [*mro, *self._ports.get(of, ())]

    def _has(self, of: Class, name: str) -> bool:
        return name in of.bindings

    def _inherits(self, of: Class, name: str) -> bool:
        return self.types.find_method(of, name) is not None

    @cached_property
    def _ports(self) -> dict[Class, list[Class]]:
        """The protocols that a class has all methods of, without naming them."""
        found: dict[Class, list[Class]] = {}
        for module in self.types.modules:
            for port in module.all_classes:
                if self.calls.is_protocol(port):
                    for each in self.calls.implementations(port):
                        found.setdefault(each, []).append(port)
        return found
