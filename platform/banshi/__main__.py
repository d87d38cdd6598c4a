"""``python -m banshi``: the command line."""

from banshi.cli import main

if __name__ == "__main__":
    main()
