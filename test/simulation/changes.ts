import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'

const INSTALL = `
CREATE TEMP TABLE changes (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, task INTEGER, a, b, c, d, e, f
);
CREATE TEMP TRIGGER task_made AFTER INSERT ON main.tasks BEGIN
  INSERT INTO changes (kind, task, a, b, c, d, e, f) VALUES ('task made', new.number, new.account, new.gateway, new.request,
    new.delivery_deadline - new.created_at, new.execution_ms, new.endpoint);
END;
CREATE TEMP TRIGGER task_changed AFTER UPDATE ON main.tasks
WHEN old.state IS NOT new.state OR (old.ended_at IS NOT NULL AND (old.ended_at IS NOT new.ended_at
  OR old.failure_code IS NOT new.failure_code OR old.failure_message IS NOT new.failure_message)) BEGIN
  INSERT INTO changes (kind, task, a, b, c) VALUES ('task changed', new.number, old.state, new.state, new.failure_code);
END;
CREATE TEMP TRIGGER task_gone AFTER DELETE ON main.tasks BEGIN
  INSERT INTO changes (kind, task) VALUES ('task gone', old.number);
END;
CREATE TEMP TRIGGER attempt_made AFTER INSERT ON main.attempts BEGIN
  INSERT INTO changes (kind, task, a, b, c, d) VALUES ('attempt made', new.task, new.number, new.id, new.gateway, new.epoch);
END;
CREATE TEMP TRIGGER attempt_changed AFTER UPDATE ON main.attempts WHEN old.state IS NOT new.state BEGIN
  INSERT INTO changes (kind, task, a, b) VALUES ('attempt changed', new.task, new.number, new.state);
END;
CREATE TEMP TRIGGER outcome_made AFTER INSERT ON main.outcomes BEGIN
  INSERT INTO changes (kind, task, a, b) VALUES ('outcome made', new.task, new.attempt, new.digest);
END;
CREATE TEMP TRIGGER outcome_changed AFTER UPDATE ON main.outcomes
WHEN old.digest IS NOT new.digest OR old.outcome_text IS NOT new.outcome_text OR new.verified = 0 BEGIN
  INSERT INTO changes (kind, task) VALUES ('outcome changed', new.task);
END;
`

const task = z.number()
const change = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('task made'),
    task,
    a: z.string(),
    b: z.number(),
    c: z.string(),
    d: z.number(),
    e: z.number(),
    f: z.string(),
  }),
  z.object({ kind: z.literal('task changed'), task, a: z.string(), b: z.string(), c: z.string().nullable() }),
  z.object({ kind: z.literal('task gone'), task }),
  z.object({ kind: z.literal('attempt made'), task, a: z.number(), b: z.string(), c: z.number(), d: z.number() }),
  z.object({ kind: z.literal('attempt changed'), task, a: z.number(), b: z.enum(['open', 'lapsed', 'over']) }),
  z.object({ kind: z.literal('outcome made'), task, a: z.string(), b: z.string() }),
  z.object({ kind: z.literal('outcome changed'), task }),
])
export type Change = z.infer<typeof change>

/** What was committed, row by row and in order, noted by triggers of the test on the real tables. */
export interface Changes {
  /** Since the last call. What a transaction that is still open has changed is not among it. */
  take(): readonly Change[]
  /** The state of every task that is there. */
  states(): ReadonlyMap<number, string>
}

/** `db` is migrated. */
export function watchChanges(db: DatabaseSync): Changes {
  db.exec(INSTALL)
  const all = db.prepare('SELECT * FROM temp.changes ORDER BY id')
  const clear = db.prepare('DELETE FROM temp.changes')
  const states = db.prepare('SELECT number, state FROM main.tasks')
  return {
    take() {
      if (db.isTransaction) return []
      const rows = all.all()
      if (rows.length === 0) return []
      clear.run()
      return rows.map((row) => change.parse(row))
    },
    states: () => new Map(states.all().map(({ number, state }) => [Number(number), String(state)])),
  }
}
