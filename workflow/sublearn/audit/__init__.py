"""The audit: does this data, through this base, change a model that learns from it?

Data flows one way: rows are read, layers look at them, a report says what they found.
"""
