"""`cyxwiz export`: writes a result that was downloaded as an ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cyxwiz.cli.options import JsonOption
from cyxwiz.cli.printing import print_json, print_line


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What cyxwiz download wrote.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="The file; model.onnx in DIR by default.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a downloaded model as an ONNX file.

    Example: cyxwiz export result -o digits.onnx
    """
    from cyxwiz.onnx_result import write_onnx_file

    path = str(write_onnx_file(folder, output or folder / "model.onnx"))
    if as_json:
        print_json({"file": path})
    else:
        print_line(path)
