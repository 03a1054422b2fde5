"""
What the systems that ask are like: how long they wait, what they can show, and what to write into their configuration.

The numbers are where each vendor's documents and our own measurements put them. Measured: ocserv 1.1 (radcli
sends four times 10 s apart), pam_radius 2.0 (10 s, three times), openvpn-auth-radius 2.1 (5 s, twice, each from a new
port), strongSwan 5.9 eap-radius (2, 2.8, 3.9 and 5.5 s). Documented: Cisco ASA configuration guide (a group that was
silent three times is left alone for ten minutes; retry interval at most 10 s) and AnyConnect's 30 s since 4.8.02045
(CSCve01989); FortiOS "Explaining global set remoteauthtimeout" (5 s, then the secondary server); PAN-OS "Guidelines for
Setting Authentication Server Timeouts" (3 s, three times, the web server's 30 s above them); Citrix ADC `radiusAction`
(authTimeout 3 s, authServRetry 3); Microsoft "Remote Desktop Gateway and Azure MFA Server using RADIUS" (dropped after
3 s; 30 to 60 s for MFA; cannot show a challenge). They change with releases, so they are proposals and may be edited.

A place in angle brackets stands for what belongs there: <SERVER>, <PORT> and <SECRET>.
"""

from dataclasses import dataclass
from typing import Final

MARGIN: Final = 2
"""Seconds before a system gives up in which its answer must be there (R90)."""

LONGEST_DEADLINE: Final = 50
"""Seconds beyond which nobody waits for his phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """
    A kind of system that asks.

    Attributes:
        id: its short name.
        name: as people know it.
        waits: seconds that it should wait for an answer to one packet.
        tries: how often it should send it.
        usual: how long it waits as it comes, in words.
        challenge: whether it can show a challenge: ask for a code, or show a number.
        message_authenticator: whether it sends one, or can be told to.
        asserted: whether it has checked the password itself.
        source: the attribute in which it says where the user is, None where it does not.
        passwords: how the password comes in, as it has to be set there.
        advice: sentences about what else to mind.
        configuration: what to write into its configuration.
    """

    id: str
    name: str
    waits: int
    tries: int
    usual: str
    challenge: bool
    message_authenticator: bool
    source: str | None
    asserted: bool = False
    passwords: str = "PAP"
    advice: tuple[str, ...] = ()
    configuration: str = ""

    @property
    def deadline(self) -> int:
        """Return the seconds in which an application of this kind must be answered: before it gives up (R90)."""
        return min(self.waits * self.tries - MARGIN, LONGEST_DEADLINE)


_ONE_TRY: Final = (
    "One long wait is better than many short ones: a packet that is sent again is another chance to be late."
)

PRESETS: Final = (
    Preset(
        id="cisco-asa",
        name="Cisco ASA or Firepower (AnyConnect, Secure Client)",
        waits=10,
        tries=6,
        usual="10 s a packet; after three that were not answered the whole group is left alone for ten minutes",
        challenge=True,
        message_authenticator=True,
        source="Calling-Station-Id",
        advice=(
            (
                "Raise the client's own time-out too: AnyConnect gives up after 30 s, or 12 s before 4.8.02045"
                " (Authentication Timeout in the profile)."
            ),
            (
                "Use reactivation-mode timed, so that a server that was silent once is asked again after 30 s and not"
                " after ten minutes."
            ),
            "Without a release that sends Message-Authenticator, turn the requirement off for this client alone.",
        ),
        configuration="""aaa-server WATCHWORD protocol radius
 reactivation-mode timed
 max-failed-attempts 5
aaa-server WATCHWORD (inside) host <SERVER>
 key <SECRET>
 authentication-port <PORT>
 timeout 60
 retry-interval 10
tunnel-group DefaultWEBVPNGroup general-attributes
 authentication-server-group WATCHWORD
""",
    ),
    Preset(
        id="fortigate",
        name="FortiGate",
        waits=60,
        tries=1,
        usual="5 s for everything, and then the secondary server",
        challenge=True,
        message_authenticator=True,
        source="Calling-Station-Id",
        advice=(
            (
                "remoteauthtimeout holds for all servers together: below a minute the secondary one is asked while the"
                " user still looks for the phone."
            ),
            _ONE_TRY,
            "FortiOS 7.2.10, 7.4.5 and later drop answers without Message-Authenticator; Watchword always sends one.",
        ),
        configuration="""config system global
    set remoteauthtimeout 60
end
config user radius
    edit "watchword"
        set server "<SERVER>"
        set secret <SECRET>
        set radius-port <PORT>
        set auth-type pap
        set timeout 60
    next
end
config user group
    edit "vpn-users"
        set member "watchword"
    next
end
""",
    ),
    Preset(
        id="palo-alto",
        name="Palo Alto Networks (GlobalProtect)",
        waits=30,
        tries=1,
        usual="3 s, three times, at each server",
        challenge=True,
        message_authenticator=True,
        source="PaloAlto-Client-Source-IP",
        advice=(
            (
                "GlobalProtect drops the login after some 25 s whatever the profile says: ask for codes, or show the"
                " number on a challenge, where phones are slow."
            ),
            (
                "Time-out, tries and number of servers multiplied must not be more than the web server's time-out"
                " (30 s, 3 to 125)."
            ),
        ),
        configuration="""set shared server-profile radius watchword protocol PAP
