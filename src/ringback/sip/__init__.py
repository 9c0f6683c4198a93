"""Names to addresses, as phones ask for them."""
