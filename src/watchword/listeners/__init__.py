"""
Protocol servers: sockets in, requests to the application, replies out.
"""
