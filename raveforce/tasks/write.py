"""Write: an agent writes the program itself, token by token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from raveforce.audio import as_path, count_samples
from raveforce.augmentation import Augmentation, make_augmentation
from raveforce.parameter_space import ParameterSpace
from raveforce.recordings import from_folder
from raveforce.targets import FixedTarget, TargetSource, from_file
from raveforce.tasks.definition import TASKS, TaskDefinition
from raveforce.tasks.environment import TaskEnv

if TYPE_CHECKING:
    # Not loaded with the package: it takes long, and only those who write need it.
    from raveforce.writing.task import WritingTask

__all__ = ["WriteEnv", "write"]

Target = ArrayLike | str | Path | TargetSource | None


@dataclass(frozen=True, kw_only=True)
class WriteTask(TaskDefinition):
    """Write a program that sounds like the target, token by token."""

    def make(  # type: ignore[override]
        self,
        target: Target = None,
        *,
        layers: int = 3,
        split: str | None = "train",
        files: str | None = None,
        augment: bool | Mapping[str, Any] | Augmentation | None = None,
        seconds: float | None = None,
        sample_rate: int = 44100,
        bins: int = 64,
        max_tokens: int = 64,
        max_layers: int = 6,
        max_processors: int = 5,
        words: Sequence[str] | None = None,
        price: float = 0.002,
        on_forbidden: str = "end",
    ) -> WritingTask:
        """Make the task.

        Parameters
        ----------
        target : a folder of recordings, one recording, float array [samples], or a source of targets; None hides
            random programs of the language, which the agent can reach exactly
        layers : most layers of a hidden program
        split : "train", "validation", "test" or None for all; of hidden programs by what they are, of a folder by kit
        files : regular expression that is looked for in the paths inside the folder, such as "kick|bd"
        augment : True or parameters of an ``Augmentation``: recordings that are trained on are changed at random
        seconds : length of the sounds; None takes 0.4 for hidden programs, the median of all of a folder's, or a
            recording's own
        sample_rate : Hz
        bins : numbers on the scale of every parameter
        max_tokens, max_layers, max_processors : limits of a program, see ``Language``
        words : which sources, processors and gestures there are; None for all
        price : what every node costs
        on_forbidden : "end" or "error", see ``FORBIDDEN``
        """
        from raveforce.writing.language import Language
        from raveforce.writing.targets import HiddenPrograms
        from raveforce.writing.task import WritingTask

        language = Language(bins, max_tokens, max_layers, max_processors, tuple(words) if words else None, sample_rate)
        augmentation = make_augmentation(augment)
        is_path = isinstance(target, (str, Path))
        if not (is_path and as_path(target).is_dir()) and (augmentation is not None or files is not None):  # type: ignore[arg-type]
            raise ValueError("augment and files are for recordings: name their folder as the target")
        source: TargetSource
        if target is None:
            samples = count_samples(0.4 if seconds is None else seconds, sample_rate)
            source = HiddenPrograms(language, samples=samples, layers=layers, split=split)
        elif is_path and (as_path(target).is_dir() or seconds is not None):  # type: ignore[arg-type]
            source = from_folder(
                target,  # type: ignore[arg-type]
                sample_rate=sample_rate,
                split=split,
                files=files,
                seconds=seconds,
                augmentation=augmentation,
            )
        elif is_path:
            source = from_file(target, sample_rate=sample_rate, trim=True, normalise=True)  # type: ignore[arg-type]
        elif hasattr(target, "draw"):
            source = target  # type: ignore[assignment]
        else:
            source = FixedTarget(target)  # type: ignore[arg-type]
        return WritingTask(language, source, price, on_forbidden)

    def __call__(self, *args: Any, **options: Any) -> WritingTask:  # type: ignore[override]
        """Make the task, with its name and defaults."""
        return super().__call__(*args, **options)  # type: ignore[return-value]

    def parameter_space(self) -> ParameterSpace:
        """No blanks are filled."""
        return ParameterSpace({})

    @property
    def sections(self) -> Mapping[str, str]:
        """What is its own."""
        from raveforce.writing.language import Language

        tokens = Language().tokens
        words = " ".join(token.name for token in tokens if not token.name.isdigit())
        return {
            "Action Space": (
                f"``Discrete({len(tokens)})``: a token. {words}, and numbers, which are places on the scale of what "
                "they stand for.\n"
                '``action_masks()`` and ``info["action_mask"]`` say which may follow. What may not, ends the episode.'
            ),
            "Observation Space": (
                "Log-mel spectrograms of ``target`` and ``attempt`` (the closed layers), and the ``tokens`` so far\n"
                "(their number + 1; 0 where none is yet)."
            ),
            "Rewards": (
                "At the end of the program minus its distance, divided by that of silence, less a price a node.\n"
                'With ``reward={"distance": "mss", "kind": "improvement"}`` at every closed layer what it brought '
                "nearer."
            ),
        }

    @property
    def episode_end(self) -> str:
        """When episodes end."""
        return "After the token ``end``, a token that may not stand where it stands, or sound that broke."

    @property
    def starting_state(self) -> str:
        """How episodes begin."""
        return "An empty program, and a target of the episode's own."


write = TASKS.register("write")(WriteTask(name="write", id="Write-v0", actions="tokens"))


class WriteEnv(TaskEnv, task=write):
    """Write a program that sounds like the target.

    Every step writes a token: it begins a layer, names a node, moves a number by a gesture (an envelope, a sweep),
    chooses a number, or closes the layer, which is heard then. The grammar's mask leads to programs that Glicol takes.
    """
