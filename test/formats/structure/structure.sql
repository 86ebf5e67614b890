--
-- PostgreSQL database dump
--

\restrict abcDEF123

SET statement_timeout = 0;
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET row_security = off;

CREATE FUNCTION public.greeting() RETURNS text
    LANGUAGE plpgsql
    AS $$
BEGIN
	RETURN 'INSERT INTO schema_migrations (version) VALUES (''9'');
\restrict this stays';
END
$$;

CREATE TABLE public.schema_migrations (
    version character varying NOT NULL
);

CREATE TABLE public.users (
    id bigint NOT NULL,
    name text
);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

--
-- PostgreSQL database dump complete
--

\unrestrict abcDEF123

SET search_path TO "$user", public;

INSERT INTO "schema_migrations" (version) VALUES
('20260101000000'),
('20260301000000'),
('20260201000000');
