"""
Sentences of the operations about applications and directories, and how pages say them (`web.portal.said`).
"""

from collections.abc import Mapping
from typing import Final

from watchword.web.portal.languages import marked

APPLICATIONS: Final[Mapping[str, str]] = {
    "there is an application {name} already": marked("There is an application %(name)s already."),
    "an application needs a name of 1 to 100 printable characters": marked(
        "It needs a name of at most 100 printable characters."
    ),
    "the deadline must be from 1 to 300 seconds": marked("Choose from 1 to 300 seconds."),
    "the secret must have at least 16 octets; `openssl rand -base64 32` makes a good one": marked(
        "A secret has at least 16 characters. Leave it empty, and a good one is made here."
    ),
    "the network is wider than /16 (IPv4) or /48 (IPv6); allow it on purpose with --allow-wide": marked(
        "The network is wider than /16 (IPv4) or /48 (IPv6). If it is meant, say so below."
    ),
    "an application has {least} to {most} addresses or networks that it asks from (--client)": marked(
        "Name %(least)s to %(most)s addresses or networks."
    ),
    "{network} is no address or network; write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/64": marked(
        "%(network)s is no address or network. Write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/64."
    ),
    "{network} is a client of {name} already; one network belongs to one application": marked(
        "%(network)s belongs to %(name)s already, and one network belongs to one application."
    ),
    "{name} was changed meanwhile; look at it again, then change it": marked(
        "Somebody has changed %(name)s meanwhile. Open this page anew to see how it is now."
    ),
    "a secret of {name} is being replaced already; `watchword application secret-finish` ends the older one first": (
        marked("A secret of %(name)s is being replaced already. End the older one first.")
    ),
    "that is the secret which {name} has already": marked("That is the secret which %(name)s has already."),
    "no secret of {name} is being replaced": marked("No secret of %(name)s is being replaced."),
    "{network} is no client of {name}; it has {networks}": marked("%(name)s has no network %(network)s."),
    "requests without Message-Authenticator are taken, so whoever sits on the path between can forge them, and the"
    " answers to an application that does not ask for it either (CVE-2024-3596)": marked(
        "Requests without Message-Authenticator are taken: whoever sits on the network between the two can forge them,"
        " and answers where the system does not check them either (CVE-2024-3596)."
    ),
    "the secret is shorter than {octets} octets; `openssl rand -base64 32` makes a better one": marked(
        "The secret is shorter than %(octets)s characters. Replace it by one that is made here."
    ),
    "it may ask from anywhere; --client says from where alone": marked("It may ask from anywhere."),
    "--no-user-match changes nothing here: unknown users pass only where a directory checks them": marked(
        "Unknown users pass only where a directory checks their password, so nobody unknown passes here."
    ),
    "--portal-away codes changes nothing here: without a portal nobody can check its passwords": marked(
        "Without a portal nobody can check the passwords of this application, so every login is denied then."
    ),
    "--portal-away codes gives every MFA server the seeds of all tokens; while no portal answers, a code is good once"
    " at each server": marked(
        "Every MFA server now holds the secrets of all tokens. While no portal answers, a code is good once at each of"
        " them."
    ),
    "this machine asks from {address}, which {whose} and would not be taken for {name};"
    " `watchword application client-add` makes it one": marked(
        "This machine asks from %(address)s, which is not one of the networks of %(name)s. Add it there first."
    ),
    "--code must be 6 or 8 digits, or a backup code, XXXX-XXXX": marked(
        "A code has 6 or 8 digits; a backup code looks like XXXX-XXXX."
    ),
    "--station must be the address or number that a VPN would send as Calling-Station-Id": marked(
        "Write the address that a VPN would send as Calling-Station-Id."
    ),
    "the user name must have 1 to 253 octets": marked("The name is too long."),
    "there is no directory {name}; `watchword directory list` shows them": marked("There is no directory %(name)s."),
    "there is no such directory": marked("There is no such directory."),
    "there is a directory {name} already": marked("There is a directory %(name)s already."),
    "a directory's name has no comma and is neither `local` nor `asserted`: --primary reads them": marked(
        "A directory's name has no comma, and is neither “local” nor “asserted”."
    ),
    "{url} is no directory; write ldap://HOST[:PORT], ldaps://HOST[:PORT] or radius://HOST:PORT": marked(
        "Write ldaps://HOST, ldap://HOST or radius://HOST:PORT."
    ),
    "a directory's URL has scheme, host and port only; base, filter and password have options": marked(
        "Write scheme, host and port alone; the rest has fields of its own."
    ),
    "a directory of type ldap has a URL of ldap:// or ldaps://": marked("Write ldaps://HOST or ldap://HOST."),
    "a directory of type radius has a URL of radius://HOST:PORT": marked("Write radius://HOST:PORT."),
    "ldaps:// is encrypted from the start; leave --start-tls out": marked(
        "ldaps:// is encrypted from the start: leave StartTLS off."
    ),
    "a CA proves nothing without TLS; use ldaps:// or --start-tls": marked(
        "A certificate authority proves nothing without TLS: use ldaps:// or StartTLS."
    ),
    "--base must be the distinguished name under which users are, as in dc=example,dc=org": marked(
        "Write the distinguished name below which users are, as in DC=example,DC=org."
    ),
    "--bind-dn and --bind-password-stdin go together, and neither may be empty": marked(
        "Bind DN and password go together: give both, or neither."
    ),
    "the user filter must say with {place} where the typed name goes, as in (uid={example})": marked(
        "The filter must say with {username} where the typed name goes, as in (uid={username})."
    ),
    "the CA file holds no certificate in PEM, the text between BEGIN CERTIFICATE and END CERTIFICATE": marked(
        "There is no certificate in PEM: the text between BEGIN CERTIFICATE and END CERTIFICATE."
    ),
    "the time-out must be from {least} to {most} seconds": marked("Choose from %(least)s to %(most)s seconds."),
    "the tries must be from 1 to {most}": marked("Choose from 1 to %(most)s."),
    "passwords go to it in clear text; use ldaps:// or --start-tls": marked(
        "Passwords go to it in clear text: use ldaps:// or StartTLS."
    ),
    "{name} checks the passwords of {applications}; remove or change those first": marked(
        "%(name)s checks the passwords of %(applications)s. Let others check them first."
    ),
    "a password is needed: many a directory lets everybody in who gives none": marked(
        "A password is needed: many a directory lets everybody in who gives none."
    ),
}
