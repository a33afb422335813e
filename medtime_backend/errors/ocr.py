"""Problems of reading an image. Each ends the request as `failed`, with its slug as the code."""

from medtime_backend.errors.problem import Problem


class OcrNotSealed(Problem):
    """The body is no sealed request: empty, cut, of an unknown version or suite, or an image in the clear.

    Or nobody's key is in it for the answer: bytes that are none, or a point of small order.
    """

    slug, status = "ocr-not-sealed", 400
    title = "The image is not sealed"
    advice = "Seal it as docs/protocol.md says, to a key of /ocr/key. It was not read and is kept nowhere."


class OcrCancelled(Problem):
    """The client hung up before its image was read. It does not hear this: the note, the log and the metrics say it.

    Noted as well for a request whose time was over (which is answered `busy`), or that a stop of the service ended.
    """

    slug, status = "ocr-cancelled", 400
    title = "The reading was given up"
    advice = "Send the same sealed image again."


class OcrReplayed(Problem):
    """A request of this id was already taken; each sealed image is read once."""

    slug, status = "ocr-replayed", 409
    title = "This image was sent before"
    advice = "Seal the image anew, under a new request id."


class OcrImageTooLarge(Problem):
    """The image has too many bytes (`limit`) or too many pixels (`limit_pixels`)."""

    slug, status = "ocr-image-too-large", 413
    title = "The image is too large"
    advice = "Scale the image down before it is sealed: 3,000 pixels on the longer side are plenty."


class OcrUnsupportedImage(Problem):
    """The content is no JPEG, PNG, WebP or HEIC of one picture; `found` says what it looks like.

    `found` is pdf, svg, html, tiff, gif, bmp, archive, animation or unknown. A name or type that it was given plays
    no part.
    """

    slug, status = "ocr-unsupported-image", 415
    title = "This is no image that can be read"
    advice = "Send one JPEG, PNG, WebP or HEIC picture; of a document with several pages, each page by itself."


class OcrUnknownKey(Problem):
    """The key that the image was sealed to is not known here, or is not accepted any more."""

    slug, status = "ocr-unknown-key", 422
    title = "The sealing key is not known"
    advice = "Fetch /ocr/key and seal the image anew."


class OcrSealBroken(Problem):
    """The seal does not open: another user or request id than it was sealed for, another key, or changed bytes."""

    slug, status = "ocr-seal-broken", 422
    title = "The seal does not open"
    advice = "Seal the image anew, for this user and a new request id."


class OcrBrokenImage(Problem):
    """The image begins like one, but cannot be decoded: cut off or damaged."""

    slug, status = "ocr-broken-image", 422
    title = "The image is damaged"
    advice = "Take or choose the picture again."


class OcrImageTooSmall(Problem):
    """A side of the image has fewer pixels than a letter needs (`limit_side`)."""

    slug, status = "ocr-image-too-small", 422
    title = "The image is too small"
    advice = "Take the picture from nearer."


class OcrNoText(Problem):
    """Nothing on the image was read as text."""

    slug, status = "ocr-no-text", 422
    title = "No text was found"
    advice = "Take the picture again: the whole page, in good light, not blurred."


class OcrFailed(Problem):
    """The process that read the image ended before its time, or could not be started; others are not affected."""

    slug, status = "ocr-failed", 500
    title = "The image could not be read"
    advice = "Send the same sealed image again, once; if it fails again, take another picture."
    retryable = True


class OcrEngineUnavailable(Problem):
    """The OCR engine is away, slow, over its quota, or answers nonsense."""

    slug, status = "ocr-engine-unavailable", 503
    title = "The OCR engine does not answer"
    advice = "Send the same sealed image again after Retry-After seconds."
    retryable = True

    def __init__(self, retry_after: int = 10) -> None:
        super().__init__(headers={"Retry-After": str(retry_after)})


class OcrTimedOut(Problem):
    """Reading took longer than 30 s and was ended."""

    slug, status = "ocr-timed-out", 504
    title = "Reading took too long"
    advice = "Send a smaller picture of the page alone; the same sealed image may be sent again."
    retryable = True
