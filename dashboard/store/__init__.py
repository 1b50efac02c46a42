"""What is kept: one database (SQLite or PostgreSQL), its queries, its migrations, secrets at rest.

Queries are plain functions. Each takes an open session and the team it works for, so no query can reach
into another team; who changed something somebody could see calls :func:`dashboard.store.teams.touch`.
Locks are always taken in the order task, credential, team, so that two writers never wait for each other.
"""
