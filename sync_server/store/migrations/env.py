"""What alembic runs around the migrations: on the connection it is given, nothing else."""

from alembic import context

from sync_server.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
