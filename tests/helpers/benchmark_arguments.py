"""The arguments that all benchmarks take."""

import argparse


def benchmark_parser(name: str, description: str | None, epilog: str) -> argparse.ArgumentParser:
    """Make the parser of a benchmark, which knows `--format` already; both texts stay as they are."""
    parser = argparse.ArgumentParser(
        prog=f"{name}.py",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    return parser


def add_count(
    parser: argparse.ArgumentParser, option: str, default: int, explained: str = "how many"
) -> None:
    """Add an option that takes a positive number."""
    parser.add_argument(
        option,
        metavar="N",
        type=_positive,
        default=default,
        help=f"{explained} (default: %(default)s)",
    )


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"not a positive number: {text!r}")
    return number
