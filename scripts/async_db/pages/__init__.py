"""What was watched, drawn: pages of HTML that need nothing but themselves."""
