"""What people are told: lines on the terminal, messages to a webhook."""
