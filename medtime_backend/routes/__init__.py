"""Thin handlers: parse, call, return."""
