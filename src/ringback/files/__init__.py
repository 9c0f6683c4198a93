"""The folder that is served, and the lines that are logged."""
