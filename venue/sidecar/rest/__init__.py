"""What the second process answers over HTTP."""
