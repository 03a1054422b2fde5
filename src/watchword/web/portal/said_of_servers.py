"""
Sentences of the operations about MFA servers and their groups, and how pages say them (`web.portal.said`).
"""

from collections.abc import Mapping
from typing import Final

from watchword.web.portal.languages import marked

SERVERS: Final[Mapping[str, str]] = {
    "two servers claim to be {name}, or its folder was put back from a copy; neither may act": marked(
        "Two servers claim to be %(name)s, or its folder was put back from a copy. Neither may act."
    ),
    "stop the wrong one; `watchword server credentials --server {name}` gives the right one a new key": marked(
        "Stop the wrong one, and activate the right one anew at its page."
    ),
    "the server {name} is offline: it was last heard at {heard}": marked("The MFA server %(name)s is offline."),
    "see whether its machine runs and reaches this portal; there, `watchword doctor` tells more": marked(
        "See whether its machine runs and reaches this portal. There, “watchword doctor” tells more."
    ),
    "the server {name} has missed three beats: it was last heard at {heard}": marked(
        "The MFA server %(name)s has missed three beats."
    ),
    "wait a moment: it may be starting anew; after two minutes it counts as offline": marked(
        "Wait a moment: it may be starting anew. After two minutes it counts as offline."
    ),
    "the server {name} was activated and has not been heard yet": marked(
        "The MFA server %(name)s was activated and has not been heard yet."
    ),
    "start it on its machine: `watchword server run`": marked("Start it on its machine: “watchword server run”."),
    "the clock of the server {name} is {seconds} ahead of the portal's": marked(
        "The clock of the MFA server %(name)s is ahead of this portal's."
    ),
    "the clock of the server {name} is {seconds} behind the portal's": marked(
        "The clock of the MFA server %(name)s is behind this portal's."
    ),
    "let a time service (NTP) set both: by more than 5 minutes the portal lets the server in no more": marked(
        "Let a time service (NTP) set both. By more than 5 minutes this portal lets the server in no more."
    ),
    "the server {name} has not taken the newest configuration": marked(
        "The MFA server %(name)s has not taken the newest configuration."
    ),
    "what was changed lately does not count there; its log says why, and starting it anew may help": marked(
        "What was changed lately does not count there. Its log says why; starting it anew may help."
    ),
    "the server {name} is connected and serves nobody": marked(
        "The MFA server %(name)s is connected and serves nobody."
    ),
    "start it with an address that VPNs ask, as in `--radius 0.0.0.0:1812`": marked(
        "Start it with an address that VPNs ask: “--radius ADDRESS:PORT”."
    ),
    "the server {name} has not renewed its key since {since}": marked(
        "The MFA server %(name)s has not renewed its key for more than a month."
    ),
    "it does so every {days} days while it is heard; `watchword server renew {name}` asks it to": marked(
        "It does so by itself every %(days)s days while it is heard. Ask it to, at its page."
    ),
    "this URL leads to this machine only; set public_url to what servers elsewhere reach the portal by": marked(
        "This address leads to this machine only. Set public_url to what servers elsewhere reach the portal by."
    ),
    "this URL is spoken to in clear; set tls_cert and tls_key, or public_url to what has TLS in front": marked(
        "This address is spoken to in clear text. Set tls_cert and tls_key, or public_url to what has TLS in front."
    ),
    "the address must be an address or a network, such as 192.0.2.7 or 192.0.2.0/24": marked(
        "Write an address or a network, such as 192.0.2.7 or 192.0.2.0/24."
    ),
    "there is no server {name}; `watchword server list` shows them": marked("There is no such MFA server."),
    "there is a server {name} already": marked("There is an MFA server %(name)s already."),
    "{name} is in the group {group} already": marked("%(name)s is in the group %(group)s already."),
    "{name} is revoked already": marked("%(name)s is revoked already."),
    "{name} is revoked, and gets no key any more": marked("%(name)s is revoked, and gets no key any more."),
    "{name} is revoked, and gets no key any more; activate it as a new server": marked(
        "%(name)s is revoked, and gets no key any more. Activate it as a new server."
    ),
    "two servers claim to be {name}; `watchword server credentials --server {again}` gives the right one a new"
    " key": marked("Two servers claim to be %(name)s. Activate the right one anew."),
    "{name} is not revoked; `watchword server revoke` comes first": marked("%(name)s is not revoked. Revoke it first."),
    "{name} may not have heard yet that it is revoked; remove it after {until}": marked(
        "%(name)s may not have heard yet that it is revoked. Wait until it can act no more; its page says when."
    ),
    "there are no such credentials; `watchword server credentials-list` shows those of a day": marked(
        "There are no such credentials."
    ),
    "these credentials are {state}, so there is nothing left to withdraw": marked(
        "These credentials are good no more, so there is nothing left to withdraw."
    ),
    "there is a replication group {name} already": marked("There is a replication group %(name)s already."),
    "there is no such replication group": marked("There is no such replication group."),
    "the group {name} always exists, under this name": marked("The group %(name)s always exists, under this name."),
    "`all` means every replication group; choose another name": marked(
        "“all” means every replication group. Choose another name."
    ),
    "the group {name} is not empty: it holds {what}; move, withdraw or cancel that first": marked(
        "The group %(name)s is not empty. Move its servers, withdraw its credentials and cancel its bypasses first."
    ),
}
"""What is said instead."""
