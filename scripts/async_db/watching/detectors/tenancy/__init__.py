"""What a request leaves on a connection for the next one."""
