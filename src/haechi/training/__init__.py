"""Training on this machine: small changes of bundled models from questions of one's own."""
