"""SIP as phones use it: messages, digest, transactions, and an endpoint over UDP and TCP."""
