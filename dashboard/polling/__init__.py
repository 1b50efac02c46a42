"""When to ask (schedule), what an answer means for a task (transition), who asks (claims), how (poller)."""
