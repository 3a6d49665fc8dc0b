"""REST over HTTP, as scenarios speak it: requests with JSON, answers field by field, server-sent events."""
