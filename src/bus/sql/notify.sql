-- All in one transaction: NOTIFY takes a lock of the whole server at each commit.
SELECT pg_catalog.pg_notify($1::text, payload) FROM pg_catalog.json_array_elements_text($2::text::json) AS payload
