"""Who a phone, and a server, can prove to be: X.509 from bytes to a TLS context."""
