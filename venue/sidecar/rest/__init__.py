"""REST: one table of endpoints, the machinery that serves it, and what is made from it (OpenAPI, the page at /docs)."""
