"""What these phones speak and do: decided by the vendor, pure."""
