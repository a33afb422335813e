"""Answers that are the same for everybody, kept: in this process, in Redis for all instances, made once."""

from medtime_backend.answers.answer import Answer
from medtime_backend.answers.cache import AnswerCache
from medtime_backend.answers.version import Version

__all__ = ["Answer", "AnswerCache", "Version"]
