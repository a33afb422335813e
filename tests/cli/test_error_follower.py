"""The terminal of `medtime dev` shows the service's errors and nothing else of its log."""

from pathlib import Path

from cli.error_follower import LINES_AT_ONCE, ErrorFollower


def test_only_new_and_complete_lines_of_errors_are_shown(tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    log.write_text("")
    with ErrorFollower(log) as follower, log.open("a") as file:
        lines = [
            "[INFO] Started worker-1",
            "[ERROR] old format",
            '{"event": "x", "level": "error"}',
            '{"level": "info"}',
        ]
        file.write("\n".join(lines) + '\n{"level": "cri')
        file.flush()
        assert follower.new_errors() == lines[1:3]
        file.write('tical"}\n')
        file.flush()
        assert follower.new_errors() == ['{"level": "critical"}']
        assert follower.new_errors() == []


def test_a_flood_is_cut(tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    log.write_text("Traceback (most recent call last):\n" * 1000)
    with ErrorFollower(log) as follower:
        assert len(follower.new_errors()) == LINES_AT_ONCE
