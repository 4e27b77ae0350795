"""What judges share: what they are shown, how verdicts enter the rows, and how far judges agree."""
