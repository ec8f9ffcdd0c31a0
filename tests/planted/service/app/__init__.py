"""Rooms of a guest house, and who has booked them."""
