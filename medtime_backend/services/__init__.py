"""What the service does, without HTTP: one function a request, one statement a function."""
