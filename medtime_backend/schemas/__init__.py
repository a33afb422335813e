"""The wire: what requests and answers look like. Frozen, unknown fields refused."""
