-- Two roles for one PostgreSQL database: the owner, who makes and changes tables (manage.py init)
-- and takes out what need not be kept any more (manage.py purge),
-- and the application, who may not change or remove what is only ever added to.
--
--   psql -v ON_ERROR_STOP=1 -d cadastre -f deploy/postgresql-roles.sql
--
-- Run it as a superuser in that database: once before the first `init`, and again after every
-- `init`, so that new tables get their grants. It can be run any number of times.
-- Passwords are not set here: \password cadastre_owner, \password cadastre_app.

DO $roles$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['cadastre_owner', 'cadastre_app'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I', name);
        END IF;
        EXECUTE format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT', name);
    END LOOP;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO cadastre_owner, cadastre_app', current_database());
END
$roles$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO cadastre_owner;
GRANT USAGE ON SCHEMA public TO cadastre_app;

-- Everything belongs to the owner, also what another role made before.
DO $owner$
DECLARE
    thing record;
BEGIN
    -- A sequence that a column owns goes with its table.
    FOR thing IN
        SELECT c.oid::regclass AS name
        FROM pg_class AS c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO cadastre_owner', thing.name);
    END LOOP;
    FOR thing IN
        SELECT p.oid::regprocedure AS name
        FROM pg_proc AS p
        WHERE p.pronamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO cadastre_owner', thing.name);
    END LOOP;
END
$owner$;

-- The application reads and adds everywhere. It changes and removes only in tables without the
-- trigger `append_only`, and never empties a table or looks at the version of the tables but to read it.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, cadastre_app;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, cadastre_app;
DO $grants$
DECLARE
    relation record;
BEGIN
    FOR relation IN
        SELECT c.oid::regclass AS name,
               EXISTS (SELECT FROM pg_trigger AS t
                       WHERE t.tgrelid = c.oid AND t.tgname = 'append_only') AS append_only
        FROM pg_class AS c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    LOOP
        IF relation.name = to_regclass('public.alembic_version') THEN
            EXECUTE format('GRANT SELECT ON %s TO cadastre_app', relation.name);
        ELSIF relation.append_only THEN
            EXECUTE format('GRANT SELECT, INSERT ON %s TO cadastre_app', relation.name);
        ELSE
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO cadastre_app', relation.name);
        END IF;
    END LOOP;
END
$grants$;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO cadastre_app;
