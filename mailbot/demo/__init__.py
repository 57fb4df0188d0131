"""Some weeks of a complaints mailbox, on real sockets with a fast clock."""
