"""Imports point downwards only, and kernels call only kernels of their own file."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted([*ROOT.glob("synthmark/**/*.py"), *ROOT.glob("extract_tool/**/*.py")])

# From the bottom up; the imports of a module reach its own layer or below.
LAYERS = (
    ("errors", "_version", "_jit", "_opencv", "keys", "key_files", "payload", "codes", "detection"),
    ("visible", "containers", "atomic"),
    ("image", "audio", "metadata", "credential"),
    ("video",),
    ("config", "config_rules", "catalogue", "remote", "report", "files", "registry", "labelling", "verification"),
    (
        "console",
        "patterns",
        "selection",
        "workers",
        "batch",
        "tensors",
        "labelled",
        "labeler",
        "label_stream",
        "text_layout",
        "report_text",
        "reporting",
    ),
    ("filing",),
    ("cli", "__main__", "extract_tool", "integrations"),
)
# These may not know one another, although they share a layer.
APART = (
    {"image", "audio", "metadata", "credential"},
    {"video", "metadata"},  # but frames are pictures, and the sound of a video is sound
    {"cli", "extract_tool", "integrations"},
)
# Modules that stand lower than the part they lie in.
LOWER = {"synthmark.files.atomic": "atomic"}


def module_name(file: Path) -> str:
    parts = list(file.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def part(module: str) -> str:
    """Return the part of the package a module belongs to: `image` for `synthmark.image.visible.placement`."""
    if module in LOWER:
        return LOWER[module]
    names = module.split(".")
    return names[1] if names[0] == "synthmark" and len(names) > 1 else names[0]


def height(module: str) -> int:
    return next(level for level, parts in enumerate(LAYERS) if part(module) in parts)


def own_imports(tree: ast.Module) -> set[str]:
    """Return the modules of this package that a file imports, inside functions and for types, too."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            whole = node.module == "synthmark"
            found |= {f"synthmark.{alias.name}" for alias in node.names} if whole else {node.module}
    return {name for name in found if name.split(".")[0] in {"synthmark", "extract_tool"}}


def wrong_imports(module: str, tree: ast.Module) -> list[str]:
    wrong = []
    for target in sorted(own_imports(tree)):
        apart = any({part(module), part(target)} <= group and part(module) != part(target) for group in APART)
        if apart or height(target) > height(module):
            wrong.append(f"{module} imports {target}")
    return wrong


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_imports_point_downwards(file):
    module = module_name(file)
    if module == "synthmark":
        return  # the lazy public names reach everywhere
    assert wrong_imports(module, ast.parse(file.read_text(encoding="utf-8"))) == []


def test_the_check_finds_an_import_upwards_and_one_sideways():
    tree = ast.parse("from synthmark.cli import main\nimport synthmark.metadata\n")
    assert wrong_imports("synthmark.image.pictures", tree) == [
        "synthmark.image.pictures imports synthmark.cli",
        "synthmark.image.pictures imports synthmark.metadata",
    ]


def kernels(tree: ast.Module) -> list[ast.FunctionDef]:
    def is_kernel(node: ast.AST) -> bool:
        return isinstance(node, ast.FunctionDef) and any("kernel" in ast.unparse(d) for d in node.decorator_list)

    return [node for node in tree.body if is_kernel(node)]


def foreign_names(tree: ast.Module) -> set[str]:
    """Return the names that a file imports from this package."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    own = [node for node in imports if (node.module or "").startswith("synthmark")]
    return {alias.asname or alias.name for node in own for alias in node.names}


def foreign_calls(tree: ast.Module) -> list[str]:
    """Return the calls in kernels of what comes from another file: numba's cache does not see it change."""
    names = foreign_names(tree)
    calls = [node for function in kernels(tree) for node in ast.walk(function) if isinstance(node, ast.Call)]
    called = [ast.unparse(call.func) for call in calls]
    return [name for name in called if name.split(".")[0] in names]


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_kernels_call_nothing_from_other_files(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert foreign_calls(tree) == []
    assert not kernels(tree) or file.name.endswith("kernels.py"), "kernels live in a file named for them"


def test_the_check_finds_a_kernel_calling_another_file():
    source = "from synthmark._jit import kernel\nfrom synthmark.x import f\n@kernel\ndef g(a): return f(a)\n"
    assert foreign_calls(ast.parse(source)) == ["f"]


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_heavy_libraries_are_imported_in_one_place(file):
    """numba by `_jit` alone; OpenCV by `_opencv` alone, which says what to install when it fails."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {"numba", "cv2"} & {str(name).split(".")[0] for name in names}


def test_only_commands_print():
    """Below the commands nothing prints or ends the program."""
    allowed = {"cli", "console", "extract_tool", "__main__"}
    below = [file for file in FILES if part(module_name(file)) not in allowed]
    printing = [
        f"{module_name(file)}:{node.lineno}"
        for file in below
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"print", "sys.exit", "exit"}
    ]
    assert printing == []
