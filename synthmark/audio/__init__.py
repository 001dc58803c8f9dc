"""Sound: arrays in, arrays out; no files."""
