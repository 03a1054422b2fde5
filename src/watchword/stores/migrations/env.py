"""
What Alembic runs; the connection comes from `running.migrate`.
"""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transaction_per_migration=True,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
