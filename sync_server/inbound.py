"""The frames of one body or file as they come in, within bounds.

Frames of a few bytes cost far more to handle than to send; so beyond a few, those of a section are
on average as long as real ones. A frame may be put back for whoever reads on, what has come
already may be taken together, and the rest of a section that means nothing is passed over.
"""

from collections.abc import Iterator

from shared_schema.errors import JemputError
from shared_schema.frames import HEAD_BYTES, Frame, FrameInvalid, Kind

SECTIONS_LIMIT = 1000
FRAMES_FREE = 1000
FRAME_MEAN_BYTES = 64
_OPENING = (Kind.HELLO, Kind.END)


class Inbound(Iterator[Frame]):
    """Frames in their order. Raises FrameInvalid where there are too many, and then ends."""

    def __init__(self, frames: Iterator[Frame], *, all_here: bool = False) -> None:
        """Start before the next of ``frames``, which may raise errors of its own.

        ``all_here``: nobody has to wait for one, as in a file.
        """
        self._frames = frames
        self._all_here = all_here
        self._back: Frame | None = None
        self._trouble: JemputError | None = None
        self._sections = 0
        self._count = 0
        self._size_bytes = 0

    def __next__(self) -> Frame:
        """Return the frame that was put back, else the next one."""
        if self._back is not None:
            frame, self._back = self._back, None
            return frame
        if self._trouble is not None:
            trouble, self._trouble = self._trouble, None
            raise trouble
        frame = next(self._frames)
        self._count += 1
        self._size_bytes += HEAD_BYTES + len(frame.body)
        self._sections += frame.kind == Kind.HELLO
        if self._sections > SECTIONS_LIMIT:
            raise self._too_much("sections")
        if self._count > FRAMES_FREE + self._size_bytes // FRAME_MEAN_BYTES:
            raise self._too_much("small frames")
        return frame

    def put_back(self, frame: Frame) -> None:
        """Let ``frame``, which was the last one read, come next."""
        self._back = frame

    def at_hand(self, kind: Kind, most: int) -> list[Frame]:
        """Return the next frames, at most so many, while they are of a kind and not waited for.

        An error behind them is raised when it is their turn.
        """
        found: list[Frame] = []
        while self._all_here and self._back is None and len(found) < most:
            try:
                frame = next(self, None)
            except JemputError as error:
                self._trouble = error
                break
            if frame is None:
                break
            if frame.kind == kind:
                found.append(frame)
            else:
                self.put_back(frame)
        return found

    def pass_over(self) -> None:
        """Leave out the rest of a section: up to behind its END, or before the next HELLO.

        Raises what reading does.
        """
        for frame in self:
            if frame.kind in _OPENING:
                if frame.kind == Kind.HELLO:
                    self.put_back(frame)
                return

    def _too_much(self, reason: str) -> FrameInvalid:
        self._frames = iter(())
        return FrameInvalid(reason=reason)