set shared server-profile radius watchword timeout 30
set shared server-profile radius watchword retries 1
set shared server-profile radius watchword server watchword-1 ip-address <SERVER>
set shared server-profile radius watchword server watchword-1 port <PORT>
set shared server-profile radius watchword server watchword-1 secret <SECRET>
set shared authentication-profile watchword method radius server-profile watchword
""",
    ),
    Preset(
        id="citrix",
        name="Citrix ADC or Gateway (NetScaler)",
        waits=60,
        tries=1,
        usual="3 s, three times",
        challenge=True,
        message_authenticator=True,
        source="Calling-Station-Id",
        advice=(
            "Bind it as the only factor: the password is checked here too.",
            "Calling-Station-Id is sent only where -callingstationid is on.",
        ),
        configuration="""add authentication radiusAction watchword -serverIP <SERVER> -serverPort <PORT> \\
    -radKey <SECRET> -passEncoding pap -authTimeout 60 -authServRetry 1 -callingstationid ENABLED
add authentication Policy watchword -rule true -action watchword
""",
    ),
    Preset(
        id="openvpn",
        name="OpenVPN (openvpn-auth-radius)",
        waits=50,
        tries=1,
        usual="5 s, twice, the second time from another port; the whole handshake 60 s (hand-window)",
        challenge=False,
        message_authenticator=False,
        source="Calling-Station-Id",
        advice=(
            "Ask for the code with the password: static-challenge in the client's configuration comes as SCRV1.",
            "reneg-sec asks for a login again every hour: auth-gen-token keeps that from reaching the phone.",
            "The plug-in sends no Message-Authenticator: turn the requirement off for this client alone.",
        ),
        configuration="""# /etc/openvpn/radiusplugin.cnf
NAS-Identifier=openvpn
server
{
    acctport=1813
    authport=<PORT>
    name=<SERVER>
    retry=1
    wait=50
    sharedsecret=<SECRET>
}

# server.conf
plugin /usr/lib/openvpn/radiusplugin.so /etc/openvpn/radiusplugin.cnf
auth-gen-token 43200
hand-window 60

# client.conf, where users type codes
static-challenge "Code" 1
""",
    ),
    Preset(
        id="ocserv",
        name="ocserv (OpenConnect)",
        waits=10,
        tries=4,
        usual="10 s, four times, and then the secondary server on every login anew",
        challenge=True,
        message_authenticator=False,
        source="Calling-Station-Id",
        advice=(
            "A challenge may have several rounds, and its words are what the user reads.",
            "radcli sends no Message-Authenticator: turn the requirement off for this client alone.",
        ),
        configuration="""# /etc/radcli/radiusclient.conf
authserver <SERVER>:<PORT>
servers /etc/radcli/servers
dictionary /etc/radcli/dictionary
radius_timeout 10
radius_retries 4

# /etc/radcli/servers
<SERVER> <SECRET>

# /etc/ocserv/ocserv.conf
auth = "radius[config=/etc/radcli/radiusclient.conf,groupconfig=true]"
auth-timeout = 60
""",
    ),
    Preset(
        id="strongswan",
        name="strongSwan (eap-radius, xauth-eap)",
        waits=14,
        tries=1,
        usual="2, 2.8, 3.9 and 5.5 s: 14 s together",
        challenge=False,
        message_authenticator=True,
        source="Calling-Station-Id",
        passwords="EAP",
        advice=(
            "It speaks EAP alone, which is not answered yet: check the password through another system in front of it.",
            "Raise retransmit_timeout, or approve within 12 s.",
        ),
        configuration="""# /etc/strongswan.d/charon/eap-radius.conf
eap-radius {
    load = yes
    retransmit_timeout = 10.0
    retransmit_tries = 4
    servers {
        watchword {
            address = <SERVER>
            auth_port = <PORT>
            secret = <SECRET>
        }
    }
}
""",
    ),
    Preset(
        id="nps",
        name="Windows NPS or Remote Desktop Gateway, as a proxy",
        waits=60,
        tries=1,
        usual="a request is dropped after 3 s, and the server called unavailable after 30 s",
        challenge=False,
        message_authenticator=True,
        asserted=True,
        source="Calling-Station-Id",
        advice=(
            "Set both times of the remote RADIUS server (Load Balancing) to 60 s.",
            (
                "Remote Desktop Gateway shows neither challenge nor number: only an approval, a remembered login or"
                " a bypass lets anybody through."
            ),
            "It asserts the password itself: add the application with the primary authentication 'asserted'.",
            "Behind NPS every login comes from its own address: a caching rule of type ip needs Calling-Station-Id.",
        ),
        configuration="""nps.msc, Remote RADIUS Server Groups, New: Watchword
    Server <SERVER>, authentication port <PORT>, shared secret <SECRET>
    Request must contain the message authenticator attribute: on
    Load Balancing: seconds without response before a request is considered dropped: 60
    Load Balancing: seconds between requests when a server is identified as unavailable: 60
nps.msc, Connection Request Policies, the one of the gateway, Settings, Authentication:
    Forward requests to the remote RADIUS server group Watchword
""",
    ),
    Preset(
        id="pam-radius",
        name="pam_radius (SSH, sudo and whatever uses PAM)",
        waits=50,
        tries=1,
        usual="10 s, three times",
        challenge=True,
        message_authenticator=False,
        source="Calling-Station-Id",
        advice=(
            "sshd needs KbdInteractiveAuthentication yes, or a challenge cannot be shown.",
            "Logins of one user at once, by a script for one, share a prompt only where the source is the same.",
            "Releases before 3.0 send no Message-Authenticator: turn the requirement off for this client alone.",
        ),
        configuration="""# /etc/pam_radius_auth.conf (mode 0600)
<SERVER>:<PORT>  <SECRET>  50

# /etc/pam.d/sshd, in place of common-auth
auth required pam_radius_auth.so retry=1 prompt=Password
""",
    ),
)
"""Every kind of system, the ones that most ask for first."""

BY_ID: Final = {preset.id: preset for preset in PRESETS}
