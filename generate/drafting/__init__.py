"""What new prompts are made of: passages, personas, fences around texts, and what models drafted."""
