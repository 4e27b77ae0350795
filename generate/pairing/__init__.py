"""From scored candidates to pairs, chats and labels: what the three steps share."""
