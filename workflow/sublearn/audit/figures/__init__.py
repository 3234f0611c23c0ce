"""Figures of audit studies, a module a figure."""
