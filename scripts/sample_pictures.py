"""Copy the photographs that come with scikit-image into a folder: PNG and JPEG, colour and grey."""  # noqa: INP001 - a script, no package

import importlib.util
import shutil
import sys
from pathlib import Path

NAMES = (
    "astronaut.png",
    "camera.png",
    "chelsea.png",
    "coffee.png",
    "hubble_deep_field.jpg",
    "motorcycle_left.png",
    "rocket.jpg",
)


def main(folder: Path) -> None:
    """Copy them."""
    package = importlib.util.find_spec("skimage")
    if package is None or package.origin is None:
        sys.exit("scikit-image is needed: pip install scikit-image")
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        shutil.copyfile(Path(package.origin).parent / "data" / name, folder / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
