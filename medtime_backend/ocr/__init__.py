"""The OCR relay: sealed images in, sealed readings out, one process a request (docs/ocr.md)."""
