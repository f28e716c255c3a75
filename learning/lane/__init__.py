"""The fast write path: many small requests, few durable commits.

Knows rows, keys and tokens; neither attempts nor beats, and no Django.
"""
