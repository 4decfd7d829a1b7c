"""The development tools: real processes and real servers in a project folder of their own."""
