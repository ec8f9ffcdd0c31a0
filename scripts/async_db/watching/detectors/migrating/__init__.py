"""What of a service is still sync."""
