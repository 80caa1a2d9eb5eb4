"""Complex numbers as pairs of real ones: ONNX knows no others.

torch's exporter translates Fourier transforms, but only some of what is done to their results. A
graph of core operations is therefore run once more with a pair in place of each complex tensor,
and what that run does is exported: one rule for each operation, none for each front end.
"""

import math
import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import ExportedProgram
from torch.fx import GraphModule, Interpreter
from torch.fx.node import map_aggregate

from iadtln.export.fourier import Pair, fourier
from iadtln.export.missing import MISSING, filled

aten = torch.ops.aten
Rule = Callable[..., Any]


# divisors of a transform of N points, by the number that PyTorch calls its normalisation
DIVISORS: tuple[Callable[[int], float], ...] = (lambda n: 1.0, math.sqrt, float)


def real_to_complex(signal: Tensor, dim: list[int], normalisation: int, onesided: bool) -> Pair:
    """Transform of a real signal, of which the second half is left out if ``onesided``."""
    points = signal.shape[dim[0]]
    found = complex_to_complex(Pair(signal, torch.zeros_like(signal)), dim, normalisation, True)
    keep = points // 2 + 1 if onesided else points
    return Pair(found.real.narrow(dim[0], 0, keep), found.imag.narrow(dim[0], 0, keep))


def complex_to_complex(values: Pair, dim: list[int], normalisation: int, forward: bool) -> Pair:
    """Transform over one axis, forward or back."""
    if len(dim) > 1:
        raise NotImplementedError(f"no rule for Fourier transforms over {len(dim)} axes at once")
    rows = Pair(values.real.movedim(dim[0], -1), values.imag.movedim(dim[0], -1))
    divisor = DIVISORS[normalisation](rows.real.shape[-1])
    found = fourier(rows, inverse=not forward)
    return Pair(*((part / divisor).movedim(-1, dim[0]) for part in (found.real, found.imag)))


