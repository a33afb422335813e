"""The rules of `medtime migrate verify`, each a function from what it looks at to findings."""
