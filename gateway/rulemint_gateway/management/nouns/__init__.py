"""Parts that nouns share: fields of bodies and where they are stored, lists, answers, ETags."""
