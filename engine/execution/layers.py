"""Names from several places, looked up only when an expression reads them.

A step reads a few of the facts; to work out all of them each time, such as every unit of a county, would cost more than the step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from engine.execution.results import FeelValue


class Layers(Mapping[str, FeelValue]):
    """Several mappings as one: what a name means in the first that has it."""

    def __init__(self, *layers: Mapping[str, FeelValue]) -> None:
        self._layers = layers

    def __getitem__(self, name: str) -> FeelValue:
        for layer in self._layers:
            if name in layer:
                return layer[name]
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(name in layer for layer in self._layers)

    def __iter__(self) -> Iterator[str]:
        return iter({name: None for layer in reversed(self._layers) for name in layer})

    def __len__(self) -> int:
        return len(list(iter(self)))


class Computed(Mapping[str, FeelValue]):
    """Values that are each worked out once, when somebody first reads them."""

    def __init__(self, ways: Mapping[str, Callable[[], FeelValue]]) -> None:
        self._ways = ways
        self._known: dict[str, FeelValue] = {}

    def __getitem__(self, name: str) -> FeelValue:
        if name not in self._known:
            self._known[name] = self._ways[name]()
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._ways

    def __iter__(self) -> Iterator[str]:
        return iter(self._ways)

    def __len__(self) -> int:
        return len(self._ways)
