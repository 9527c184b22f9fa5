"""``python -m ksimage``, for where the program's folder is not on the path."""

from ksimage.cli import main

if __name__ == "__main__":
    main()
