"""What passes between a running verification and the terminal: its progress, a Ctrl-C and a hang-up."""

import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from async_db.proving.request import Progress


class Interruption:
    """Notes what asks to end, so that a run ends between two steps and cleans up after itself."""

    def __init__(self) -> None:
        self.signal: int | None = None

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note signals within the block, instead of being ended by them."""
        before = {number: signal.signal(number, self._note) for number in ending_signals()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def __call__(self) -> bool:
        return self.signal is not None

    @property
    def exit_code(self) -> int:
        return 128 + (self.signal or signal.SIGINT)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.signal = number


def ending_signals() -> list[signal.Signals]:
    """Give the signals that ask a process to end, without a hang-up that is to be ignored, as under
    `nohup`."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    return numbers


class StatusLine:
    """Shows progress as one line that is written over; shows nothing where that is no terminal."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()

    def show(self, progress: "Progress") -> None:
        """Replace what the line says."""
        if self._shown:
            counts = f"{progress.done}/{progress.total} " if progress.total else ""
            self._write("\r\x1b[K" + f"verify: {counts}{progress.doing}"[: _terminal_width()])

    def clear(self) -> None:
        """Leave the line empty."""
        if self._shown:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


def _terminal_width() -> int:
    return shutil.get_terminal_size().columns - 1
