"""How gunicorn's processes serve: connections, the models they share, and what dead ones counted."""
