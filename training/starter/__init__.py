"""Training of the starter model: a small decoder that answers from a compressed KV cache."""
