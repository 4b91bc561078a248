"""`python -m haechi.cli`, for when the console script is not on the path."""

from haechi.cli.main import main

if __name__ == "__main__":
    main()
