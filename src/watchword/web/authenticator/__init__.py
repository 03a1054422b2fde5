"""
What devices ask of the portal: to be paired, what waits for their owner, and that his answer be taken.
"""
