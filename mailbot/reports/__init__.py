"""What people are told about many cases at once: the digest."""
