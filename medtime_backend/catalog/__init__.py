"""The drug catalog's way in: the publishers' files, read as they are, become one model in one transaction."""
