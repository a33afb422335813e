"""Runs `medtime …` inside the test's process: quick, and with the same handling of mistakes as the real command."""

import asyncio
import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from cli.main import main


@dataclass
class Answer:
    """What a command left: its exit code and both outputs."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def _run(arguments: tuple[str, ...]) -> Answer:
    with (
        patch.object(sys, "argv", ["medtime", *arguments]),
        redirect_stdout(io.StringIO()) as out,
        redirect_stderr(io.StringIO()) as err,
    ):
        try:
            main()
            code: Any = 0
        except SystemExit as end:
            code = end.code
    return Answer(code or 0, out.getvalue(), err.getvalue())


async def run(*arguments: str) -> Answer:
    """Run the command in a thread, since it has an event loop of its own."""
    return await asyncio.to_thread(_run, arguments)
