"""The demonstration behind `spsd demo`: example prompts, endpoints, and how results are shown."""
