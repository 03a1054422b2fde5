"""
What every part of the web is handed, so that it reaches nothing else.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from watchword.app.administration import Actor, Administration
from watchword.app.attempt import LoginAttempt
from watchword.app.verify.prompting import AnswerResult, DeviceAnswer, ShownPrompt
from watchword.domain.configuration import Configuration
from watchword.domain.secrets import Secret
from watchword.domain.users import UserId
from watchword.domain.verification import Outcome
from watchword.kit.metrics import Metrics
from watchword.kit.telemetry import FaultReport
from watchword.ports.login import Waiting
from watchword.ports.polls import Polls
from watchword.ports.records import DeviceOwner


class Login(Protocol):
    """Decides logins: `app.login.Login`."""

    def submit(self, attempt: LoginAttempt, done: Callable[[Outcome], None]) -> Waiting:
        """Take a login in and call `done` with its outcome, once, possibly before this returns."""


class Prompting(Protocol):
    """Shows prompts to devices and takes their answers: `app.verify.prompting.Prompting`."""

    def shown(self, user: UserId) -> ShownPrompt | None:
        """Return the prompt that a user's devices show now, None where nothing waits."""

    def answer(self, owner: DeviceOwner, answer: DeviceAnswer) -> AnswerResult:
        """Take a device's answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """
    What the web stands on.

    Attributes:
        context: what operations may reach, the clock among it.
        prompting: what devices show and answer.
        polls: devices that listen.
        metrics: what is counted.
        fault: tells the operator of a bug.
        ready: whether a login could complete now. It is asked on the loop, and answers at once.
        login: decides logins.
        configuration: what is in force now.
        authenticate: finds whose an API key is, None where it is nobody's.
        pause: waits so many seconds.
        development: whether `/design` is served, which shows what pages are made of.
    """

    context: Administration
    prompting: Prompting
    polls: Polls
    metrics: Metrics
    fault: FaultReport
    ready: Callable[[], bool]
    login: Login
    configuration: Callable[[], Configuration]
    authenticate: Callable[[Administration, Secret], Awaitable[Actor | None]]
    pause: Callable[[float], Awaitable[None]]
    development: bool = False
