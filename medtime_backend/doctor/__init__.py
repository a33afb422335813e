"""Checks of a deployment, from outside and inside. Used by the CLI alone; one module for each kind of check."""
