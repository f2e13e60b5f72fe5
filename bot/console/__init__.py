"""The terminal as a surface: one flow, its plan at the prompt, its report as text."""
