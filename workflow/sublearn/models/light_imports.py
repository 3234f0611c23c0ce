"""Start a step of one process on a processor without the parts of torch and transformers that it never uses.

Importing transformers takes longer than a tiny model's training. Most of that is torch's compiler, distributed tensors, flex
attention and scipy, which such a step does not touch. So, before transformers is imported:

- transformers is told that they are not installed, by the very functions that it asks; it is made to work without them.
- ``torch._dynamo``, the compiler, is loaded when it is needed. Until then a module stands in its place that takes the marks
  with which torch and transformers tell the compiler what to leave alone. These marks change nothing where nothing is compiled.

No number depends on either. Where a GPU is seen, several processes work together, transformers is there already, or torch or
transformers is of a version that this was not tried with, all is imported as ever.
"""

import functools
import importlib
import importlib.metadata
import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

COMPILER = "torch._dynamo"
TRIED = {"torch": "2.13.", "transformers": "5.23."}
UNUSED = ("torch_distributed", "torch_flex_attn", "scipy")  # as in transformers' `is_…_available`
Marked = TypeVar("Marked", bound=Callable[..., Any])


def use() -> None:
    """Import little from now on, in a process that will not need more."""
    if _are_wanted():
        _put_off_the_compiler()
        _leave_out(UNUSED)


def _are_wanted() -> bool:
    if not all(importlib.metadata.version(name).startswith(tried) for name, tried in TRIED.items()):
        return False
    import torch

    is_alone = os.environ.get("WORLD_SIZE", "1") == "1"
    return is_alone and not torch.cuda.is_available() and not {COMPILER, "transformers"} & sys.modules.keys()


def _leave_out(parts: Sequence[str]) -> None:
    """Answer no whenever a module of transformers asks whether one of these can be used."""
    from accelerate.utils import other  # asks when transformers saves a model, whether it is to be taken out of another
    from transformers import utils
    from transformers.utils import import_utils

    other.is_torch_distributed_available = _no
    for part in parts:
        for module in (utils, import_utils):
            setattr(module, f"is_{part}_available", _no)


def _no() -> bool:
    return False


def _put_off_the_compiler() -> None:
    import torch

    # Transformers wants this module, which is small, but its package would be loaded with it.
    needed = f"{COMPILER}._trace_wrapped_higher_order_op"
    sys.modules[COMPILER] = torch._dynamo = Compiler()
    importlib.import_module(needed)
    sys.meta_path.insert(0, _Rest())


class Compiler(ModuleType):
    """``torch._dynamo`` until it is needed: it takes marks, and anything else that is asked of it loads the real one."""

    def __init__(self) -> None:
        super().__init__(COMPILER)
        self.__spec__ = importlib.util.find_spec(COMPILER)
        assert self.__spec__ is not None
        self.__path__ = list(self.__spec__.submodule_search_locations or [])
        self.eval_frame = _EvalFrame()
        self._marked: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._real(), name)

    def _real(self) -> ModuleType:
        """The compiler itself, which takes this module's place."""
        if sys.modules[COMPILER] is self:
            sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Rest)]
            del sys.modules[COMPILER]
            real = importlib.import_module(COMPILER)
            for mark, function in self._marked:
                getattr(real, mark)(function)
        return sys.modules[COMPILER]

    def disable(self, function: Any = None, recursive: bool = True, **options: Any) -> Any:
        """Mark a function as one that is not compiled, itself or by returning a decorator; it does what it did."""
        if function is None and not recursive:
            return functools.partial(self.disable, recursive=recursive, **options)
        if not isinstance(function, FunctionType | MethodType):
            return self._real().disable(function, recursive, **options)

        @functools.wraps(function)
        def disabled(*args: Any, **kwargs: Any) -> Any:
            is_loaded = sys.modules[COMPILER] is not self
            run = self._real().disable(function, recursive, **options) if is_loaded else function
            return run(*args, **kwargs)

        return disabled

    def allow_in_graph(self, function: Marked) -> Marked:
        """Mark a function as one that is compiled without a look inside."""
        self._marked.append(("allow_in_graph", function))
        return function

    def assume_constant_result(self, function: Marked) -> Marked:
        """Mark a function as one that always returns the same."""
        self._marked.append(("assume_constant_result", function))
        return function

    def graph_break(self, message: str = "") -> None:
        """Mark a place where what is compiled together ends."""


class _EvalFrame:
    """``torch._dynamo.eval_frame`` of a process that has compiled nothing."""

    class OptimizedModule:
        """The class of a compiled model; none is one."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(f"{COMPILER}.eval_frame"), name)


class _Rest(MetaPathFinder):
    """Sees to it that the compiler's other modules are imported after the compiler, as they expect."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if not name.startswith(f"{COMPILER}."):
            return None
        found = sys.modules[COMPILER]
        assert isinstance(found, Compiler)
        found._real()
        return ModuleSpec(name, _Imported()) if name in sys.modules else None


class _Imported(Loader):
    """Finds a module that the import of its package has imported meanwhile."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        self.spec = sys.modules[spec.name].__spec__
        return sys.modules[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec


@contextmanager
def without(module: str) -> "Iterator[None]":
    """Let imports of a module fail, unless it has been imported: for code that can do without it."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]  # what Python's manual gives for this
    try:
        yield
    finally:
        del sys.modules[module]


@contextmanager
def undrawn() -> "Iterator[None]":
    """Draw no first values of weights without memory, which will be read from a file: to draw them would load sympy."""
    import torch

    draw = torch.nn.init.normal_

    def normal(tensor: "torch.Tensor", *arguments: Any, **options: Any) -> "torch.Tensor":
        return tensor if tensor.is_meta else draw(tensor, *arguments, **options)

    torch.nn.init.normal_ = normal
    try:
        yield
    finally:
        torch.nn.init.normal_ = draw
