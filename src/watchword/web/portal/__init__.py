"""
The portal: pages for people who administer.
"""
