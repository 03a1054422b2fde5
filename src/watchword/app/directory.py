"""
The configuration in force: one immutable value, swapped whole once a change of it is committed.
"""

from collections.abc import Callable

from watchword.domain.configuration import Configuration


class CurrentConfiguration:
    """Where every request reads the configuration from, on the loop's thread."""

    def __init__(self, configuration: Configuration) -> None:
        self.value = configuration
        self._told: list[Callable[[Configuration], None]] = []

    def swap(self, configuration: Configuration) -> None:
        """Put another configuration in force and tell whoever keeps something made from it."""
        self.value = configuration
        for told in self._told:
            told(configuration)

    def on_swap(self, told: Callable[[Configuration], None]) -> None:
        """Call `told` with every configuration that comes into force from now on."""
        self._told.append(told)
