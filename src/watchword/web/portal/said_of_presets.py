"""
Names and advice of the presets of applications, as they stand in `domain.presets`, marked for translation.
"""

from collections.abc import Mapping
from typing import Final

from watchword.web.portal.languages import marked

PRESETS: Final[Mapping[str, str]] = {
    words: words
    for words in (
        marked("Cisco ASA or Firepower (AnyConnect, Secure Client)"),
        marked("10 s a packet; after three that were not answered the whole group is left alone for ten minutes"),
        marked(
            "Raise the client's own time-out too: AnyConnect gives up after 30 s, or 12 s before 4.8.02045 "
            "(Authentication Timeout in the profile)."
        ),
        marked(
            "Use reactivation-mode timed, so that a server that was silent once is asked again after 30 s and not"
            " after ten minutes."
        ),
        marked("Without a release that sends Message-Authenticator, turn the requirement off for this client alone."),
        marked("FortiGate"),
        marked("5 s for everything, and then the secondary server"),
        marked(
            "remoteauthtimeout holds for all servers together: below a minute the secondary one is asked while "
            "the user still looks for the phone."
        ),
        marked(
            "One long wait is better than many short ones: a packet that is sent again is another chance to be late."
        ),
        marked(
            "FortiOS 7.2.10, 7.4.5 and later drop answers without Message-Authenticator; Watchword always sends one."
        ),
        marked("Palo Alto Networks (GlobalProtect)"),
        marked("3 s, three times, at each server"),
        marked(
            "GlobalProtect drops the login after some 25 s whatever the profile says: ask for codes, or show the "
            "number on a challenge, where phones are slow."
        ),
        marked(
            "Time-out, tries and number of servers multiplied must not be more than the web server's time-out (30"
            " s, 3 to 125)."
        ),
        marked("Citrix ADC or Gateway (NetScaler)"),
        marked("3 s, three times"),
        marked("Bind it as the only factor: the password is checked here too."),
        marked("Calling-Station-Id is sent only where -callingstationid is on."),
        marked("OpenVPN (openvpn-auth-radius)"),
        marked("5 s, twice, the second time from another port; the whole handshake 60 s (hand-window)"),
        marked("Ask for the code with the password: static-challenge in the client's configuration comes as SCRV1."),
        marked("reneg-sec asks for a login again every hour: auth-gen-token keeps that from reaching the phone."),
        marked("The plug-in sends no Message-Authenticator: turn the requirement off for this client alone."),
        marked("ocserv (OpenConnect)"),
        marked("10 s, four times, and then the secondary server on every login anew"),
        marked("A challenge may have several rounds, and its words are what the user reads."),
        marked("radcli sends no Message-Authenticator: turn the requirement off for this client alone."),
        marked("strongSwan (eap-radius, xauth-eap)"),
        marked("2, 2.8, 3.9 and 5.5 s: 14 s together"),
        marked(
            "It speaks EAP alone, which is not answered yet: check the password through another system in front of it."
        ),
        marked("Raise retransmit_timeout, or approve within 12 s."),
        marked("Windows NPS or Remote Desktop Gateway, as a proxy"),
        marked("a request is dropped after 3 s, and the server called unavailable after 30 s"),
        marked("Set both times of the remote RADIUS server (Load Balancing) to 60 s."),
        marked(
            "Remote Desktop Gateway shows neither challenge nor number: only an approval, a remembered login or a"
            " bypass lets anybody through."
        ),
        marked("It asserts the password itself: add the application with the primary authentication 'asserted'."),
        marked(
            "Behind NPS every login comes from its own address: a caching rule of type ip needs Calling-Station-Id."
        ),
        marked("pam_radius (SSH, sudo and whatever uses PAM)"),
        marked("10 s, three times"),
        marked("sshd needs KbdInteractiveAuthentication yes, or a challenge cannot be shown."),
        marked("Logins of one user at once, by a script for one, share a prompt only where the source is the same."),
        marked("Releases before 3.0 send no Message-Authenticator: turn the requirement off for this client alone."),
    )
}
