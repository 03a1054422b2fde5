"""
The REST API: every operation of the catalogue as a resource, and verifications for applications of type `api`.
"""
