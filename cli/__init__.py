"""The `medtime` command."""
