"""What is known of a market as facts, the rules that put them into words, and the check of anybody else's words."""
