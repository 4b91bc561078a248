"""Databases as sources, read only: a row, or a group of rows, becomes a document."""
