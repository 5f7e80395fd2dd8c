"""What is kept in Redis: nothing that cannot be had again."""
