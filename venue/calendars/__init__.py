"""The markets' holidays and half days, one file each, as `python -m venue.calendars` writes them."""
