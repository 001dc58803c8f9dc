"""The standalone tool for checking files. It reads labels and marks; it cannot write any."""
