"""HTTP for phones: the device listener and the phone's own client."""
