"""What is set in the chat: projects, roles, policies, channels, and each way back."""
