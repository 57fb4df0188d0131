"""Alembic's way in: runs the migrations on the connection that `storage.migrate` hands over."""

from alembic import context

from storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by building it anew
    transactional_ddl=True,  # SQLite's too, since its transactions begin as told
)
with context.begin_transaction():
    context.run_migrations()
