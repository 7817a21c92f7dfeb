// Large statements that are planned once and run all the time, on either engine: planning the statement of the statistics
// takes longer than running it for a small batch.

import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { QueryResult } from './database.ts';

/**
 * A plan is made for the tables as they are. PostgreSQL makes a new one when it has analyzed a table that grew; PGlite has
 * nobody who analyzes.
 */
const PLANNED_ANEW_AFTER_MS = 60_000;

const nameOf = (text: string): string => `overair_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;

/** PREPARE and EXECUTE, because PGlite has no named statements. One connection. */
export class PlannedStatements {
  readonly #plannedAtMs = new Map<string, number>();

  async query(run: (statement: string) => Promise<QueryResult>, text: string, values: readonly string[]) {
    const name = nameOf(text);
    const nowMs = performance.now();
    const plannedAtMs = this.#plannedAtMs.get(name);
    if (plannedAtMs === undefined || nowMs - plannedAtMs > PLANNED_ANEW_AFTER_MS) {
      this.#plannedAtMs.delete(name);
      await run(
        plannedAtMs === undefined ? `prepare ${name} as ${text}` : `deallocate ${name}; prepare ${name} as ${text}`,
      );
      this.#plannedAtMs.set(name, nowMs);
    }
    return run(`execute ${name}(${values.map(quote).join(', ')})`);
  }
}

/** A literal, by the rule of `standard_conforming_strings`: a backslash is one. */
const quote = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** Named statements of the protocol, until a pooler between us and the server proves to hand out connections in turn. */
export class NamedStatements {
  readonly #query: (query: pg.QueryConfig) => Promise<pg.QueryResult>;
  #isNamed = true;

  constructor(query: (query: pg.QueryConfig) => Promise<pg.QueryResult>) {
    this.#query = query;
  }

  async query(text: string, values: readonly string[]): Promise<pg.QueryResult> {
    if (!this.#isNamed) return this.#query({ text, values: [...values] });
    try {
      return await this.#query({ name: nameOf(text), text, values: [...values] });
    } catch (error) {
      if (!isAboutTheName(error)) throw error;
      this.#isNamed = false;
      return this.#query({ text, values: [...values] });
    }
  }
}

/** `invalid_sql_statement_name`, `duplicate_prepared_statement`: said before the statement began to run. */
const isAboutTheName = (error: unknown): boolean =>
  ['26000', '42P05'].includes((error as { code?: string } | null)?.code ?? '');
