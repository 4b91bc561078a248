"""Haechi's checks inside other people's frameworks. Each module needs its own optional package, nothing else here."""
