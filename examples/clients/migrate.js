#!/usr/bin/env node
/*
 * migrate.js: applies a folder of migrations with node-postgres.
 *
 *   npm install pg
 *   node migrate.js FOLDER
 *
 * Connects to $DATABASE_URL, else as PGHOST, PGUSER and so on say.  A file is
 * named VERSION_what_it_does.sql and starts its up SQL with a line
 * "-- migrate:up", its down SQL, if it has any, with a line "-- migrate:down".
 * Files are applied in the order of their names, each in a transaction of its
 * own; those that are applied already are left alone.
 *
 * The two lines are comments and go along, so that the lines which errors name
 * are those of the file.
 */
'use strict';

const fs = require('fs');
const path = require('path');
const { Client } = require('pg');

/* Returns [version, up SQL, down SQL or null, description]. */
function read(file) {
  const [version, ...words] = path.basename(file, '.sql').split('_');
  const text = fs.readFileSync(file, 'utf8');
  const cut = text.search(/^-- migrate:down/m);
  const up = cut < 0 ? text : text.slice(0, cut);
  if (!/^-- migrate:up/m.test(up)) throw new Error(`${file} has no line "-- migrate:up"`);
  return [version, up, cut < 0 ? null : text.slice(cut), words.join(' ')];
}

async function main(folder) {
  const client = new Client({ connectionString: process.env.DATABASE_URL });
  client.on('notice', (notice) => console.error(`${notice.severity}: ${notice.message}`));
  await client.connect();
  try {
    const files = fs.readdirSync(folder).filter((file) => file.endsWith('.sql')).sort();
    for (const file of files) {
      const { rows } = await client.query(
        'SELECT migrate_apply($1, $2, $3, $4) AS outcome', read(path.join(folder, file)));
      console.log(rows[0].outcome.padEnd(10) + path.basename(file, '.sql'));
    }
  } finally {
    await client.end();
  }
}

if (process.argv.length !== 3) {
  console.error('usage: node migrate.js FOLDER');
  process.exit(1);
}
main(process.argv[2]).catch(({ code, message, detail, hint, where }) => {
  /* "where" is the place in the migration */
  console.error([`${code ?? ''} ${message}`.trim(), detail, hint, where].filter(Boolean).join('\n'));
  process.exit(1);
});
