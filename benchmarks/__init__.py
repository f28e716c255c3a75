"""Measured speed: everything over HTTP, durable, as a ratio to `pgbench -N` on the same PostgreSQL in the same run."""
