"""Media files: opening them safely, taking them apart, putting them together again, writing them whole."""
