"""Other retrieval stacks beside Haechi, each in its own process, all over the same chunks and the same vectors."""
