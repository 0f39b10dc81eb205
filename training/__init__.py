"""How the Reader is made: corpus, synthesis, training, export. Not part of the package."""
