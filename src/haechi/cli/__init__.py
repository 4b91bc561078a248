"""The command line. Nothing imports it; it imports everything, late."""
