"""The server, assembled: the only place where doors meet what is behind them."""
