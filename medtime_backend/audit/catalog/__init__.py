"""The catalog of a database as facts that can be compared, and what differs from what it should be."""
