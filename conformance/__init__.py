"""A conformance kit: judges any server by its bytes, and takes bytes apart for people. Imports nothing of ours."""
