"""One module per source: a publisher's file becomes records."""
