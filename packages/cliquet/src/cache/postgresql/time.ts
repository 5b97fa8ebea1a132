/**
 * The time in ms, in SQL: `$1` if it is given, else the database's, so that processes need not agree on it. It is the same within a statement,
 * which a distributed database demands.
 */
export const NOW = 'coalesce($1::double precision,extract(epoch from now())*1000)'
