"""What we decide: who asks, what that entitles to, which bytes go out. Pure."""
