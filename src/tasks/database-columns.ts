import type { DatabaseRecord } from '../model/listing.ts'

const SLICE = 1_000

/** What one of the databases is called. */
export interface ListedName {
  readonly name: string
  readonly system: boolean
  /** False where something in the name stands for other bytes. */
  readonly exact: boolean
}

/** The same field of many databases side by side. */
interface Columns {
  readonly names: string[]
  readonly systems: boolean[]
  readonly exacts: boolean[]
}

/**
 * What the databases of a list are called, in its order. Of a long one as bytes of JSON, slice by slice: as many objects would
 * take several times the room, and the garbage collector would copy all of them.
 */
export class DatabaseColumns {
  readonly #full: Buffer[] = []
  #last: Columns = { names: [], systems: [], exacts: [] }
  /** Of the last slice; a short list is asked for again and again. */
  #lastListed: readonly ListedName[] | undefined

  static of(databases: Iterable<DatabaseRecord>): DatabaseColumns {
    const columns = new DatabaseColumns()
    for (const database of databases) columns.add(database)
    return columns
  }

  get length(): number {
    return this.#full.length * SLICE + this.#last.names.length
  }

  add({ name, nameBase64, system }: Pick<DatabaseRecord, 'name' | 'nameBase64' | 'system'>): void {
    if (this.#last.names.length === SLICE) {
      this.#full.push(Buffer.from(JSON.stringify(this.#last), 'utf8'))
      this.#last = { names: [], systems: [], exacts: [] }
    }
    this.#lastListed = undefined
    const { names, systems, exacts } = this.#last
    names.push(name)
    systems.push(system)
    exacts.push(nameBase64 === undefined)
  }

  /** Each is some milliseconds of work; the memory of one is free before the next. */
  *slices(): Generator<readonly ListedName[]> {
    for (const bytes of this.#full) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it was made of columns here
      yield listed(JSON.parse(bytes.toString('utf8')) as Columns)
    }
    const last = this.#lastListed ?? listed(this.#last)
    this.#lastListed = last
    yield last
  }
}

const listed = ({ names, systems, exacts }: Columns): readonly ListedName[] =>
  names.map((name, place) => ({ name, system: systems[place] === true, exact: exacts[place] === true }))
