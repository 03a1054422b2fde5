"""
RADIUS over UDP as bytes and values: RFC 2865, 2866, 2869, 3579 (Message-Authenticator only), 5080, 5997 and 6929.

Nothing here has a socket, a clock or randomness. A server reads a datagram in three steps, each of which may raise the
room's only error, `errors.RadiusError`: `packet.decode` frames it, `authenticators.verify_request` proves who sent it,
`access.read_access_request` or `accounting.AccountingRequest` says what is asked; `replies` builds the signed answer. A
client uses `client`, and what it got from the server behind passes through `carrying.carriable` before it goes into an
answer of ours.

Extended attributes (types 241 to 246, RFC 6929) are framed like all others and otherwise opaque: Watchword uses none of
them, so nothing here reassembles fragments or walks nested values, and a broken fragment can only be ignored, as
section 2.8 of the RFC asks.
"""
