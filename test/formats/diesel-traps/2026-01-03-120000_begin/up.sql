-- run_in_transaction = false
CREATE TABLE one (id bigint);
CREATE TABLE two (
	id bigint -- two
);
