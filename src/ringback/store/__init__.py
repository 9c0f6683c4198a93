"""What a fleet keeps: devices, layers, documents, releases, secrets, history and the ledger."""
