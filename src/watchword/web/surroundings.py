"""
What every part of the web is handed, so that it reaches nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass

from watchword.app.administration import Administration
from watchword.app.verify.prompting import Prompting
from watchword.kit.metrics import Metrics
from watchword.kit.telemetry import FaultReport
from watchword.ports.polls import Polls


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """
    What the web stands on.

    Attributes:
        context: what operations may reach, the clock among it.
        prompting: shows prompts to devices and takes their answers.
        polls: devices that listen.
        metrics: what is counted.
        fault: tells the operator of a bug.
        ready: whether a login could complete now. It is asked on the loop, and answers at once.
    """

    context: Administration
    prompting: Prompting
    polls: Polls
    metrics: Metrics
    fault: FaultReport
    ready: Callable[[], bool]
