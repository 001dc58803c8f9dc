"""Video: files in, files out, a frame at a time."""
