"""What we decide: who asks, and what that entitles to. Pure."""