def complex_to_real(values: Pair, dim: list[int], normalisation: int, points: int) -> Tensor:
    """Real signal of a one-sided spectrum, whose other side is its mirror image."""
    inside = slice(1, (points + 1) // 2)
    real, imag = values.real.movedim(dim[0], -1), values.imag.movedim(dim[0], -1)
    mirrored = real[..., inside].flip(-1), -imag[..., inside].flip(-1)
    half = points // 2 + 1
    both = (torch.cat([a[..., :half], b], -1) for a, b in zip((real, imag), mirrored, strict=True))
    whole = complex_to_complex(Pair(*both), [-1], normalisation, False)
    return whole.real.movedim(-1, dim[0])


def each_part(op: Rule) -> Rule:
    """Rule of what treats both parts alike; real arguments meet both."""

    def rule(*args: Any, **kwargs: Any) -> Any:
        real, imag = (
            op(*map_aggregate(args, part), **map_aggregate(kwargs, part))
            for part in (real_part, imag_part)
        )
        return list(map(Pair, real, imag)) if isinstance(real, list | tuple) else Pair(real, imag)

    return rule


def real_part(value: Any) -> Any:
    """Of a pair; all else as it is."""
    return value.real if isinstance(value, Pair) else value


def imag_part(value: Any) -> Any:
    """Of a pair; all else as it is."""
    return value.imag if isinstance(value, Pair) else value


def product(op: Rule) -> Rule:
    """Rule of whatever is linear in both arguments."""

    def rule(a: Any, b: Any) -> Pair:
        if not (isinstance(a, Pair) and isinstance(b, Pair)):
            both: Pair = each_part(op)(a, b)
            return both
        return Pair(
            op(a.real, b.real) - op(a.imag, b.imag), op(a.real, b.imag) + op(a.imag, b.real)
        )

    return rule


def total(op: Rule) -> Rule:
    """Rule of sums and differences; a real argument has no imaginary part."""

    def rule(a: Any, b: Any, **kwargs: Any) -> Pair:
        nothing = torch.zeros_like(a.imag if isinstance(a, Pair) else b.imag)
        left, right = (one.imag if isinstance(one, Pair) else nothing for one in (a, b))
        return Pair(op(real_part(a), real_part(b), **kwargs), op(left, right, **kwargs))

    return rule


def modulus(values: Pair) -> Tensor:
    """Absolute value."""
    size: Tensor = torch.linalg.vector_norm(torch.stack([values.real, values.imag], -1), dim=-1)
    return size


def copied(values: Tensor | Pair, dtype: torch.dtype | None = None, **options: Any) -> Any:
    """Another type or device; a real tensor may become complex."""
    parts = dtype.to_real() if dtype and dtype.is_complex else dtype
    if isinstance(values, Pair):
        return each_part(aten._to_copy.default)(values, dtype=parts, **options)
    real = aten._to_copy.default(values, dtype=parts, **options)
    return Pair(real, torch.zeros_like(real)) if dtype and dtype.is_complex else real


RULES: dict[Any, Rule] = {
    aten._fft_r2c.default: real_to_complex,
    aten._fft_c2c.default: complex_to_complex,
    aten._fft_c2r.default: complex_to_real,
    aten.mul.Tensor: product(aten.mul.Tensor),
    aten.bmm.default: product(aten.bmm.default),
    aten.mm.default: product(aten.mm.default),
    aten.add.Tensor: total(aten.add.Tensor),
    aten.sub.Tensor: total(aten.sub.Tensor),
    aten.abs.default: modulus,
    aten._to_copy.default: copied,
    aten.copy.default: each_part(filled),
    aten.view_as_real.default: lambda values: torch.stack([values.real, values.imag], dim=-1),
    aten._assert_tensor_metadata.default: lambda *args, **kwargs: None,
    operator.getitem: operator.getitem,
    **{
        op: each_part(op)
        for op in (
            aten.alias.default,
            aten.cat.default,
            aten.clone.default,
            aten.constant_pad_nd.default,
            aten.expand.default,
            aten.index_select.default,
            aten.mean.dim,
            aten.neg.default,
            aten.permute.default,
            aten.select.int,
            aten.slice.Tensor,
            aten.slice_scatter.default,
            aten.split_with_sizes.default,
            aten.sum.dim_IntList,
            aten.unsqueeze.default,
            aten.view.default,
            aten.where.self,
        )
    },
}


MAKERS = (aten._fft_r2c.default, aten._to_copy.default)  # of complex numbers from real ones


class RealInterpreter(Interpreter):
    """Runs a graph with pairs in place of complex tensors.

    Args:
        module: whose graph it is.
        constants: pairs in place of its complex constants, by name.
    """

    def __init__(self, module: GraphModule, constants: dict[str, Pair]) -> None:
        super().__init__(module)
        self.constants = constants

    def get_attr(self, target: Any, args: Any, kwargs: Any) -> Any:
        """A constant of the graph."""
        if target in self.constants:
            return self.constants[target]
        return super().get_attr(target, args, kwargs)

    def call_module(self, target: Any, args: Any, kwargs: Any) -> Any:
        """Guards of the first export, which the second sets up anew."""

    def call_function(self, target: Any, args: Any, kwargs: Any) -> Any:
        """One operation, by its rule where complex numbers are met or made."""
        found: list[Any] = []
        map_aggregate((args, kwargs), found.append)
        is_complex = any(isinstance(one, Pair) for one in found)
        if not is_complex and target in MISSING:
            return MISSING[target](*args, **kwargs)
        if not is_complex and target not in MAKERS:
            return super().call_function(target, args, kwargs)
        if target not in RULES:
            raise NotImplementedError(f"no rule for {target} of complex numbers")
        return RULES[target](*args, **kwargs)


class RealArithmetic(nn.Module):
    """A program whose complex numbers have become pairs, to be exported once more.

    Args:
        program: as ``torch.export`` has made it.
    """

    def __init__(self, program: ExportedProgram) -> None:
        super().__init__()
        module = program.run_decompositions().module()
        assert isinstance(module, GraphModule)
        self.module = module
        self.names: list[str] = []
        for node in module.graph.find_nodes(op="get_attr"):
            value = operator.attrgetter(node.target)(module)
            if isinstance(value, Tensor) and value.is_complex() and node.target not in self.names:
                place = len(self.names)
                self.register_buffer(f"real_{place}", value.detach().real.clone())
                self.register_buffer(f"imag_{place}", value.detach().imag.clone())
                self.names.append(node.target)

    def forward(self, signal: Tensor) -> Any:
        """Return what the program returns."""
        constants = {
            name: Pair(getattr(self, f"real_{place}"), getattr(self, f"imag_{place}"))
            for place, name in enumerate(self.names)
        }
        return RealInterpreter(self.module, constants).run(signal)
