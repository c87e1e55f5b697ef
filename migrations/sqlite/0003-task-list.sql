-- Tasks of an account and of a gateway, newest first. Both end in the number, as every index does.
CREATE INDEX tasks_listed ON tasks (account, created_at);
CREATE INDEX tasks_listed_gateway ON tasks (gateway, created_at);
