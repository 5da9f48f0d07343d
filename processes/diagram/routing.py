"""How high things stand, and the lines between them: down, along a track between two layers, down again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from processes.diagram.layering import Layers
from processes.diagram.measuring import Size, Tag
from processes.diagram.placing import Places

TRACK = 11
"""Between two tracks."""
ABOVE_TRACKS, BELOW_TRACKS = 12, 18
BELOW_BOX = 7
"""Between a step and the outcomes under it."""
PLAIN_GAP = 30
"""Between two layers without tags and tracks."""
SAME = 0.5
TOO_NEAR = 7
"""Lines nearer than this could be taken for one."""
OVERLAP = 50
"""How many crossings are better than two lines on top of each other."""

Point = tuple[float, float]


@dataclass(slots=True)
class Net:
    """Lines that run together in one gap between two layers: where they come from above and from below."""

    tops: set[float] = field(default_factory=set)
    bottoms: set[float] = field(default_factory=set)
    track: int = 0

    @property
    def low(self) -> float:
        """Its left end."""
        return min(self.tops | self.bottoms)

    @property
    def high(self) -> float:
        """Its right end."""
        return max(self.tops | self.bottoms)

    @property
    def is_straight(self) -> bool:
        """Whether it needs no track."""
        return self.high - self.low <= SAME


Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Joint:
    """A piece of a way in one gap: from one x to another, both at its upper (`True`) or lower edge."""

    gap: int
    net: Key
    start: float
    is_start_top: bool
    end: float
    is_end_top: bool


@dataclass(frozen=True, slots=True)
class Heights:
    """The upper edge and the height of each row's band, and the y of the first track of each gap."""

    bands: tuple[float, ...]
    thick: tuple[float, ...]
    tracks: tuple[float, ...]
    total: float


def joints(made: Layers, found: Places, apart: frozenset[int]) -> list[list[Joint]]:
    """The pieces of every way, in its own direction."""
    return [_joints_of(made, found, number, apart) for number in range(len(made.ways))]


def _joints_of(made: Layers, found: Places, number: int, apart: frozenset[int]) -> list[Joint]:
    way = made.ways[number]
    pieces = []
    for place, (one, other) in enumerate(pairwise(way.chain)):
        is_first, is_last = place == 0, other == way.target and place == len(way.chain) - 2
        start = found.x[one] + (found.leaves[number] if is_first else 0)
        end = found.x[other] + (found.arrives[number] if is_last else 0)
        bundle = number if way.target in apart else -1
        net: Key = (way.target, bundle, "in") if is_last else (way.target, bundle, way.is_back)
        layer = made.layer[one]
        if not way.is_back:
            pieces.append(Joint(layer + 1, net, start, True, end, False))
        elif is_first:
            pieces.append(Joint(layer + 1, net, start, True, end, True))
        else:
            pieces.append(Joint(layer, net, start, False, end, not is_last))
    return pieces


def nets(pieces: Sequence[Sequence[Joint]], gaps: int) -> list[dict[Key, Net]]:
    """The nets of each gap, their tracks chosen."""
    found: list[dict[Key, Net]] = [{} for _ in range(gaps)]
    for joint in (joint for way in pieces for joint in way):
        net = found[joint.gap].setdefault(joint.net, Net())
        (net.tops if joint.is_start_top else net.bottoms).add(joint.start)
        (net.tops if joint.is_end_top else net.bottoms).add(joint.end)
    for gap in found:
        _choose_tracks([net for net in gap.values() if not net.is_straight])
    return found


def _choose_tracks(bent: list[Net]) -> None:
    """Exchange neighbours while that saves crossings; then let nets share a track that do not meet."""
    bent.sort(key=lambda net: (net.low, net.high))
    for _ in bent:
        is_better = False
        for place in range(len(bent) - 1):
            upper, lower = bent[place], bent[place + 1]
            if _cost(lower, upper) < _cost(upper, lower):
                bent[place], bent[place + 1], is_better = lower, upper, True
        if not is_better:
            break
    for place, net in enumerate(bent):
        above = [one.track + 1 for one in bent[:place] if _meet(one, net)]
        net.track = max(above, default=0)


def _cost(upper: Net, lower: Net) -> int:
    """Crossings if one runs above the other."""
    crossings = sum(upper.low < x < upper.high for x in lower.tops)
    crossings += sum(lower.low < x < lower.high for x in upper.bottoms)
    hidden = sum(abs(one - other) < TOO_NEAR for one in upper.bottoms for other in lower.tops)
    return crossings + OVERLAP * hidden


def _meet(one: Net, other: Net) -> bool:
    return one.low - TRACK < other.high and other.low - TRACK < one.high


def heights(
    made: Layers, sizes: Sequence[Size], tags: Sequence[Tag], gaps: Sequence[dict[Key, Net]], top: float
) -> Heights:
    """From the upper edge down; below a row comes room for its tags, then the tracks."""
    thick = [max((sizes[one].height for one in row if one < len(sizes)), default=0) for row in made.rows]
    room = _room_for_tags(made, sizes, tags, thick)
    bands: list[float] = []
    tracks: list[float] = []
    at = top
    for number, gap in enumerate(gaps):
        under = room[number - 1] if number else 0.0
        used = max((net.track + 1 for net in gap.values() if not net.is_straight), default=0)
        tracks.append(at + under + ABOVE_TRACKS)
        if used:
            at += under + ABOVE_TRACKS + (used - 1) * TRACK + BELOW_TRACKS
        elif 0 < number < len(made.rows):
            at += max(PLAIN_GAP, under + BELOW_TRACKS)
        elif number:
            at += under
        if number < len(made.rows):
            bands.append(at)
            at += thick[number]
    return Heights(tuple(bands), tuple(thick), tuple(tracks), at)


def _room_for_tags(
    made: Layers, sizes: Sequence[Size], tags: Sequence[Tag], thick: Sequence[float]
) -> list[float]:
    """How far the tags of a row reach below its band."""
    room = [0.0] * len(thick)
    for number, way in enumerate(made.ways):
        if tags[number].height:
            layer = made.layer[way.source]
            spare = (thick[layer] - sizes[way.source].height) / 2
            room[layer] = max(room[layer], BELOW_BOX + tags[number].height - spare)
    return room


def points(
    pieces: Sequence[Joint], gaps: Sequence[dict[Key, Net]], high: Heights, first: float, last: float
) -> list[Point]:
    """The corners of a way that leaves at height `first` and arrives at height `last`."""
    corners: list[Point] = [(pieces[0].start, first)]
    for joint in pieces:
        if abs(joint.start - joint.end) > SAME:
            y = high.tracks[joint.gap] + gaps[joint.gap][joint.net].track * TRACK
            corners += [(joint.start, y), (joint.end, y)]
        elif joint.is_start_top == joint.is_end_top:
            y = high.tracks[joint.gap] + gaps[joint.gap][joint.net].track * TRACK
            corners.append((joint.start, y))
    corners.append((pieces[-1].end, last))
    return corners
