"""One module a page: ids, a layout and thin callbacks."""
