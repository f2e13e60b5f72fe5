"""How a run behaves: journal, replay, plans, errors."""
