/** A way to break the sources that the simulation must notice. `find` is there exactly once. */
export interface PlantedFault {
  readonly name: string
  readonly edits: readonly { readonly file: string; readonly find: string; readonly replace: string }[]
  /** What the failing seed says. */
  readonly says: RegExp
}

const TASKS_SQL = 'src/store/sqlite/sql/tasks.sql'
const FINISH = 'src/store/sqlite/finish-units.ts'

export const PLANTED_FAULTS: readonly PlantedFault[] = [
  {
    name: 'acknowledge-before-commit',
    edits: [
      {
        file: 'src/store/sqlite/write-batch.ts',
        find: '      begin.run()\n',
        replace: '      if (!db.isTransaction) begin.run()\n',
      },
      {
        file: 'src/store/sqlite/write-batch.ts',
        find: '      commit.run()\n',
        replace: '      if (Math.random() < 0.5) commit.run()\n',
      },
    ],
    says: /acknowledged and (is lost|not in the store)/,
  },
  {
    name: 'finish-without-the-fence',
    edits: [{ file: FINISH, find: "text(row, 'state') !== 'over' && ", replace: '' }],
    says: /did not hold the claim any more/,
  },
  {
    name: 'lost-wake-without-the-re-scan',
    edits: [
      {
        file: 'src/tasks/reaper.ts',
        find: 'dispatcher.wake(await store.tasks.waiting())',
        replace: 'await store.tasks.waiting()',
      },
    ],
    says: /waits, and nobody gives it to/,
  },
  {
    name: 'claim-given-twice-after-a-restart',
    // Claims end with the process, and what a gateway says that it still holds does not count.
    edits: [
      {
        file: 'src/store/sqlite/store-units.ts',
        find: "sql.run('restart_claims', { until })",
        replace: "sql.run('restart_claims', { until: 0 })",
      },
      { file: 'src/store/sqlite/adopt-units.ts', find: "    sql.run('withdraw_task', { task })\n", replace: '' },
    ],
    says: /its claim was given twice/,
  },
  {
    name: 'token-outside-the-transaction',
    edits: [
      {
        file: 'src/store/sqlite/task-units.ts',
        find: "    sql.run('keep_client_token', { account, action, value, parameters, task: number, expires_at: expiresAt })",
        replace:
          "    queueMicrotask(() => sql.run('keep_client_token', { account, action, value, parameters, task: number, expires_at: expiresAt }))",
      },
    ],
    says: /one call made two tasks|answered with two tasks/,
  },
  {
    name: 'read-across-accounts',
    edits: [
      {
        file: TASKS_SQL,
        find: 'WHERE t.number = :task AND t.account = :account',
        replace: 'WHERE t.number = :task AND :account = :account',
      },
    ],
    says: /given to the foreign account/,
  },
  {
    name: 'cancelled-task-finishes',
    edits: [
      {
        file: TASKS_SQL,
        find: ', :cancelled_by)\nWHERE number = :task AND ended_at IS NULL',
        replace: ", :cancelled_by)\nWHERE number = :task AND (ended_at IS NULL OR state = 'Cancelled')",
      },
      {
        file: 'src/store/sqlite/task-ending.ts',
        find: "  sql.run('supersede_attempts', { task })\n",
        replace: "  if (state !== 'Cancelled') sql.run('supersede_attempts', { task })\n",
      },
    ],
    says: /had ended as Cancelled/,
  },
  {
    name: 'clock-set-back-gives-more-time',
    edits: [
      {
        file: 'src/store/sqlite/sql/store.sql',
        find: 'SET delivery_deadline = max(:until, min(delivery_deadline, :now + coalesce(delivery_ms, delivery_deadline - created_at)))',
        replace: 'SET delivery_deadline = max(:until, delivery_deadline)',
      },
      {
        file: 'src/store/sqlite/sql/store.sql',
        find: 'delivery_deadline, max(:until, min(delivery_deadline, :now + coalesce(delivery_ms, delivery_deadline - created_at)))',
        replace: 'delivery_deadline, max(:until, delivery_deadline)',
      },
    ],
    says: /after its deadline/,
  },
]
