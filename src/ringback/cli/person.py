"""Who types: windows and rejections say by whom they were."""

import getpass


def person() -> str:
    """Who types this, as far as the system knows."""
    try:
        return getpass.getuser()[:128]
    except (KeyError, OSError):
        return "unknown"
