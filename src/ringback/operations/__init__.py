"""The verbs: one file for each thing Ringback does."""
