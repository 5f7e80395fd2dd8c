"""The load tests in a short form, so that they still run when somebody needs them."""
