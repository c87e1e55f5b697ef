-- For psql, once, as the superuser: the user and the database of the servers. The user may do nothing else.
\set ON_ERROR_STOP on
\set password `cat /run/secrets/database-password`
CREATE ROLE postern LOGIN PASSWORD :'password';
CREATE DATABASE postern OWNER postern TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE postern FROM PUBLIC;
