"""
Logins go on while nothing can be written, and after.

Nobody may be let in or challenged meanwhile, Rejects still leave, Status-Server is silent, and once the disk is well
again so is the server, by itself and within ten seconds.
"""

import socket
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from tests.rigs.nas import Code, packet, read_answer
from tests.torture.disturbances import Disturbance
from tests.torture.driver import Torture
from tests.torture.field import microseconds
from tests.torture.schedule import drawn, steady
from tests.torture.town import SECRET, App

BEFORE: Final = 2.0
"""Seconds for which everything is well."""
UNTIL_NOTHING_FITS: Final = 2.0
"""Seconds in which the last room is used up that the files have already: what is committed then is committed."""
MEANWHILE: Final = 5.0
RECOVERY: Final = 10.0
AFTER: Final = 2.0
SILENCE: Final = 0.3


@dataclass(slots=True)
class Endured:
    """What came of it: answers while nothing could be written, and seconds until somebody was let in again."""

    meanwhile: Counter[str] = field(default_factory=Counter)
    recovered: float = 0.0


class Endurance(Torture):
    """One life of the server, with a disturbance in it."""

    def endure(self, disturbance: Disturbance) -> Endured:
        """Run it; what is wrong is in `faults`."""
        endured = Endured()
        try:
            self.town.fill(self.process.data, self.kills)
            self._begin(0)
            self._serve()
            self._load(BEFORE, 0)
            disturbance.begin(self.process.pid)
            try:
                self._load(UNTIL_NOTHING_FITS, 1)
                began = microseconds()
                self._load(MEANWHILE, 2)
                if self._probed():
                    self.faults.append("Status-Server was answered while nobody could be let in")
                ended = microseconds()
            finally:
                disturbance.end()
            endured.recovered = self._recovery()
            self._load(AFTER, 4)
            if not self._probed():
                self.faults.append("Status-Server was not answered when all was well again")
            endured.meanwhile = self._judged(began, ended)
            self._end_well()
        finally:
            self.close()
        return endured

    def _load(self, seconds: float, number: int) -> None:
        random = drawn(f"disturbed {number} of {self.seed}")
        self._plan(steady(random, seconds, self.rate))
        self._field.run(lambda: False, seconds)

    def _recovery(self) -> float:
        """Return the seconds until somebody is let in who asks after the disturbance."""
        began = microseconds()
        self._plan(steady(drawn(f"disturbed 3 of {self.seed}"), RECOVERY, self.rate))

        def passed() -> bool:
            recent = self.history.requests[::-1]
            return any(
                answered.code is Code.ACCESS_ACCEPT and request.sent[0].at > began
                for request in recent[:500]
                for answered in request.answers
            )

        if not self._field.run(passed, RECOVERY):
            self.faults.append(f"nobody was let in within {RECOVERY} seconds after the end of the disturbance")
        self._field.forget_plans()
        return (microseconds() - began) / 1_000_000

    def _judged(self, began: int, ended: int) -> Counter[str]:
        """Count the answers that came meanwhile to what was asked meanwhile."""
        answers = [
            answered
            for request in self.history.requests
            for answered in request.answers
            if began <= request.sent[0].at and answered.at <= ended
        ]
        counted = Counter(answered.code.name for answered in answers)
        for code in (Code.ACCESS_ACCEPT, Code.ACCESS_CHALLENGE):
            if counted[code.name]:
                self.faults.append(f"{counted[code.name]} times {code.name} while nothing could be written")
        if not counted[Code.ACCESS_REJECT.name]:
            self.faults.append("no Access-Reject left while nothing could be written")
        return counted

    def _probed(self) -> bool:
        """Ask with Status-Server, and tell whether there was an answer."""
        request = packet(Code.STATUS_SERVER, SECRET, ())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.bind((self.town.host(App.CODES), 0))
            asking.connect(self.process.radius)
            asking.settimeout(SILENCE)
            asking.send(request.octets)
            try:
                return read_answer(request, asking.recv(4_096)).accepted
            except TimeoutError:
                return False
