"""When to ask (schedule), what an answer means for a task (transition), how (poller)."""
